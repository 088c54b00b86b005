//! Everything that can be said about one profile without a cluster.

use serde_json::Value;

use super::{merge::ByPath, rules::Rules};
use crate::{
    api::{AppNetworkProfile, Reason},
    model::{
        Platform, Problem, Profile, parse,
        shape::{Schema, Shape},
    },
};

/// Checks profiles against the schema, the model, and the schema's rules.
#[derive(Debug)]
pub struct Checker {
    schema: Schema,
    rules: Rules,
    platform: Platform,
}

/// What came of it.
#[derive(Debug)]
pub struct Checked {
    /// Each problem once.
    pub problems: Vec<Problem>,
    /// The profile, when there is no problem.
    pub profile: Option<Profile>,
}

/// etcd takes no larger request by default, so the API server cannot store the object.
const STORAGE_LIMIT: usize = 1024 * 1024 * 3 / 2;

impl Checker {
    /// A checker for profiles of this platform.
    #[must_use]
    pub fn new(platform: Platform) -> Self {
        Self { schema: Schema::of_profiles(), rules: Rules::of_profiles(), platform }
    }

    /// Checks one object. It has the kind and version of a profile.
    #[must_use]
    pub fn check(&self, object: &Value) -> Checked {
        let shape = self.schema.check(object);
        let (profile, mut problems) = self.read(&shape);
        let model = ByPath::new(&problems);
        let unreadable = ByPath::new(&shape.unreadable);
        let rules = if shape.bounded { self.rules.broken(&shape.settled) } else { Vec::new() };
        // A rule that is broken at or above an unreadable value is broken because of it: the server is silent too.
        let rules = rules.into_iter().filter(|rule| !unreadable.reaches(&rule.path) && !model.covers_rule(rule));
        let bounds = shape.bounds.into_iter().filter(|bound| !model.covers_bound(bound));
        let mut more: Vec<_> = rules.chain(bounds).chain(too_large(&shape.settled)).collect();
        problems.append(&mut more);
        problems.extend(shape.unknown.into_iter().chain(shape.unreadable));
        problems.sort();
        problems.dedup();
        let profile = profile.filter(|_| problems.is_empty());
        Checked { problems, profile }
    }

    /// Checks one whose kind or version may be misnamed. Then that is what is wrong: nobody knows what the rest should be.
    #[must_use]
    pub fn check_named(&self, object: &Value, misnamed: Option<&Problem>) -> Checked {
        match misnamed {
            Some(problem) => Checked { problems: vec![problem.clone()], profile: None },
            None => self.check(object),
        }
    }

    /// The profile, or what the model has against it; neither when it cannot be read.
    fn read(&self, shape: &Shape) -> (Option<Profile>, Vec<Problem>) {
        if !shape.is_readable() {
            return (None, Vec::new());
        }
        let mut object = shape.settled.clone();
        // Written by the operator; the server ignores it in what is applied.
        if let Some(fields) = object.as_object_mut() {
            fields.remove("status");
        }
        let read = serde_json::from_value::<AppNetworkProfile>(object);
        match read.map(|profile| parse(&profile, &self.platform)) {
            Ok(Ok(profile)) => (Some(profile), Vec::new()),
            Ok(Err(problems)) => (None, problems.iter().cloned().collect()),
            // Dates and the like, which the schema leaves to whoever reads them.
            Err(error) => (None, vec![problem("metadata", format!("must be readable: {error}"))]),
        }
    }
}

fn problem(path: &str, message: String) -> Problem {
    Problem { path: path.into(), message, reason: Reason::InvalidSpec }
}

fn too_large(object: &Value) -> Option<Problem> {
    let size = object.to_string().len();
    (size > STORAGE_LIMIT).then(|| Problem {
        reason: Reason::TooLarge,
        ..problem(
            "",
            format!(
                "must be at most 1.5 MiB as JSON, and has {size} bytes: etcd takes no larger object; split the profile"
            ),
        )
    })
}
