//! Lines and columns, and the bytes that they stand for.

use serde::Deserialize;

/// From a place to another, which is not part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
pub struct Span {
    /// The first character.
    pub start: LineColumn,
    /// The character after the last.
    pub end: LineColumn,
}

/// A character of a text, both numbers from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
pub struct LineColumn {
    /// The line.
    pub line: usize,
    /// The column, in characters.
    pub column: usize,
}

impl From<proc_macro2::LineColumn> for LineColumn {
    fn from(place: proc_macro2::LineColumn) -> Self {
        Self { line: place.line, column: place.column + 1 }
    }
}

impl From<proc_macro2::Span> for Span {
    fn from(span: proc_macro2::Span) -> Self {
        Self { start: span.start().into(), end: span.end().into() }
    }
}

/// A text whose places can be looked up.
#[derive(Debug)]
pub struct Lines<'t> {
    /// The text.
    pub text: &'t str,
    starts: Vec<usize>,
}

impl<'t> Lines<'t> {
    /// The lines of a text.
    pub fn new(text: &'t str) -> Self {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { text, starts }
    }

    /// The byte of a character.
    pub fn byte(&self, at: LineColumn) -> usize {
        let start = self.starts.get(at.line - 1).copied().unwrap_or(self.text.len());
        let before: usize = self.text[start..].chars().take(at.column - 1).map(char::len_utf8).sum();
        start + before
    }

    /// The bytes of a span.
    pub fn bytes(&self, span: Span) -> (usize, usize) {
        (self.byte(span.start), self.byte(span.end))
    }

    /// The text of a span.
    pub fn of(&self, span: Span) -> &'t str {
        let (start, end) = self.bytes(span);
        &self.text[start..end]
    }
}
