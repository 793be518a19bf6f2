//! What a text may be: JSON schemas, regular expressions and Lark grammars by `llguidance`, compiled once for a
//! vocabulary, and matchers that follow a text token by token.
//!
//! Nothing here may stop the process: what is compiled was written by strangers. So compiling is bounded in size, depth
//! and work, has a stack of its own, and a panic inside `llguidance` is an error of the request (which is why the addon
//! unwinds instead of aborting).

mod compile;
mod matcher;
mod vocabulary;

pub use compile::{Kind, compile};
pub use matcher::{Grammar, Matcher};
pub use vocabulary::Vocabulary;

use anyhow::Result;
use llguidance::panic_utils::catch_unwind;
use std::panic::AssertUnwindSafe;

/// Errors as sentences: a panic's backtrace and `llguidance`'s dumps of its state stay out.
fn guarded<T>(work: impl FnOnce() -> Result<T>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|error| {
        let text = format!("{error:#}");
        let end = ["\n<backtrace>", "\n<state>", "\n<non-verbose/>"].iter().filter_map(|mark| text.find(mark)).min();
        text[..end.unwrap_or(text.len())].to_string()
    })
}
