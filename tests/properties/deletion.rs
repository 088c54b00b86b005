//! A profile is deleted at any moment, and the garbage collector takes what it owned. Nothing is cut by that.
//!
//! Before, anything may happen: a writer that stops between two writes, another spec, a policy that someone deletes or takes
//! the owners from, a collector at work. The writer may be in the midst of a stage, and does not know yet.

use std::collections::BTreeSet;

use appnet::{
    api::PolicyKind,
    model::Identity,
    observe::PolicyRow,
    plan::Write,
    policy::{Desired, Role},
};
use proptest::{collection::vec, prelude::*};

use super::{build, config, spec, universe};
use crate::{
    collector::Collector,
    flows::{self, End, Flow, Policy},
    profiles::tiers_of,
    simulation::Cluster,
};

/// The uid of the random profiles.
const PROFILE: &str = "profile-uid";

/// What happens before the deletion.
#[derive(Clone, Debug)]
enum Event {
    /// The operator does so many writes and stops.
    Writes(u8),
    /// The operator does all that is to be done.
    Converges,
    /// The profile says something else.
    Says(u8),
    /// Someone deletes one of the policies.
    Deletes(u8),
    /// Someone takes all owners from one of the policies.
    Disowns(u8),
    /// The collector takes away references to what is gone.
    Strips,
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        4 => (1..12u8).prop_map(Event::Writes),
        3 => Just(Event::Converges),
        3 => any::<u8>().prop_map(Event::Says),
        2 => any::<u8>().prop_map(Event::Deletes),
        1 => any::<u8>().prop_map(Event::Disowns),
        1 => Just(Event::Strips),
    ]
}

/// Flows that nobody means to cut: what every spec allows that could still be under way.
struct Story {
    cluster: Cluster,
    collector: Collector,
    specs: Vec<Desired>,
    says: usize,
    under_way: BTreeSet<usize>,
}

impl Story {
    fn new(specs: Vec<Desired>, seed: u64) -> Self {
        let collector = Collector::new(PROFILE, seed);
        Self { cluster: Cluster::default(), collector, specs, says: 0, under_way: BTreeSet::from([0]) }
    }

    fn happens(&mut self, event: &Event) {
        let count = self.cluster.rows.len();
        match event {
            Event::Writes(most) => self.writes(usize::from(*most)),
            Event::Converges => {
                self.writes(usize::MAX);
                self.under_way = BTreeSet::from([self.says]);
            }
            Event::Says(which) => {
                self.says = usize::from(*which) % self.specs.len();
                self.under_way.insert(self.says);
            }
            Event::Deletes(which) if count > 0 => drop(self.cluster.rows.remove(usize::from(*which) % count)),
            Event::Disowns(which) if count > 0 => {
                self.cluster.rows[usize::from(*which) % count].owners.clear();
                self.cluster.touch(usize::from(*which) % count);
            }
            Event::Strips => self.collector.strip(&mut self.cluster),
            Event::Deletes(_) | Event::Disowns(_) => {}
        }
    }

    fn writes(&mut self, mut most: usize) {
        while most > 0 {
            let writes = self.cluster.stage(&self.specs[self.says]).writes;
            if writes.is_empty() {
                return;
            }
            let mut session = self.cluster.session();
            for write in writes.into_iter().take(most) {
                assert!(self.cluster.apply(write, &mut session));
                most -= 1;
            }
        }
    }

    /// The profile goes while a stage is half written. The first flow that is cut, and what is there then.
    fn profile_goes(&mut self, flows: &[(Flow, Vec<bool>)]) -> Option<String> {
        let writes = self.cluster.stage(&self.specs[self.says]).writes;
        let mut session = self.cluster.session();
        let mut writes = writes.into_iter();
        for write in writes.by_ref().take(self.collector.any(8)) {
            assert!(self.cluster.apply(write, &mut session));
        }
        let mut in_flight: Vec<_> = writes.rev().collect();
        // Two policies that complete each other for one Pod can go in no order that would cut nothing.
        let is_bridge = |name: &str, kind| name.starts_with("shop-bridge-") && kind == PolicyKind::NetworkPolicy;
        if self.cluster.rows.iter().any(|row| is_bridge(&row.name, row.kind()))
            || in_flight.iter().any(|write: &Write| is_bridge(write.name(), write.kind()))
        {
            return None;
        }
        let before = self.cluster.policies();
        let promised = |(flow, verdicts): &&(Flow, Vec<bool>)| {
            self.under_way.iter().all(|spec| verdicts[*spec]) && flows::allowed(&before, flow)
        };
        let promised: Vec<_> = flows.iter().filter(promised).map(|(flow, _)| flow).collect();
        self.collector.profile = None;
        let mut went = Vec::new();
        loop {
            let chance = self.collector.any(3);
            if chance == 0 {
                self.collector.strip(&mut self.cluster);
            }
            let write = if chance == 1 { in_flight.pop() } else { None };
            if let Some(write) = write {
                went.push(format!("write {}", write.name()));
                if !self.cluster.apply(write, &mut session) {
                    // It looks again, and sees that the profile is gone.
                    in_flight.clear();
                }
            } else if let Some(name) = self.collector.collect(&mut self.cluster) {
                went.push(format!("collect {name}"));
            } else if in_flight.is_empty() {
                return None;
            }
            let now = self.cluster.policies();
            if let Some(flow) = promised.iter().find(|flow| !flows::allowed(&now, flow)) {
                return Some(format!("{flow:?}\nis cut after {went:#?}"));
            }
        }
    }
}

