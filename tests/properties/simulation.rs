//! An API server that only knows policies, for plans that are applied write by write.

use std::collections::{BTreeMap, BTreeSet};

use appnet::{
    observe::{PolicyRow, PolicySpec},
    plan::{Body, Change, Situation, Stage, Write, changes, stage},
    policy::Desired,
};

use crate::flows::{Policy, Rules};

/// More stages than any change may need.
const MOST_STAGES: usize = 12;

#[derive(Clone, Default)]
pub struct Cluster {
    pub rows: Vec<PolicyRow>,
    known: BTreeSet<String>,
    /// Names whose writes were refused in this run: they are not tried again.
    pub failed: BTreeSet<String>,
    /// Names of policies that someone changed and that are left alone.
    pub held: BTreeSet<String>,
    /// Names whose writes are refused, as a quota, a webhook or a missing right would.
    pub refused: BTreeSet<String>,
    clock: u64,
}

impl Cluster {
    fn situation<T>(&self, desired: &Desired, look: impl FnOnce(&Situation<'_>) -> T) -> T {
        let observed: Vec<_> = self.rows.iter().collect();
        look(&Situation { desired, observed: &observed, known: &self.known, held: &self.held, failed: &self.failed })
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
            let mut session = self.session();
            for write in writes {
                if self.refused.contains(write.name()) {
                    self.failed.insert(write.name().to_owned());
                    break;
                }
                assert!(self.apply(write.clone(), &mut session), "refused without a reason: {write:#?}");
                after_each(&self.policies());
            }
        }
        panic!("does not come to an end: {:#?}", self.stage(desired));
    }

    /// A live look, on the strength of which a stage is written.
    pub fn session(&self) -> Session {
        let seen = self.rows.iter().map(|row| (row.name.clone(), row.resource_version.clone())).collect();
        Session { seen, created: BTreeMap::new() }
    }

    /// One write; false when the API server refuses it, because something changed after the look.
    pub fn apply(&mut self, write: Write, session: &mut Session) -> bool {
        let there = self.rows.iter().position(|row| row.name == write.name());
        let version = there.map(|position| &self.rows[position].resource_version);
        let seen = session.seen.get(write.name());
        if matches!(write, Write::Create { .. }) != there.is_none() || there.is_some() && version != seen {
            return false;
        }
        self.clock += 1;
        let mut row = there.map_or_else(PolicyRow::default, |position| self.rows.remove(position));
        let body = match write {
            Write::Create { name, body, .. } => {
                row.uid = format!("uid-{}", self.clock);
                session.created.insert(name.clone(), row.uid.clone());
                row.name = name;
                body
            }
            Write::Update { body, .. } => body,
            Write::Delete { .. } => return true,
        };
        self.put(&mut row, *body, session);
        self.rows.push(row);
        true
    }

    /// Someone else made a new version.
    pub fn touch(&mut self, which: usize) {
        self.clock += 1;
        self.rows[which].resource_version = self.clock.to_string();
    }

    fn put(&mut self, row: &mut PolicyRow, body: Body, session: &mut Session) {
        row.owners = body.owners(&session.created);
        row.labels = body.content.labels;
        row.annotations.extend(body.content.annotations);
        row.spec = body.content.spec;
        row.resource_version = self.clock.to_string();
        session.seen.insert(row.name.clone(), row.resource_version.clone());
        self.known.insert(row.uid.clone());
    }
}

/// What the writer of a stage knows: the versions that it saw or made, and the uids of what it created.
pub struct Session {
    seen: BTreeMap<String, String>,
    created: BTreeMap<String, String>,
}
