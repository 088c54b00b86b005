//! Profiles that nobody has applied yet: taken as the operator would write them.

use std::{
    collections::BTreeSet,
    io::{self, Write},
    path::Path,
};

use serde_json::{Value, json};

use super::{
    Checker, Finding, platform,
    read::Reading,
    state::{CLUSTER, State},
};
use crate::explain::Profiles;

/// The profiles of a state, once those of files have their policies.
pub struct Completed {
    /// All of them.
    pub profiles: Profiles,
    /// Which ones got policies that are nowhere yet.
    pub notes: Vec<String>,
}

impl State {
    /// Adds the policies of profiles in files that have none yet. What a live profile has not written is not in force, and
    /// stays away. Nothing when the platform's configuration cannot be read.
    ///
    /// # Errors
    /// When `err` cannot be written.
    pub fn complete(&mut self, config: Option<&Path>, err: &mut impl Write) -> io::Result<Option<Completed>> {
        let platform = match platform(config) {
            Ok(platform) => platform,
            Err(error) => return writeln!(err, "error: {error}").map(|()| None),
        };
        let (values, wrong) = if self.reading.profiles.is_empty() {
            // A checker first compiles all rules of profiles, which takes longer than evaluating most clusters.
            Default::default()
        } else {
            profiles(&self.reading, &self.namespace, &Checker::new(platform.clone()))
        };
        wrong.iter().try_for_each(|finding| writeln!(err, "{finding}"))?;
        self.partial |= !wrong.is_empty();
        let profiles = Profiles::new(values, platform, &self.reading.picture, &self.reading.endpoints);
        let live = self.reading.profiles.iter().filter(|found| *found.file == *CLUSTER);
        let live: BTreeSet<_> = live.filter_map(|found| found.key(&self.namespace)).collect();
        let is_live = |namespace: &str, name: &str| live.contains(&(namespace, name));
        let completed = profiles.complete(&mut self.reading.picture, is_live);
        let notes = completed.into_iter().map(|profile| {
            format!(
                "profile {profile} has no policies in what was read; they are taken as the operator would write them"
            )
        });
        Ok(Some(Completed { profiles, notes: notes.collect() }))
    }
}

/// The profiles that were read, each with its namespace, and what is wrong with the others.
fn profiles(reading: &Reading, namespace: &str, checker: &Checker) -> (Vec<Value>, Vec<Finding>) {
    let (mut values, mut wrong) = (Vec::new(), Vec::new());
    for found in &reading.profiles {
        let mut value = found.node.to_value();
        let problems = checker.check_named(&value, found.misnamed.as_ref()).problems;
        if problems.is_empty() {
            if value["metadata"]["namespace"].is_null() {
                value["metadata"]["namespace"] = json!(namespace);
            }
            values.push(value);
        }
        wrong.extend(found.findings(problems));
    }
    (values, wrong)
}
