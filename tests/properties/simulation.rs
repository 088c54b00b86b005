//! An API server that only knows policies, for plans that are applied write by write.

use std::collections::BTreeSet;

use appnet::{
    observe::{PolicyRow, PolicySpec},
    plan::{Body, Change, Situation, Stage, Write, changes, stage},
    policy::{Desired, Role},
};

use crate::flows::{Policy, Rules};

/// More stages than any change may need.
const MOST_STAGES: usize = 12;

#[derive(Default)]
pub struct Cluster {
    rows: Vec<PolicyRow>,
    known: BTreeSet<String>,
    failed: BTreeSet<String>,
    /// Names whose writes are refused, as a quota, a webhook or a missing right would.
    pub refused: BTreeSet<String>,
    clock: u64,
}

impl Cluster {
    fn situation<T>(&self, desired: &Desired, look: impl FnOnce(&Situation<'_>) -> T) -> T {
        let observed: Vec<_> = self.rows.iter().collect();
        look(&Situation {
            desired,
            observed: &observed,
            known: &self.known,
            held: &BTreeSet::new(),
            failed: &self.failed,
        })
    }

    pub fn stage(&self, desired: &Desired) -> Stage {
        self.situation(desired, stage)
    }

    pub fn changes(&self, desired: &Desired) -> Vec<Change> {
        self.situation(desired, changes)
    }

    pub fn policies(&self) -> Vec<Policy> {
        let rules = |row: &PolicyRow| match &row.spec {
            PolicySpec::Standard(spec) => spec.clone().into(),
            PolicySpec::Cilium(rules) => Rules::Cilium(rules.spec.clone()),
        };
        self.rows.iter().map(|row| ("app".to_owned(), rules(row))).collect()
    }

    /// Applies stage after stage, and shows what is there after every single write.
    pub fn converge(&mut self, desired: &Desired, mut after_each: impl FnMut(&[Policy])) {
        for _ in 0..MOST_STAGES {
            let writes = self.stage(desired).writes;
            if writes.is_empty() {
                return;
            }
            let mut new_deny = None;
            for write in writes {
                if self.refused.contains(write.name()) {
                    self.failed.insert(write.name().to_owned());
                    break;
                }
                self.apply(write, &mut new_deny);
                after_each(&self.policies());
            }
        }
        panic!("does not come to an end: {:#?}", self.stage(desired));
    }

    fn apply(&mut self, write: Write, new_deny: &mut Option<(String, String)>) {
        self.clock += 1;
        match write {
            Write::Create { name, role, body } => {
                assert!(self.rows.iter().all(|row| row.name != name), "{name} is there already");
                let mut row =
                    PolicyRow { name: name.clone(), uid: format!("uid-{}", self.clock), ..PolicyRow::default() };
                self.put(&mut row, *body, new_deny.as_ref());
                if role == Role::DefaultDeny {
                    *new_deny = Some((name, row.uid.clone()));
                }
                self.rows.push(row);
            }
            Write::Update { name, body, .. } => {
                let mut row = self.rows.remove(self.position(&name));
                self.put(&mut row, *body, new_deny.as_ref());
                self.rows.push(row);
            }
            Write::Delete { name, .. } => {
                let position = self.position(&name);
                self.rows.remove(position);
            }
        }
    }

    fn position(&self, name: &str) -> usize {
        self.rows.iter().position(|row| row.name == name).unwrap_or_else(|| panic!("there is no {name}"))
    }

    fn put(&mut self, row: &mut PolicyRow, body: Body, new_deny: Option<&(String, String)>) {
        row.owners = body.owners(new_deny.map(|(name, uid)| (name.as_str(), uid.as_str())));
        row.labels = body.content.labels;
        row.annotations.extend(body.content.annotations);
        row.spec = body.content.spec;
        row.resource_version = self.clock.to_string();
        self.known.insert(row.uid.clone());
    }
}
