//! What the plugin has against a file, and where.

use serde::Serialize;

use super::yaml::{Flaw, Position};
use crate::{api::Reason, lint::Severity, model::Problem};

/// One thing that is wrong, at one place of a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Finding {
    /// The file's name as it was given.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// The field, as `spec.tiers[1].ports[0].port`; empty when it belongs to none.
    pub path: String,
    /// What must hold, and what one can do.
    pub message: String,
    /// One word of the closed vocabulary of reasons.
    pub reason: &'static str,
    /// `error`, or `warning` for what may be meant.
    pub severity: &'static str,
}

impl Finding {
    /// A problem of an object, at its place.
    #[must_use]
    pub fn of_problem(file: &str, at: Position, problem: Problem) -> Self {
        let Problem { path, message, reason } = problem;
        let (line, column, reason) = (at.line, at.column, reason.as_str());
        Self { file: file.into(), line, column, path, message, reason, severity: Severity::Error.as_str() }
    }

    /// A flaw of the text.
    #[must_use]
    pub fn of_flaw(file: &str, flaw: Flaw) -> Self {
        let Flaw { at, path, message } = flaw;
        let problem = Problem { path, message, reason: Reason::InvalidSpec };
        Self::of_problem(file, at, problem)
    }
}

impl std::fmt::Display for Finding {
    /// As compilers write it, so that editors can jump there: `shop.yaml:12:5: spec.tiers[0].name: must be ...`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { file, line, column, path, message, .. } = self;
        write!(f, "{file}:{line}:{column}: ")?;
        if self.severity == Severity::Warning.as_str() {
            f.write_str("warning: ")?;
        }
        if !path.is_empty() {
            write!(f, "{path}: ")?;
        }
        f.write_str(message)
    }
}
