use super::draw::{draw, draw_among};
use super::exponential::Exponentials;
use super::filters::{Boundary, Candidate, Filters, boundary};
use super::likeliest::{likeliest, sum_of_exponentials};
use super::nucleus::{Nucleus, Verdict};
use super::row::{Row, Survey, Values};
use crate::bindings::check;
use crate::noise::Draw;
use napi::bindgen_prelude::{BigInt, Error, Int32Array, Result};
use napi_derive::napi;

/// What a sequence's draws depend on beside its rows.
#[napi(object)]
pub struct KernelSampling {
    pub greedy: bool,
    pub temperature: f64,
    pub ln_min_p: f64,
    pub top_k: f64,
    pub top_p: f64,
    pub seed: BigInt,
    pub choice: u32,
}

/// The same in the form that the kernel reads.
#[napi]
pub struct SamplingKernelSequence {
    greedy: bool,
    inverse: f64,
    /// Absent: all are off.
    filters: Option<Filters>,
    key: [u32; 2],
    choice: u32,
}

/// Draws tokens, one sequence after the other.
#[napi]
pub struct SamplingKernel {
    vocabulary: usize,
    exponentials: Exponentials,
    survey: Survey,
    candidates: Vec<Candidate>,
}

#[napi]
impl SamplingKernel {
    /// `exponentials`: the engine's table, as they are its own.
    #[napi(constructor)]
    pub fn new(vocabulary: u32, exponentials: &[f64]) -> Result<Self> {
        check(vocabulary > 0 && vocabulary < 1 << 24, "the size of the vocabulary is out of range")?;
        let exponentials =
            Exponentials::of(exponentials).ok_or_else(|| Error::from_reason("the table has a wrong length"))?;
        Ok(SamplingKernel {
            vocabulary: vocabulary as usize,
            exponentials,
            survey: Survey::default(),
            candidates: Vec::new(),
        })
    }

    #[napi]
    pub fn sequence(&self, sampling: KernelSampling) -> Result<SamplingKernelSequence> {
        let KernelSampling { greedy, temperature, ln_min_p, top_k, top_p, choice, .. } = sampling;
        check(greedy || temperature >= 1e-5, "the temperature is out of range")?;
        check(!ln_min_p.is_nan() && !top_k.is_nan() && !top_p.is_nan(), "a filter is not a number")?;
        // As many as there are is no filter.
        let top_k = if top_k < self.vocabulary as f64 { top_k.max(0.0) as usize } else { 0 };
        let filtered = ln_min_p > f64::NEG_INFINITY || top_k > 0 || top_p < 1.0;
        let (_, seed, _) = sampling.seed.get_u64();
        Ok(SamplingKernelSequence {
            greedy,
            inverse: if greedy { 1.0 } else { 1.0 / temperature },
            filters: filtered.then_some(Filters { ln_min_p, top_k, top_p }),
            key: [seed as u32, (seed >> 32) as u32],
            choice,
        })
    }

    /// The token at `position` from the row [V] at `offset`, or -1: then the engine's own sampler decides (two tokens
    /// are too close to tell, or the row is no distribution).
    #[napi]
    pub fn draw(
        &mut self,
        logits: &[f32],
        offset: u32,
        sequence: &SamplingKernelSequence,
        position: u32,
    ) -> Result<i32> {
        let values = Values::Logits(self.row_at(logits, offset)?);
        Ok(self.token(values, None, sequence, position))
    }

    /// The same where only tokens with a bit in `mask` are possible.
    #[napi]
    pub fn draw_masked(
        &mut self,
        logits: &[f32],
        offset: u32,
        mask: &[u32],
        sequence: &SamplingKernelSequence,
        position: u32,
    ) -> Result<i32> {
        let values = Values::Logits(self.row_at(logits, offset)?);
        Ok(self.token(values, Some(self.mask_of(mask)?), sequence, position))
    }

    /// The same of a row [V] of logits that bias and penalties have changed.
    #[napi]
    pub fn draw_penalised(&mut self, scores: &[f64], sequence: &SamplingKernelSequence, position: u32) -> Result<i32> {
        let values = Values::Penalised(self.row_at(scores, 0)?);
        Ok(self.token(values, None, sequence, position))
    }

    #[napi]
    pub fn draw_penalised_masked(
        &mut self,
        scores: &[f64],
        mask: &[u32],
        sequence: &SamplingKernelSequence,
        position: u32,
    ) -> Result<i32> {
        let values = Values::Penalised(self.row_at(scores, 0)?);
        Ok(self.token(values, Some(self.mask_of(mask)?), sequence, position))
    }

    /// Fills `ids` with the likeliest tokens of the row [V] at `offset` (-1 where there are no more) and returns the
    /// sum of all tokens' exponentials relative to the first of them; or -1 when the row is no distribution.
    #[napi]
    pub fn likeliest(&mut self, logits: &[f32], offset: u32, mut ids: Int32Array) -> Result<f64> {
        let row = Row { values: Values::Logits(self.row_at(logits, offset)?), inverse: 1.0, mask: None };
        check(!ids.is_empty(), "no room for a token")?;
        if !self.survey.of(&row) {
            return Ok(-1.0);
        }
        // SAFETY: JavaScript runs one thing at a time, and the two arrays are of different kinds: nothing else reads or
        // writes them during the call.
        likeliest(&row, &self.survey, unsafe { ids.as_mut() });
        Ok(sum_of_exponentials(&row, self.survey.highest, &self.exponentials))
    }
}

impl SamplingKernel {
    fn row_at<'a, T>(&self, values: &'a [T], offset: u32) -> Result<&'a [T]> {
        let offset = offset as usize;
        values.get(offset..offset + self.vocabulary).ok_or_else(|| Error::from_reason("the row is out of range"))
    }

    fn mask_of<'a>(&self, mask: &'a [u32]) -> Result<&'a [u32]> {
        mask.get(..self.vocabulary.div_ceil(32)).ok_or_else(|| Error::from_reason("the mask is too short"))
    }

    fn token(&mut self, values: Values, mask: Option<&[u32]>, sequence: &SamplingKernelSequence, position: u32) -> i32 {
        let row = Row { values, inverse: sequence.inverse, mask };
        if !self.survey.of(&row) {
            return -1;
        }
        if sequence.greedy {
            return self.survey.likeliest as i32;
        }
        let noise = Draw { key: sequence.key, choice: sequence.choice, position };
        self.drawn(&row, sequence.filters.as_ref(), noise).map_or(-1, |token| token as i32)
    }

    fn drawn(&mut self, row: &Row, filters: Option<&Filters>, noise: Draw) -> Option<usize> {
        let SamplingKernel { survey, candidates, .. } = self;
        let Some(filters) = filters else { return draw(row, survey, Boundary::NONE, noise) };
        let mut kept = boundary(row, survey, filters, candidates);
        // One by one, a token costs as much as some ten of a whole row.
        let few = filters.top_k > 0 && candidates.len() <= row.len() / 10;
        let next =
            |kept| if few { draw_among(candidates, survey, kept, noise) } else { draw(row, survey, kept, noise) };
        let mut token = next(kept)?;
        if filters.top_p >= 1.0 {
            return Some(token);
        }
        let nucleus = Nucleus::of(row, survey, kept, filters.top_p);
        loop {
            match nucleus.verdict(token) {
                Verdict::Survives => return Some(token),
                Verdict::Dropped => kept = Boundary { score: row.score(token), end: token },
                Verdict::OnlyFirst => return Some(survey.likeliest),
                Verdict::Unclear => return None,
            }
            token = next(kept)?;
        }
    }
}
