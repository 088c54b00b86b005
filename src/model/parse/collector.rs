//! Gathers problems while the parts of a profile are read.

use std::collections::BTreeSet;

use garde::Validate;

use crate::{
    api::{AppNetworkProfileSpec, Reason, rules::text},
    model::{Cidr, Platform, Problem, Problems},
};

pub(super) struct Collector<'a> {
    problems: Vec<Problem>,
    platform: &'a Platform,
}

impl<'a> Collector<'a> {
    pub(super) const fn new(platform: &'a Platform) -> Self {
        Self { problems: Vec::new(), platform }
    }

    /// The rules on single values.
    pub(super) fn values(&mut self, spec: &AppNetworkProfileSpec) {
        if let Err(report) = spec.validate() {
            self.report("spec.", &report);
        }
    }

    pub(super) fn report(&mut self, prefix: &str, report: &garde::Report) {
        for (path, error) in report.iter() {
            let path = format!("{prefix}{}", camel_case(&path.to_string()));
            self.problem(Problem { path, message: error.to_string(), reason: Reason::InvalidSpec });
        }
    }

    pub(super) fn problem(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    /// Records a problem; what was being read is given up.
    pub(super) fn refuse<T>(&mut self, path: &str, message: &str) -> Option<T> {
        self.problem(Problem { path: path.into(), message: message.into(), reason: Reason::InvalidSpec });
        None
    }

    /// Keys that stand for their entry must be unique, as `x-kubernetes-list-type` asks.
    pub(super) fn unique<'k>(&mut self, path: &str, key: &str, keys: impl IntoIterator<Item = &'k str>) {
        let mut seen = BTreeSet::new();
        for (position, value) in keys.into_iter().enumerate() {
            if !seen.insert(value) {
                self.refuse::<()>(&format!("{path}[{position}]{key}"), &text::duplicate(value));
            }
        }
    }

    /// The platform's ceiling on blocks.
    pub(super) fn ceiling(&mut self, path: &str, cidr: &Cidr) {
        let ceiling = &self.platform.cidr_ceiling;
        if !self.platform.allows(cidr) {
            let allowed: Vec<_> = ceiling.iter().map(ToString::to_string).collect();
            let message = format!(
                "must lie inside what the platform allows ({}); ask the platform team for '{cidr}'",
                allowed.join(", ")
            );
            self.problem(Problem { path: path.into(), message, reason: Reason::AboveCeiling });
        }
    }

    pub(super) fn finish(mut self) -> Option<Problems> {
        // A value that is wrong in itself may also be reported where it is used: say it once.
        self.problems.sort();
        self.problems.dedup();
        Problems::new(self.problems)
    }
}

/// Rust's field names as the resource spells them: `tiers[0].pod_selector` is `tiers[0].podSelector`.
fn camel_case(path: &str) -> String {
    let mut upper = false;
    path.chars()
        .filter_map(|c| match c {
            '_' => {
                upper = true;
                None
            }
            c if std::mem::take(&mut upper) => Some(c.to_ascii_uppercase()),
            c => Some(c),
        })
        .collect()
}
