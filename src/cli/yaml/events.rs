//! The parser's events, each with its place in the file.

use granit_parser::{Event, Options, Parser, Span, StrInput};

use super::{Flaw, Position, chunks::Chunk, dialect, explain};

/// An event.
pub(super) struct Step<'i> {
    /// What it is.
    pub event: Event<'i>,
    /// Where it is, counted from the chunk's start.
    pub span: Span,
    /// Where it begins in the file.
    pub at: Position,
}

/// The events of one chunk.
pub(super) struct Events<'i> {
    parser: Parser<'i, StrInput<'i>>,
    text: &'i str,
    begin: Position,
    /// What is wrong, and did not keep the parser from going on.
    pub flaws: Vec<Flaw>,
}

impl<'i> Events<'i> {
    pub(super) fn new(chunk: &Chunk<'i>, options: Options) -> Self {
        let parser = Parser::new_from_str_with_options(chunk.text, options);
        Self { parser, text: chunk.text, begin: chunk.at, flaws: Vec::new() }
    }

    /// The next event that is a part of the document.
    ///
    /// # Errors
    /// Where the text is no YAML.
    pub(super) fn next(&mut self) -> Result<Step<'i>, Flaw> {
        loop {
            match self.parser.next() {
                Some(Ok((Event::Anchor(_, name), span))) => {
                    let at = self.position(span);
                    let after = span.byte_range().and_then(|range| self.text.get(range.end..)).unwrap_or_default();
                    self.flaws.extend(dialect::anchor(&name, after).map(|message| Flaw::new(at, message)));
                }
                Some(Ok((event, span))) => return Ok(Step { event, span, at: self.position(span) }),
                Some(Err(error)) => {
                    let mark = *error.marker();
                    return Err(explain::broken(self.position(Span::empty(mark)), &error));
                }
                None => {
                    let span = Span::default();
                    return Ok(Step { event: Event::StreamEnd, span, at: self.position(span) });
                }
            }
        }
    }

    /// The place in the file of a place in the chunk, which may begin in the middle of a line.
    pub(super) fn position(&self, span: Span) -> Position {
        let (line, column) = (span.start.line().max(1) - 1, span.start.col());
        Position { line: self.begin.line + line, column: column + if line == 0 { self.begin.column } else { 1 } }
    }
}
