//! What JavaScript calls, and the checks before anything is computed: every length, and every number that is used as
//! one.

pub mod draft;
pub mod grammar;
pub mod target;

use crate::pool::Pool;
use crate::tensors::Tensors;
use napi::bindgen_prelude::{Error, Float32Array, Result};
use std::collections::HashMap;
use std::sync::Arc;

fn pool_of(threads: u32) -> Result<Arc<Pool>> {
    check((1..=1024).contains(&threads), "the number of threads is out of range")?;
    Ok(Pool::of(threads as usize))
}

pub fn check(right: bool, problem: &str) -> Result<()> {
    if right { Ok(()) } else { Err(Error::from_reason(problem)) }
}

/// No size is 0, and none so large that a product of two could overflow.
fn check_sizes(sizes: &[u32]) -> Result<()> {
    check(sizes.iter().all(|&size| size > 0 && size < 1 << 24), "a size is out of range")
}

fn owned(tensors: HashMap<String, Float32Array>) -> Tensors {
    Tensors(tensors.into_iter().map(|(name, values)| (name, values.to_vec())).collect())
}
