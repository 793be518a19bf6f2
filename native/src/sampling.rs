//! From a row of logits to a token: packages/engine/src/sampling compiled, its Sampler the specification. The token is
//! the Sampler's on every machine. Scores, floors and ranks are the same operations on the same doubles. Logarithms of
//! the noise and sums of probabilities are not, and need not be: each comes with a bound of what it may be off, and
//! where that could change the token nothing is decided here, but by the Sampler.

mod draw;
mod exponential;
mod filters;
mod kernel;
mod likeliest;
mod nucleus;
mod row;
