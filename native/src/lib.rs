//! What a step spends its time on, compiled. `index.ts` says what each call means; every length is checked before
//! anything is computed.

mod attention;
pub mod bindings;
pub mod cache;
mod codes;
mod draft;
mod functions;
mod grammar;
mod matrix;
mod noise;
mod parts;
mod pool;
mod products;
mod rows;
mod sampling;
mod target;
mod tensors;
#[cfg(test)]
mod testing;
mod tile;
mod weights;
