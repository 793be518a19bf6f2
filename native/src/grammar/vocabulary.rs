use super::guarded;
use anyhow::ensure;
use llguidance::ParserFactory;
use llguidance::api::ParserLimits;
use llguidance::earley::SlicedBiasComputer;
use llguidance::toktrie::{ApproximateTokEnv, InferenceCapabilities, TokEnv, TokRxInfo, TokTrie};
use std::sync::Arc;

/// A model's tokens as grammars see them.
pub struct Vocabulary {
    pub factory: ParserFactory,
    pub size: usize,
}

impl Vocabulary {
    /// `words`: each token's bytes, those of special ones behind 0xFF, none for what no text has.
    ///
    /// How text is split into tokens is not this side's business: a grammar allows every token that its bytes allow.
    pub fn new(words: &[Vec<u8>], ends: &[u32]) -> Result<Self, String> {
        guarded(|| {
            ensure!(!words.is_empty() && ends.iter().all(|&end| (end as usize) < words.len()), "an end is no token");
            // A grammar without an end of text in its vocabulary ends where nothing can follow.
            let info = TokRxInfo::new(words.len() as u32, ends.first().copied().unwrap_or(u32::MAX));
            let mut trie = TokTrie::from(&info, words);
            if !ends.is_empty() {
                trie = trie.with_eos_tokens(ends);
            }
            let env: TokEnv = Arc::new(ApproximateTokEnv::new(trie));
            let slices = SlicedBiasComputer::json_slices();
            let mut factory = ParserFactory::new(&env, InferenceCapabilities::default(), &slices)?;
            factory.quiet();
            *factory.limits_mut() = LIMITS;
            Ok(Vocabulary { factory, size: words.len() })
        })
    }
}

/// What a grammar may cost: by `llguidance`'s own figures some 20 ms to build it, 4 ms for the dearest mask, and 50 MB.
const LIMITS: ParserLimits = ParserLimits {
    max_items_in_row: 2_000,
    initial_lexer_fuel: 1_000_000,
    step_lexer_fuel: 60_000,
    step_max_items: 30_000,
    max_lexer_states: 30_000,
    max_grammar_size: 100_000,
    precompute_large_lexemes: true,
    verbose_errors: false,
};
