//! What our parser takes and the one of `kubectl` refuses, or reads as something else.
//!
//! Ours speaks YAML 1.2, the other one YAML 1.1 with gaps. Random documents that both read showed where they part.
//! None of it has a place in a profile; without these checks the plugin would call a file fine that `kubectl` cannot
//! send, or check other values than `kubectl` sends.

use granit_parser::{ScalarStyle, Span};
use serde::de::IgnoredAny;
use serde_json::Deserializer;

use super::Position;

/// What is wrong with a scalar that is written here.
pub(super) fn scalar(word: &str, style: ScalarStyle, span: Span, in_flow: bool) -> Option<&'static str> {
    match style {
        ScalarStyle::Plain if in_flow && (word.contains('?') || word.starts_with(':')) => {
            Some("must be in quotes: between brackets, kubectl takes '?' and a ':' at the start for punctuation")
        }
        ScalarStyle::Plain if in_flow && span.is_empty() => {
            Some("must have a value: between brackets, kubectl takes 'name:' without a space after it for a word")
        }
        ScalarStyle::Literal | ScalarStyle::Folded if word.trim_start_matches('\n').starts_with('\t') => {
            Some("must not begin with a tab: kubectl takes it for indentation")
        }
        _ => None,
    }
}

/// What is wrong with a key that is written here.
pub(super) fn key(span: Span) -> Option<&'static str> {
    (span.start.line() != span.end.line()).then_some("must stand on one line, because it is a key")
}

/// What is wrong with an anchor. `after` is the text that follows it.
pub(super) fn anchor(name: &str, after: &str) -> Option<&'static str> {
    let good = name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    if !good {
        return Some("the name of an anchor must have only letters, digits, '-' and '_'");
    }
    (!after.is_empty() && !after.starts_with(char::is_whitespace)).then_some("an anchor must have a space after it")
}

/// What is wrong with a tag. The two parsers do not even agree where a tag ends.
pub(super) const TAG: &str = "must have no tag such as `!!str`; what must be text can stand in quotes";

/// The first line that is no comment, when it ends a document before one began.
pub(super) fn early_end(text: &str) -> Option<&'static str> {
    let first = text.lines().find(|line| !line.trim().is_empty() && !line.starts_with('#'))?;
    first.starts_with("...").then_some("must not begin with '...', which ends a document")
}

/// What follows a file's first document, when that is JSON: kubectl reads such a file with a JSON parser, which takes
/// no comment and no '...' after it.
pub(super) fn after_json(text: &str) -> Option<&str> {
    let json = text.trim_start();
    let mut values = json.starts_with('{').then(|| Deserializer::from_str(json).into_iter::<IgnoredAny>())?;
    values.next()?.ok()?;
    Some(json[values.byte_offset()..].trim_start()).filter(|rest| !rest.is_empty())
}

/// The lines that belong to a value which began on an earlier line, so that spaces and tabs at their start are no
/// indentation.
#[derive(Debug, Default)]
pub(super) struct InsideValues(Vec<(usize, usize)>);

impl InsideValues {
    /// A value that goes from one mark to the other. Lines are counted from the chunk's first.
    pub(super) fn note(&mut self, start: Span, end: Span) {
        let first = start.start.line() + 1;
        // The end may stand at the very start of the line after.
        let last = end.end.line() - usize::from(end.end.col() == 0);
        if first <= last {
            self.0.push((first, last));
        }
    }

    /// The first tab that stands where only spaces may.
    pub(super) fn first_tab(mut self, text: &str) -> Option<Position> {
        self.0.sort_unstable();
        let mut values = self.0.into_iter().peekable();
        let mut covered = 0;
        text.lines().enumerate().find_map(|(number, line)| {
            let number = number + 1;
            while let Some((_, last)) = values.next_if(|(first, _)| *first <= number) {
                covered = covered.max(last);
            }
            let tab = indentation(line).find('\t').filter(|_| number > covered)?;
            Some(Position { line: number, column: tab + 1 })
        })
    }
}

/// What stands before the first word of a line: spaces, tabs, and the dashes of lists.
fn indentation(line: &str) -> &str {
    let bytes = line.as_bytes();
    let blank = |position: usize| bytes.get(position).is_some_and(|b| matches!(b, b' ' | b'\t'));
    let end = (0..bytes.len()).find(|i| !(blank(*i) || matches!(bytes[*i], b'-' | b'?') && blank(i + 1)));
    &line[..end.unwrap_or(line.len())]
}
