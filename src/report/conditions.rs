//! Conditions: a type, a status, one of a closed set of reasons, and what to do.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};

use crate::api::{AppNetworkProfileStatus, ConditionType, Reason};

/// Longer messages are cut: a status is no log.
const LONGEST_MESSAGE: usize = 1024;

/// The conditions of a status in the making.
#[derive(Debug)]
pub struct Conditions<'a> {
    before: &'a [Condition],
    now: Time,
    generation: i64,
    made: Vec<Condition>,
}

impl<'a> Conditions<'a> {
    /// Conditions that follow those of `before`.
    #[must_use]
    pub fn new(before: &'a [Condition], now: Time, generation: i64) -> Self {
        Self { before, now, generation, made: Vec::new() }
    }

    /// Adds a condition. Its transition time is kept when its status is.
    pub fn set(&mut self, kind: ConditionType, status: Option<bool>, reason: Reason, message: &str) {
        let status = match status {
            Some(true) => "True",
            Some(false) => "False",
            None => "Unknown",
        };
        let last = self.before.iter().find(|condition| condition.type_ == kind.as_str());
        let since =
            last.filter(|condition| condition.status == status).map(|condition| condition.last_transition_time.clone());
        self.made.push(Condition {
            type_: kind.as_str().into(),
            status: status.into(),
            reason: reason.as_str().into(),
            message: cut(message),
            observed_generation: Some(self.generation),
            last_transition_time: since.unwrap_or_else(|| self.now.clone()),
        });
    }

    /// Keeps a condition as it was; unknown where nothing was ever found out.
    pub fn keep(&mut self, kind: ConditionType) {
        match self.before.iter().find(|condition| condition.type_ == kind.as_str()) {
            Some(condition) => self.made.push(condition.clone()),
            None => self.set(kind, None, Reason::Progressing, "not looked at yet"),
        }
    }

    /// The types that are False so far.
    #[must_use]
    pub fn untrue(&self) -> Vec<String> {
        let untrue = self.made.iter().filter(|condition| condition.status == "False");
        untrue.map(|condition| format!("`{}`", condition.type_)).collect()
    }

    /// The conditions, in the order of [`ConditionType::ALL`].
    #[must_use]
    pub fn finish(mut self) -> Vec<Condition> {
        let place = |condition: &Condition| ConditionType::ALL.iter().position(|kind| kind.as_str() == condition.type_);
        self.made.sort_by_key(place);
        self.made
    }
}

/// At most [`LONGEST_MESSAGE`] bytes, cut between characters.
pub(super) fn cut(message: &str) -> String {
    if message.len() <= LONGEST_MESSAGE {
        return message.to_owned();
    }
    let end = (0..=LONGEST_MESSAGE - 4).rev().find(|end| message.is_char_boundary(*end)).unwrap_or_default();
    format!("{} ...", &message[..end])
}

/// Do two statuses say the same? Writing one that differs in nothing but transition times would wake the watch for nothing.
#[must_use]
pub fn same_but_for_time(a: &AppNetworkProfileStatus, b: &AppNetworkProfileStatus) -> bool {
    let timeless = |status: &AppNetworkProfileStatus| {
        let mut status = status.clone();
        let never = Time(k8s_openapi::jiff::Timestamp::UNIX_EPOCH);
        status.conditions.iter_mut().for_each(|condition| condition.last_transition_time = never.clone());
        status
    };
    timeless(a) == timeless(b)
}
