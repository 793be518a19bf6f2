//! From a row of logits to a token: packages/engine/src/sampling compiled, its Sampler the specification. The token is
//! the same to the last bit of doubt: what is rounded (scaling, masses) is rounded by the same operations in the same
//! order, with the engine's own table of exponentials; and where two tokens are so close that another logarithm could
//! tell them apart, nothing is decided here (see `draw`).

mod draw;
mod exponential;
mod filters;
mod kernel;
mod likeliest;
mod nucleus;
mod row;