fn after(desired: &Desired) -> Vec<Policy> {
    let mut cluster = Cluster::default();
    cluster.converge(desired, |_| ());
    cluster.policies()
}

proptest! {
    #![proptest_config(config(400))]

    #[test]
    fn a_profile_that_is_deleted_at_any_moment_takes_its_policies_along_without_cutting_a_flow(
        specs in vec(spec(), 1..3),
        off in prop::bool::weighted(0.2),
        events in vec(event(), 0..8),
        seed in any::<u64>(),
    ) {
        let mut desired: Vec<_> = specs.iter().cloned().map(build).collect();
        if off {
            let identity = Identity { namespace: "app".into(), name: "shop".into(), uid: PROFILE.into() };
            desired.push(Desired::nothing(identity, false));
        }
        // A Pod in several tiers loses their policies one by one; `LabelsMatched` warns of it.
        let several = |end: &End| specs.iter().any(|spec| tiers_of(spec, end) > 1);
        let ends: Vec<_> = desired.iter().map(after).collect();
        let flows: Vec<_> = universe().into_iter().filter(|flow| !several(&flow.from) && !several(&flow.to)).map(|flow| {
            let verdicts = ends.iter().map(|policies| flows::allowed(policies, &flow)).collect();
            (flow, verdicts)
        }).collect();
        let mut story = Story::new(desired, seed);
        for event in &events {
            story.happens(event);
        }
        let cut = story.profile_goes(&flows);
        prop_assert!(cut.is_none(), "{}", cut.unwrap_or_default());
    }

    #[test]
    fn the_collector_takes_the_deny_then_dns_then_tiers_and_each_companion_after_its_tier(spec in spec(), seed in any::<u64>()) {
        let desired = build(spec);
        let mut cluster = Cluster::default();
        cluster.converge(&desired, |_| ());
        let mut collector = Collector::new(PROFILE, seed);
        collector.profile = None;
        let went: Vec<_> = std::iter::from_fn(|| collector.collect(&mut cluster)).collect();
        prop_assert_eq!(went.len(), desired.len(), "{:?}", &went);
        let place = |name: &str| went.iter().position(|other| other == name).expect("all go");
        let of = |role: Role| desired.policies().find(|policy| policy.role == role).map(|policy| place(&policy.name));
        for policy in desired.policies() {
            let first = match &policy.role {
                Role::DefaultDeny => vec![],
                Role::Dns => vec![of(Role::DefaultDeny)],
                Role::ApiServer(tier) => vec![of(Role::DefaultDeny), of(Role::Dns), of(Role::Tier(tier.clone()))],
                _ => vec![of(Role::DefaultDeny), of(Role::Dns)],
            };
            let too_early = first.into_iter().flatten().any(|first| first > place(&policy.name));
            prop_assert!(!too_early, "{} goes too early: {:?}", policy.name, &went);
        }
    }

    #[test]
    fn what_an_older_version_wrote_gets_its_owners_by_one_write_each_and_says_the_same_all_the_way(spec in spec()) {
        let desired = build(spec);
        let mut cluster = Cluster::default();
        cluster.converge(&desired, |_| ());
        let new = cluster.rows.clone();
        // The profile and the deny were all.
        let deny = desired.deny.as_ref().map(|deny| deny.name.clone());
        for row in &mut cluster.rows {
            row.owners.retain(|owner| owner.controller == Some(true) || Some(&owner.name) == deny.as_ref());
        }
        let old = cluster.rows.clone();
        let lacking = |row: &&PolicyRow| new.iter().any(|new| new.name == row.name && new.owners != row.owners);
        let mut expected: Vec<_> = old.iter().filter(lacking).map(|row| row.name.clone()).collect();
        let specs = |rows: &[PolicyRow]| rows.iter().map(|row| (row.name.clone(), row.uid.clone(), row.spec.clone())).collect::<Vec<_>>();
        let mut written: Vec<_> = cluster.stage(&desired).writes.iter().map(|write| write.name().to_owned()).collect();
        let mut writes = 0;
        cluster.converge(&desired, |_| writes += 1);
        expected.sort();
        written.sort();
        prop_assert_eq!(writes, expected.len());
        prop_assert_eq!(written, expected);
        cluster.rows.sort_by_key(|row| old.iter().position(|old| old.uid == row.uid));
        prop_assert_eq!(specs(&cluster.rows), specs(&old));
        let owners = |rows: &[PolicyRow]| rows.iter().map(|row| row.owners.clone()).collect::<Vec<_>>();
        prop_assert_eq!(owners(&cluster.rows), owners(&new));
    }
}
