use super::{Grammar, Vocabulary, guarded};
use anyhow::{Result, ensure};
use llguidance::api::TopLevelGrammar;
use llguidance::regex_to_lark;
use std::thread;

#[derive(Clone, Copy)]
pub enum Kind {
    Json,
    Regex,
    Lark,
}

/// Takes as long as the source asks for within the limits, so never on a thread that somebody waits for.
pub fn compile(vocabulary: &Vocabulary, kind: Kind, source: &str) -> Result<Grammar, String> {
    if source.len() > SOURCE_BYTES_MAX {
        return Err(format!("it is longer than {SOURCE_BYTES_MAX} bytes"));
    }
    if nesting(source) > NESTING_MAX {
        return Err(format!("it is nested more than {NESTING_MAX} levels deep"));
    }
    thread::scope(|scope| {
        let builder = thread::Builder::new().name("foretoken-grammar".into()).stack_size(STACK_BYTES);
        let worker = builder.spawn_scoped(scope, || guarded(|| build(vocabulary, kind, source)));
        worker.map_err(|error| error.to_string())?.join().unwrap_or_else(|_| Err("it could not be compiled".into()))
    })
}

const SOURCE_BYTES_MAX: usize = 1 << 16;
const NESTING_MAX: usize = 128;
/// Parsers recurse by nesting, and by how long a chain of terminals is that refer to one another; a megabyte would do
/// for anything that people write.
const STACK_BYTES: usize = 64 << 20;

fn build(vocabulary: &Vocabulary, kind: Kind, source: &str) -> Result<Grammar> {
    let grammar = match kind {
        Kind::Json => TopLevelGrammar::from_tagged_str("json", source)?,
        // \d, \w and \s are ASCII, as in JSON schemas: who asks for digits means 0 to 9.
        Kind::Regex => TopLevelGrammar::from_lark(format!("start: /{}/", regex_to_lark(source, "dws"))),
        Kind::Lark => TopLevelGrammar::from_lark(source.to_string()),
    };
    let mut parser = vocabulary.factory.create_parser(grammar)?;
    parser.start_without_prompt();
    // Lexemes with max_tokens or a stop can't be rolled back, and drafts have to be.
    parser.parser.rollback(0)?;
    let ended = parser.check_stop()?;
    if !ended {
        let possible = parser.compute_mask();
        ensure!(possible.is_ok(), "no token of this model can begin it, or it is too complex");
    }
    Ok(Grammar::new(parser))
}

/// How deep brackets nest at most, whatever they mean; those in quotes count too, which hurts no real grammar.
fn nesting(source: &str) -> usize {
    let mut depth = 0usize;
    let mut most = 0;
    for byte in source.bytes() {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        most = most.max(depth);
    }
    most
}
