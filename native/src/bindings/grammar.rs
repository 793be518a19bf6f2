//! Grammars and matchers, as JavaScript sees them.

use super::check;
use crate::grammar::{Grammar, Kind, Matcher, Vocabulary, compile};
use napi::bindgen_prelude::{AsyncTask, Error, Result, Uint8Array, Uint32Array};
use napi::{Env, Task};
use napi_derive::napi;
use std::sync::Arc;

/// A model's tokens.
#[napi]
pub struct GrammarVocabulary {
    vocabulary: Arc<Vocabulary>,
}

#[napi]
impl GrammarVocabulary {
    /// Token i is the part of `bytes` before `ends[i]` that no earlier one has.
    #[napi(constructor)]
    pub fn new(bytes: &[u8], ends: &[u32], end_ids: &[u32]) -> Result<Self> {
        check(!ends.is_empty() && ends.is_sorted(), "the tokens have no order")?;
        check(ends.last().is_some_and(|&end| end as usize == bytes.len()), "the tokens do not fill the bytes")?;
        let starts = std::iter::once(0).chain(ends.iter().copied());
        let words: Vec<_> =
            starts.zip(ends).map(|(start, &end)| bytes[start as usize..end as usize].to_vec()).collect();
        let vocabulary = Vocabulary::new(&words, end_ids).map_err(Error::from_reason)?;
        Ok(GrammarVocabulary { vocabulary: Arc::new(vocabulary) })
    }

    /// Compiles away from JavaScript's thread. `kind` is `json`, `regex` or `lark`.
    #[napi(ts_return_type = "Promise<CompiledGrammar>")]
    pub fn compile(&self, kind: String, source: String) -> Result<AsyncTask<Compilation>> {
        let kind = match kind.as_str() {
            "json" => Kind::Json,
            "regex" => Kind::Regex,
            "lark" => Kind::Lark,
            _ => return Err(Error::from_reason("no such kind of grammar")),
        };
        Ok(AsyncTask::new(Compilation { vocabulary: self.vocabulary.clone(), kind, source }))
    }
}

pub struct Compilation {
    vocabulary: Arc<Vocabulary>,
    kind: Kind,
    source: String,
}

impl Task for Compilation {
    type Output = Grammar;
    type JsValue = CompiledGrammar;

    fn compute(&mut self) -> Result<Grammar> {
        compile(&self.vocabulary, self.kind, &self.source).map_err(Error::from_reason)
    }

    fn resolve(&mut self, _: Env, grammar: Grammar) -> Result<CompiledGrammar> {
        Ok(CompiledGrammar { grammar, words: self.vocabulary.size.div_ceil(32) })
    }
}

#[napi]
pub struct CompiledGrammar {
    grammar: Grammar,
    /// Of a mask.
    words: usize,
}

#[napi]
impl CompiledGrammar {
    #[napi]
    pub fn matcher(&self) -> GrammarMatcher {
        GrammarMatcher { matcher: self.grammar.matcher(), words: self.words }
    }

    #[napi(getter)]
    pub fn bytes(&self) -> Result<f64> {
        Ok(self.grammar.bytes().map_err(Error::from_reason)? as f64)
    }
}

#[napi]
pub struct GrammarMatcher {
    matcher: Matcher,
    words: usize,
}

#[napi]
impl GrammarMatcher {
    #[napi(getter)]
    pub fn ended(&self) -> bool {
        self.matcher.ended()
    }

    #[napi]
    pub fn mask(&mut self, mut mask: Uint32Array) -> Result<()> {
        check(mask.len() >= self.words, "the mask is too short")?;
        // SAFETY: JavaScript runs one thing at a time, and nothing else here reads or writes it.
        self.matcher.mask(unsafe { mask.as_mut() }).map_err(Error::from_reason)
    }

    #[napi]
    pub fn advance(&mut self, tokens: &[u32]) -> Result<()> {
        self.matcher.advance(tokens).map_err(Error::from_reason)
    }

    #[napi]
    pub fn rollback(&mut self, tokens: u32) -> Result<()> {
        self.matcher.rollback(tokens as usize).map_err(Error::from_reason)
    }

    #[napi]
    pub fn accepted(&mut self, tokens: &[u32]) -> Result<u32> {
        Ok(self.matcher.accepted(tokens).map_err(Error::from_reason)? as u32)
    }

    #[napi]
    pub fn forced(&mut self) -> Result<Option<Uint8Array>> {
        let bytes = self.matcher.forced().map_err(Error::from_reason)?;
        Ok((!bytes.is_empty()).then(|| bytes.into()))
    }

    #[napi]
    pub fn settled(&mut self, tokens: &[u32]) -> Result<u32> {
        Ok(self.matcher.settled(tokens).map_err(Error::from_reason)? as u32)
    }

    #[napi]
    pub fn fork(&self) -> GrammarMatcher {
        GrammarMatcher { matcher: self.matcher.clone(), words: self.words }
    }
}
