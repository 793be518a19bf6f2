//! Appending to the engine's KV arena (packages/engine/src/cache): hundreds of copies of a few numbers each, for which
//! JavaScript would make a view apiece.

use crate::bindings::check;
use napi::bindgen_prelude::{Float32ArraySlice, Result};
use napi_derive::napi;

/// Copies the rows `path` of sequence `index` of a run to `row` and on in a slot: `delta` is
/// [sides, batch, heads, length, head_dim], a side [slots, heads, capacity, head_dim].
#[napi]
#[allow(clippy::too_many_arguments)]
pub fn append_rows(
    mut sides: Vec<Float32ArraySlice>,
    capacity: u32,
    slot: u32,
    row: u32,
    delta: &[f32],
    batch: u32,
    index: u32,
    heads: u32,
    head_dim: u32,
    path: &[i32],
) -> Result<()> {
    let [capacity, slot, row] = [capacity, slot, row].map(|size| size as usize);
    let [batch, index, heads, width] = [batch, index, heads, head_dim].map(|size| size as usize);
    // None of these is large enough for a product of all to overflow.
    let sizes = [batch, heads, width, sides.len()];
    check(sizes.iter().all(|&size| size > 0 && size < 1 << 15), "a size is out of range")?;
    let pieces = sides.len() * batch * heads;
    check(delta.len().is_multiple_of(pieces * width), "the rows do not fill the batch")?;
    let length = delta.len() / (pieces * width);
    check(index < batch && path.iter().all(|&each| (each as usize) < length), "a row is out of range")?;
    check(capacity > 0 && row + path.len() <= capacity, "the cache has no room")?;
    let slot_size = heads * capacity * width;
    check(slot < 1 << 20 && sides.iter().all(|side| side.len() >= (slot + 1) * slot_size), "there is no such slot")?;
    for (at, side) in sides.iter_mut().enumerate() {
        // SAFETY: JavaScript runs one thing at a time, and of the arrays only this one is written while it is borrowed;
        // rows of a run are never read from the cache.
        let side = &mut unsafe { side.as_mut() }[slot * slot_size..(slot + 1) * slot_size];
        for (head, side) in side.chunks_exact_mut(capacity * width).enumerate() {
            let from = ((at * batch + index) * heads + head) * length;
            for (to, &each) in side[row * width..].chunks_exact_mut(width).zip(path) {
                let start = (from + each as usize) * width;
                to.copy_from_slice(&delta[start..start + width]);
            }
        }
    }
    Ok(())
}
