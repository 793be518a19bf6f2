//! The sampler's noise as drafts see it: the same random words as the engine's `Noise`, the logarithms from a table
//! (`roughGumbel` there). A draft that draws with slightly wrong noise is a slightly worse draft.

use multiversion::multiversion;
use std::sync::LazyLock;

/// What a position's noise is a function of: see `Noise` in packages/engine.
#[derive(Clone, Copy)]
pub struct Draw {
    pub key: [u32; 2],
    pub choice: u32,
    pub position: u32,
}

/// Fourth counter word: `SAMPLING_DOMAIN` of the engine.
const DOMAIN: u32 = 0x7361_6d70;

/// A list of token ids, as the noise of all of them is computed: one block of random words serves four neighbours.
pub struct NoiseOrder {
    /// The blocks that the ids touch, each once.
    blocks: Vec<u32>,
    /// Per id, where its word is in the words of all blocks.
    words: Vec<u32>,
}

impl NoiseOrder {
    pub fn new(ids: &[i32]) -> Self {
        let mut blocks: Vec<u32> = ids.iter().map(|&id| id as u32 >> 2).collect();
        blocks.sort_unstable();
        blocks.dedup();
        let count = blocks.len() as u32;
        let words = ids
            .iter()
            .map(|&id| {
                let block = blocks.partition_point(|&each| each < id as u32 >> 2) as u32;
                (id as u32 & 3) * count + block
            })
            .collect();
        NoiseOrder { blocks, words }
    }

    /// out[i]: Gumbel noise of id i, times `factor`. `words` is room for the random words.
    pub fn fill(&self, draw: Draw, factor: f32, words: &mut Vec<u32>, out: &mut [f32]) {
        words.resize(4 * self.blocks.len(), 0);
        philox(draw, &self.blocks, words);
        for (out, &word) in out.iter_mut().zip(&self.words) {
            *out = factor * rough_gumbel(words[word as usize]);
        }
    }
}

/// [`philox_block`] of many blocks: `words` is [4, blocks].
#[multiversion(targets = "simd")]
fn philox(draw: Draw, blocks: &[u32], words: &mut [u32]) {
    let (first, second) = words.split_at_mut(2 * blocks.len());
    let ((w0, w1), (w2, w3)) = (first.split_at_mut(blocks.len()), second.split_at_mut(blocks.len()));
    for (at, &block) in blocks.iter().enumerate() {
        [w0[at], w1[at], w2[at], w3[at]] = philox_block(draw, block);
    }
}

/// Random words of the token ids from 4 · block on: Philox4x32-10 (Salmon et al., SC 2011). Counters are the lower
/// halves of 64 bits and what is above them is never looked at: as vector units multiply.
#[inline(always)]
pub fn philox_block(draw: Draw, block: u32) -> [u32; 4] {
    const LOWER: u64 = u32::MAX as u64;
    let [mut c0, mut c1, mut c2, mut c3] = [draw.position, draw.choice, block, DOMAIN].map(u64::from);
    let [mut k0, mut k1] = draw.key;
    for _ in 0..10 {
        let (p0, p1) = ((c0 & LOWER) * 0xd251_1f53, (c2 & LOWER) * 0xcd9e_8d57);
        (c0, c1, c2, c3) = (p1 >> 32 ^ c1 ^ k0 as u64, p1, p0 >> 32 ^ c3 ^ k1 as u64, p0);
        k0 = k0.wrapping_add(0x9e37_79b9);
        k1 = k1.wrapping_add(0xbb67_ae85);
    }
    [c0, c1, c2, c3].map(|word| word as u32)
}

const MANTISSA_BITS: u32 = 9;

/// By the leading zeros and the next bits of 1 − u.
static TABLE: LazyLock<Vec<f32>> = LazyLock::new(|| {
    (0..33u32 << MANTISSA_BITS)
        .map(|index| {
            let zeros = index >> MANTISSA_BITS;
            let part = (index & ((1 << MANTISSA_BITS) - 1)) as f64 + 0.5;
            let rest = if zeros == 32 { 0.0 } else { 2f64.powi(31 - zeros as i32) * (1.0 + part / 512.0) };
            let u = (2f64.powi(32) - 1.0 - rest + 0.5) * 2f64.powi(-32);
            -(-u.ln()).ln() as f32
        })
        .collect()
});

fn rough_gumbel(word: u32) -> f32 {
    let rest = !word;
    let zeros = rest.leading_zeros();
    let shifted = if zeros == 32 { 0 } else { rest << zeros };
    let index = zeros << MANTISSA_BITS | (shifted >> (31 - MANTISSA_BITS)) & ((1 << MANTISSA_BITS) - 1);
    TABLE[index as usize]
}
