//! What to do about what was found.

use serde::Serialize;

/// The one thing to do.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Fix {
    /// Type this.
    Command(String),
    /// This would tell what cannot be seen from here.
    Ask(String),
    /// Nothing that could be typed does it.
    Do(String),
}
