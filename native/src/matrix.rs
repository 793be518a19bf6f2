//! Products of one vector with matrices that stay in cache: 8-bit rows for what all sequences share, half-precision
//! columns for what is a tenant's own.

mod activation;
mod columns;
mod rows;
#[cfg(target_arch = "x86_64")]
mod x86;

pub use activation::Activation;
pub use columns::Columns;
pub use rows::Rows;

/// How a kernel's weights are kept: `Full` is the reference, `Compact` what is served.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Precision {
    Full,
    Compact,
}

/// [inner, outer] → [outer, inner]
pub fn transposed(values: &[f32], outer: usize) -> Vec<f32> {
    let inner = values.len() / outer;
    let mut result = vec![0.0; values.len()];
    for (at, row) in values.chunks_exact(outer).enumerate() {
        for (column, &value) in row.iter().enumerate() {
            result[column * inner + at] = value;
        }
    }
    result
}
