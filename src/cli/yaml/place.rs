//! Where something stands in a file, and what is wrong with the text there.

/// A place in a file. Lines and columns count from 1, columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

impl Position {
    /// The first character of a file.
    pub const START: Self = Self { line: 1, column: 1 };

    /// The place right after this text, when the text begins here.
    #[must_use]
    pub fn after(self, text: &str) -> Self {
        match text.rsplit_once('\n') {
            Some((lines, last)) => {
                Self { line: self.line + 1 + lines.matches('\n').count(), column: 1 + last.chars().count() }
            }
            None => Self { line: self.line, column: self.column + text.chars().count() },
        }
    }
}

/// Something that is wrong with the text itself, whatever it is meant to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flaw {
    /// Where it stands.
    pub at: Position,
    /// The field that it belongs to, where there is one.
    pub path: String,
    /// What must hold, and what one can do.
    pub message: String,
}

impl Flaw {
    /// A flaw that belongs to no field.
    pub(super) fn new(at: Position, message: impl Into<String>) -> Self {
        Self { at, path: String::new(), message: message.into() }
    }
}
