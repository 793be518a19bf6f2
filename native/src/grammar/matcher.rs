use super::guarded;
use anyhow::{Result, ensure};
use llguidance::TokenParser;
use llguidance::api::StopReason;

/// A compiled grammar. Its matchers share what its lexer has learned.
pub struct Grammar {
    start: TokenParser,
}

impl Grammar {
    pub fn new(start: TokenParser) -> Self {
        Grammar { start }
    }

    pub fn matcher(&self) -> Matcher {
        Matcher { parser: self.start.clone() }
    }

    /// What its lexer takes by now; it grows with the texts that were matched.
    pub fn bytes(&self) -> Result<usize, String> {
        guarded(|| Ok(self.start.parser.lexer_stats().num_bytes))
    }
}

/// A text that follows a grammar so far. After an error it has only errors.
#[derive(Clone)]
pub struct Matcher {
    parser: TokenParser,
}

impl Matcher {
    /// Nothing but the end can follow.
    pub fn ended(&self) -> bool {
        self.parser.stop_reason() != StopReason::NotStopped
    }

    /// Bit i of `mask`: token i can follow. Ends of text can where the text may end, and alone where it must.
    pub fn mask(&mut self, mask: &mut [u32]) -> Result<(), String> {
        guarded(|| {
            let parser = &mut self.parser;
            let allowed = match parser.stop_reason() {
                StopReason::NotStopped => parser.compute_mask()?,
                reason => {
                    ensure!(reason.is_ok(), "the grammar has failed before");
                    parser.token_env.tok_trie().eos_token_set()
                }
            };
            let words = allowed.as_slice();
            let (own, rest) = mask.split_at_mut(words.len().min(mask.len()));
            own.copy_from_slice(&words[..own.len()]);
            rest.fill(0);
            Ok(())
        })
    }

    /// The text goes on with these tokens. An error where the grammar doesn't allow one.
    pub fn advance(&mut self, tokens: &[u32]) -> Result<(), String> {
        guarded(|| {
            let parser = &mut self.parser;
            for &token in tokens {
                ensure!(parser.consume_token(token)? == 0, "a token was taken back");
            }
            parser.check_stop().map(|_| ())
        })
    }

    /// Forgets the last tokens, but for ends of text.
    pub fn rollback(&mut self, tokens: usize) -> Result<(), String> {
        guarded(|| self.parser.rollback(tokens))
    }

    /// How many of the tokens could follow, one after the other.
    pub fn accepted(&mut self, tokens: &[u32]) -> Result<usize, String> {
        guarded(|| self.parser.validate_tokens_raw(tokens))
    }

    /// Bytes that every text goes on with from here.
    pub fn forced(&mut self) -> Result<Vec<u8>, String> {
        guarded(|| Ok(if self.ended() { Vec::new() } else { self.parser.force_bytes() }))
    }

    /// How many of the tokens that spell what is forced stay, whatever comes behind: the last ones may be spelled
    /// together with it.
    pub fn settled(&mut self, tokens: &[u32]) -> Result<usize, String> {
        guarded(|| {
            let env = self.parser.token_env.clone();
            let chopped =
                self.parser.parser.with_recognizer(|recognizer| env.tok_trie().chop_tokens(recognizer, tokens));
            Ok(tokens.len() - chopped.0)
        })
    }
}
