//! What is wrong with text that is no YAML, in words that say what to do.

use granit_parser::{ErrorKind, ScanError};

use super::{Flaw, Position};

/// A tab at the start of a line.
pub(super) const TAB: &str = "must be indented with spaces: YAML takes no tabs there";

/// The parser gave up here.
pub(super) fn broken(at: Position, error: &ScanError) -> Flaw {
    match error.kind() {
        ErrorKind::TabNotAllowed
        | ErrorKind::TabInBlockIndentation
        | ErrorKind::TabInIndentation
        | ErrorKind::TabAtBlockScalarStart => Flaw::new(at, TAB),
        ErrorKind::UnknownAnchor => Flaw::new(at, "must refer to an anchor that stands before it in the same document"),
        ErrorKind::DirectiveDisallowed => {
            Flaw::new(at, "must not be a directive: kubectl does not read them; remove the line")
        }
        ErrorKind::RecursionLimitExceeded => too_deep(at),
        _ => Flaw::new(at, format!("must be YAML: {}", error.info())),
    }
}

/// Lists and maps stand in each other beyond any sense.
pub(super) fn too_deep(at: Position) -> Flaw {
    Flaw::new(at, "must not be nested so deep; no resource needs more than 100 levels")
}

/// The parser gave something that has no place here. It never does; if it should, the document is refused.
pub(super) fn unexpected(at: Position) -> Flaw {
    Flaw::new(at, "must be YAML")
}
