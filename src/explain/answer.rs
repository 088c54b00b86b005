//! The answer: what programs read, and what the text is made from.

use serde::Serialize;

use super::hop::ServiceShown;

/// Why a connection is allowed or not, and what would change it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// `cli.appnet.dev/v1`.
    pub api_version: &'static str,
    /// `Explanation`.
    pub kind: &'static str,
    /// Something could not be read: what is said of the rest may be wrong.
    pub partial: bool,
    /// In a word, for all connections together.
    pub verdict: Answer,
    /// Who calls.
    pub from: String,
    /// Who is called.
    pub to: String,
    /// The port as it was asked; left out when none was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<String>,
    /// Why nothing can be said, where nothing can.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The Service between, if one was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<ServiceShown>,
    /// Ways in that lead to the called Pods, when the ingress controller calls.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ways_in: Vec<String>,
    /// Each kind of connection that policies can tell apart.
    pub connections: Vec<ConnectionShown>,
    /// What else one has to know.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// The smallest change that would allow it; left out where there is none to recommend.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<Fix>,
}

/// A verdict in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Answer {
    /// Both ends let it pass.
    Allowed,
    /// One end stops it.
    Denied,
    /// Some of the connections pass, and some do not.
    Mixed,
    /// Nobody can tell.
    Unknown,
}

/// One kind of connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ConnectionShown {
    /// Its verdict.
    pub verdict: Answer,
    /// Who calls: one of `fromPods`.
    pub from: String,
    /// Who is called: one of `toPods`.
    pub to: String,
    /// The port of the Pod that is called; left out when it is about every port.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<String>,
    /// The ports that are allowed between the two; only when no port was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_ports: Option<String>,
    /// All callers of whom the same is true.
    pub from_pods: Vec<String>,
    /// All that are called and of whom the same is true.
    pub to_pods: Vec<String>,
    /// Why nothing can be said, where nothing can.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What the policies of the caller say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub egress: Option<SideShown>,
    /// What the policies of the called say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ingress: Option<SideShown>,
}

/// What the policies of one end say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SideShown {
    /// Whose policies.
    pub of: String,
    /// `open`, `allowed`, `denied` or `unknown`.
    pub gate: GateShown,
    /// The same as a sentence.
    pub sentence: String,
    /// The policies that isolate this end in this direction.
    pub policies: Vec<PolicyShown>,
    /// Policies that would allow it and do not select this end, each with the reason.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub near: Vec<String>,
}

/// What one end lets pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum GateShown {
    /// No policy isolates it.
    Open,
    /// A rule lets it pass.
    Allowed,
    /// No rule lets it pass.
    Denied,
    /// Nobody can tell.
    Unknown,
}

/// A policy that isolates an end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PolicyShown {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Where it stands, as `FILE:LINE`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// What wrote it, if a profile did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<ProfileShown>,
    /// Number of its rules for this direction.
    pub rules_in_all: usize,
    /// The rules that allow it, and those that nearly do.
    pub rules: Vec<RuleShown>,
}

/// The profile that a policy comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProfileShown {
    /// Its name; its namespace is that of the policy.
    pub name: String,
    /// What the policy is for: `tier`, `dns` or `default-deny`.
    pub role: String,
    /// The tier, if it is for one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tier: Option<String>,
    /// Where the profile, or its tier, stands, as `FILE:LINE`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// What the policy says about itself; only when the profile is not among what was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub says: Option<String>,
}

/// A rule of a policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RuleShown {
    /// Its position in its list, from 1.
    pub number: usize,
    /// The same as a field, from 0: `spec.ingress[0]`.
    pub path: String,
    /// Where it stands, as `FILE:LINE`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// Does it let the connection pass?
    pub allows: bool,
    /// Why, or why not.
    pub sentence: String,
    /// The fields of the profile that it comes from, each with its place: `spec.tiers[1].from[0] (shop.yaml:23)`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<String>,
}

/// What would allow the connection. It was tried: with it the connection passes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Fix {
    /// All of these are needed.
    pub changes: Vec<ChangeShown>,
    /// What they open besides, because nothing smaller can be said there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub opens_too: Vec<String>,
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ChangeShown {
    /// What is to be done, as a sentence.
    pub what: String,
    /// Where, as `FILE:LINE`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// The lines to add.
    pub yaml: String,
    /// The command that does it in the cluster.
    pub command: String,
}

impl Answer {
    /// As it stands at the beginning of the text.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allowed => "ALLOWED",
            Self::Denied => "DENIED",
            Self::Mixed => "MIXED",
            Self::Unknown => "UNKNOWN",
        }
    }

    /// All of them in a word: mixed as soon as something is stopped and something is not. Nothing at all is unknown.
    #[must_use]
    pub fn of_all(answers: impl IntoIterator<Item = Self>) -> Self {
        let join = |one, other| match (one, other) {
            _ if one == other => one,
            (Self::Allowed, Self::Unknown) | (Self::Unknown, Self::Allowed) => Self::Unknown,
            _ => Self::Mixed,
        };
        answers.into_iter().reduce(join).unwrap_or(Self::Unknown)
    }
}
