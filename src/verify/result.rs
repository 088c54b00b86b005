//! What an outcome means.

use serde::Serialize;

use super::{Edge, Expected};

/// What became of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Became {
    /// It succeeded.
    Open,
    /// Somebody refused it.
    Refused,
    /// Nobody answered.
    Silent,
}

/// What that says about the policies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Verdict {
    /// The data plane does something else than the policies say.
    Differs,
    /// It could be the app as well.
    Inconclusive,
    /// It was not tried.
    NotTried,
    /// The data plane does what the policies say.
    Agrees,
}

/// An edge that was checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Checked {
    /// The edge.
    #[serde(flatten)]
    pub edge: Edge,
    /// What became of the connection; nothing when it was not tried.
    pub became: Option<Became>,
    /// What that says.
    pub verdict: Verdict,
    /// Why, in a sentence.
    pub why: String,
}

impl Became {
    /// The outcome with this word.
    #[must_use]
    pub fn read(word: &str) -> Option<Self> {
        match word {
            "open" => Some(Self::Open),
            "refused" => Some(Self::Refused),
            "silent" => Some(Self::Silent),
            _ => None,
        }
    }
}

/// What an outcome says about an edge.
#[must_use]
pub fn judge(edge: Edge, became: Became) -> Checked {
    let (verdict, why) = match (edge.expected, became) {
        (Expected::Allowed, Became::Open) => (Verdict::Agrees, "allowed, and it connects"),
        (Expected::Denied, Became::Silent) => (Verdict::Agrees, "denied, and nobody answers"),
        (Expected::Allowed, Became::Refused) => {
            (Verdict::Inconclusive, "allowed and refused: the app does not listen there")
        }
        // A policy that is enforced by a refusal, as some CNIs do it, looks like an app that does not listen.
        (Expected::Denied, Became::Refused) => (
            Verdict::Inconclusive,
            "denied and refused: by the CNI, or by a node that it reached although it is denied",
        ),
        (Expected::Allowed, Became::Silent) => (Verdict::Differs, "allowed, and nobody answers"),
        (Expected::Denied, Became::Open) => {
            (Verdict::Differs, "denied, and it connects: policies are not in force here")
        }
    };
    Checked { edge, became: Some(became), verdict, why: why.to_owned() }
}

/// Why no denial was proven; nothing when one was, and when something differs or was not tried.
///
/// Where nobody enforces policies, all that is allowed connects as well: only a call that gets nowhere tells the two apart.
#[must_use]
pub fn unproven(checked: &[Checked]) -> Option<&'static str> {
    if checked.iter().any(|one| matches!(one.verdict, Verdict::Differs | Verdict::NotTried)) {
        return None;
    }
    let mut denials = checked.iter().filter(|one| one.edge.expected == Expected::Denied).peekable();
    if denials.peek().is_none() {
        return Some(
            "nothing of what was tried should be denied, and without policies it would connect too; ask for denied calls (`--denied`), \
             add a namespace whose Pods may not call these (`-n`), or start a Pod that is in no tier",
        );
    }
    // A CNI that refuses what it denies looks like apps that do not listen.
    denials
        .all(|one| one.verdict == Verdict::Inconclusive)
        .then_some("every denied call was refused, by the CNI or by Pods that do not listen")
}
