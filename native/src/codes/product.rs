use super::activations::Rows;
#[cfg(target_arch = "x86_64")]
use super::x86;
use super::{BLOCK, GROUPS, Half, OUTPUTS};
use crate::tile::PANEL;

/// out[row][first + output] for each row of x and the outputs of half a panel.
pub(super) fn multiply(weights: Half, x: Rows, first: usize, out: &mut [[f32; PANEL]]) {
    #[cfg(target_arch = "x86_64")]
    {
        if is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512vnni") {
            // SAFETY: the processor has what the function is compiled for.
            return unsafe { x86::multiply_512(weights, x, first, out) };
        }
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            // SAFETY: as above.
            return unsafe { x86::multiply_256(weights, x, first, out) };
        }
    }
    multiply_portable(weights, x, first, out);
}

pub(super) fn multiply_portable(weights: Half, x: Rows, first: usize, out: &mut [[f32; PANEL]]) {
    let blocks = weights.scales.len() / OUTPUTS;
    for (row, out) in out.iter_mut().enumerate() {
        let mut results = [0f32; OUTPUTS];
        for block in 0..blocks {
            let at = row * blocks + block;
            let mut sums = [x.starts[at]; OUTPUTS];
            for (group, factors) in x.codes[at * BLOCK..(at + 1) * BLOCK].chunks_exact(4).enumerate() {
                let codes = group_of(weights, block, group);
                for (sum, codes) in sums.iter_mut().zip(codes.chunks_exact(4)) {
                    *sum += codes.iter().zip(factors).map(|(&code, &factor)| code as i32 * factor as i32).sum::<i32>();
                }
            }
            let scales = &weights.scales[block * OUTPUTS..(block + 1) * OUTPUTS];
            for ((result, sum), scale) in results.iter_mut().zip(sums).zip(scales) {
                *result = (sum as f32).mul_add(scale * x.scales[at], *result);
            }
        }
        out[first..first + OUTPUTS].copy_from_slice(&results);
    }
}

/// Four codes of each output.
fn group_of(weights: Half, block: usize, group: usize) -> [u8; OUTPUTS * 4] {
    const SIZE: usize = OUTPUTS * 4;
    let at = |index: usize| &weights.codes[index * SIZE..(index + 1) * SIZE];
    let lower = GROUPS / 2;
    let mut codes = [0; SIZE];
    if weights.bits == 8 {
        codes.copy_from_slice(at(block * GROUPS + group));
    } else {
        for (code, pair) in codes.iter_mut().zip(at(block * lower + group % lower)) {
            *code = if group < lower { pair & 15 } else { pair >> 4 };
        }
    }
    codes
}
