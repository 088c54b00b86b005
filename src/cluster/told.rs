//! What is said of a failure: which right is missing and what to do, and not at each try.

use std::{
    collections::HashMap,
    fmt::Display,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// A failure that stays the same is told again after this time: who reads the log hours later has to find it.
const REMINDER: Duration = Duration::from_secs(300);

/// What can be done about a right that is missing.
pub(super) const ADVICE: &str = "give the operator this right, it tries again by itself";

/// `cannot VERB resource "RESOURCE"`, where the API server says that.
fn missing_right(said: &str) -> Option<&str> {
    // What comes before can have the word too: "cannot read the profile: ...".
    said.match_indices("cannot ").find_map(|(at, _)| {
        let sentence = &said[at..];
        let (verb, rest) = sentence.split_once(" resource \"")?;
        let (_, after) = rest.split_once('"')?;
        // Any other sentence with these words has more between them.
        let is_one_word = verb.split_whitespace().count() == 2;
        is_one_word.then(|| &sentence[..sentence.len() - after.len()])
    })
}

/// The failure, and for a right that is missing what to do about it.
#[must_use]
pub fn advised(error: &impl Display) -> String {
    let said = error.to_string();
    if missing_right(&said).is_some() { format!("{said}; {ADVICE}") } else { said }
}

/// The failures that were told lately.
#[derive(Default)]
pub struct Told(Mutex<HashMap<String, Instant>>);

impl Told {
    /// What to say of this failure; nothing when it was said lately. A right that is missing is one failure, whichever object
    /// or namespace it is missed for.
    pub(super) fn news(&self, error: &impl Display) -> Option<String> {
        let said = error.to_string();
        self.is_new(missing_right(&said).unwrap_or(&said)).then(|| advised(&said))
    }

    /// Is this a right that is missing, and was it said lately? One that is missing fails each look at each profile.
    #[must_use]
    pub fn is_known_right(&self, error: &impl Display) -> bool {
        missing_right(&error.to_string()).is_some_and(|right| !self.is_new(right))
    }

    fn is_new(&self, what: &str) -> bool {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        told.retain(|_, at| at.elapsed() < REMINDER);
        let new = !told.contains_key(what);
        if new {
            told.insert(what.to_owned(), Instant::now());
        }
        new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POD: &str = "ApiError: pods is forbidden: User \"appnet\" cannot list resource \"pods\" in API group \"\" at the cluster \
                       scope: Forbidden (Status { status: Some(Failure), code: 403 })";
    const EVENT: &str = "events.events.k8s.io \"shop.18\" is forbidden: User \"appnet\" cannot patch resource \"events\" in API group \
                         \"events.k8s.io\" in the namespace \"app\"";

    #[test]
    fn a_right_that_is_missing_is_found_in_what_the_api_server_says() {
        assert_eq!(missing_right(POD), Some("cannot list resource \"pods\""));
        assert_eq!(missing_right(EVENT), Some("cannot patch resource \"events\""));
        let within = format!("cannot read the profile or its policies: {POD}");
        assert_eq!(missing_right(&within), Some("cannot list resource \"pods\""));
        for other in
            ["cannot connect", "the request cannot be served, resource \"pods\" is busy", "exceeded quota: one"]
        {
            assert_eq!(missing_right(other), None, "{other}");
            assert_eq!(advised(&other), other);
        }
        assert!(advised(&POD).ends_with(ADVICE));
    }

    #[test]
    fn a_right_is_told_once_for_all_objects_and_another_failure_all_the_same() {
        let told = Told::default();
        assert!(told.news(&EVENT).is_some_and(|said| said.starts_with(EVENT) && said.ends_with(ADVICE)));
        assert_eq!(told.news(&EVENT.replace("shop.18", "blog.19").replace("\"app\"", "\"blog\"")), None);
        assert!(told.news(&EVENT.replace("cannot patch", "cannot create")).is_some());
        assert_eq!(told.news(&"connection refused"), Some("connection refused".into()));
        assert_eq!(told.news(&"connection refused"), None);
    }

    #[test]
    fn only_a_right_is_passed_over_when_it_is_missed_again() {
        let told = Told::default();
        assert!(!told.is_known_right(&POD) && told.is_known_right(&POD));
        assert!(!told.is_known_right(&"connection refused") && !told.is_known_right(&"connection refused"));
    }
}
