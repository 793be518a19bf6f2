//! A target's weights by name, in the precision that it is served in.

use crate::codes::{Activations, BLOCK, CodePanels, Matrix};
use crate::tensors::Tensors;
use crate::tile::{PANEL, Panels};
use std::collections::HashMap;
use std::ops::Range;

/// What stays in full precision, and matrices either beside it or as codes with their scales beside it.
pub struct Store {
    pub tensors: Tensors,
    /// By name of the matrix; its scales are the tensor NAME.scales.
    pub codes: HashMap<String, Vec<u8>>,
    /// 32, 8 or 4
    pub bits: usize,
}

impl Store {
    /// The rows of a matrix [outer, inner], in the order of panels.
    pub fn panels(&self, name: &str, outer: usize, inner: usize, rows: &[Option<usize>]) -> Result<Weights, String> {
        if self.bits == 32 {
            let values = self.tensors.take(name, outer * inner)?;
            let rows = rows.iter().map(|row| row.map(|row| &values[row * inner..(row + 1) * inner]));
            return Ok(Weights::Full(Panels::new(rows, inner)));
        }
        if !inner.is_multiple_of(BLOCK) {
            return Err(format!("{name} has rows of {inner}, not of a multiple of {BLOCK}"));
        }
        let scales = self.tensors.take(&format!("{name}.scales"), outer * inner / BLOCK)?;
        let codes = self.codes.get(name).ok_or_else(|| format!("{name} is missing"))?;
        if codes.len() != outer * inner * self.bits / 8 {
            return Err(format!("{name} has {} bytes, not {}", codes.len(), outer * inner * self.bits / 8));
        }
        Ok(Weights::Codes(CodePanels::new(Matrix { bits: self.bits, codes, scales }, rows, inner)))
    }
}

pub enum Weights {
    Full(Panels),
    Codes(CodePanels),
}

impl Weights {
    pub fn inner(&self) -> usize {
        match self {
            Weights::Full(panels) => panels.inner,
            Weights::Codes(panels) => panels.inner,
        }
    }

    /// Panels of 32 outputs.
    pub fn count(&self) -> usize {
        match self {
            Weights::Full(panels) => panels.count,
            Weights::Codes(panels) => panels.count,
        }
    }

    /// The share of thread `index` of `threads`.
    pub fn share(&self, index: usize, threads: usize) -> Range<usize> {
        index * self.count() / threads..(index + 1) * self.count() / threads
    }

    /// Rounds x [rows, inner] where these weights ask for it, once for all products that read it.
    pub fn round(&self, x: &[f32], rounded: &mut Activations) {
        if let Weights::Codes(panels) = self {
            rounded.set(x, panels.middle());
        }
    }

    /// For each panel of `range` and each row: `store(row, panel, results)`. x is [rows, inner], and `rounded` what
    /// `round` made of it.
    pub fn times(
        &self,
        range: Range<usize>,
        x: &[f32],
        rounded: &Activations,
        store: impl FnMut(usize, usize, &[f32; PANEL]),
    ) {
        match self {
            Weights::Full(panels) => panels.times(range, x, store),
            Weights::Codes(panels) => panels.times(range, rounded, store),
        }
    }
}
