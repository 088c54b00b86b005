//! What was found, and the one thing to do about it.

use serde::Serialize;

use super::Symptom;
use crate::{api::Reason, diagnose::Fix};

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Something does not work, or is not protected, that was meant to be.
    Error,
    /// It may be meant, and mostly is not; or it works and will not for long.
    Warning,
    /// Worth knowing while one searches.
    Note,
}

/// Something that was found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Diagnosis {
    /// The symptom that it explains.
    pub symptom: Symptom,
    /// How bad it is.
    pub severity: Severity,
    /// What it is, in one word of the closed vocabulary.
    pub code: Reason,
    /// Whom it is about, as `shop/deploy/api`.
    pub about: String,
    /// What was found, in one sentence with names and numbers.
    pub found: String,
    /// What to do about it.
    pub fix: Fix,
}

impl Diagnosis {
    /// Where it is explained, below the docs of the project.
    #[must_use]
    pub fn anchor(&self) -> String {
        format!("docs/troubleshooting.md#{}", self.code.as_str().to_lowercase())
    }
}
