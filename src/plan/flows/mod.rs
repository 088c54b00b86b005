//! What a planned change does to flows: which ones it cuts, which ones it opens.
//!
//! The plugin and the operator use the same: two pictures go in, differences come out, with the policies that cut.

mod audit;
mod crowd;
mod group;
mod ways;

use std::collections::HashMap;

pub use audit::audit;
pub use crowd::Crowd;
pub use group::{Group, groups};
pub use ways::{Through, Way, through};

use crate::reach::{Cause, Difference, FarEnd, Grain, NodeKey, Nodes, Picture, PortSet, States};

/// What happens to a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect {
    /// Ports are lost, and none are won.
    Cut,
    /// Some are lost, and others are won.
    Changed,
    /// Ports are won, and none are lost.
    Opened,
}

/// A pair of ends between which other ports are open than before.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Flow {
    /// Who, whom, and the ports before and after.
    pub difference: Difference,
    /// Why ports are lost; nothing when none are, or when an end comes or goes.
    pub causes: Vec<Cause>,
}

/// All flows that a change touches.
#[derive(Debug)]
pub struct Flows {
    /// By caller, then by who is called.
    pub flows: Vec<Flow>,
    /// Both states.
    pub states: States,
    /// Who they speak of: before, and after.
    pub nodes: [Nodes; 2],
}

/// How many flows there are of each effect.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Cut.
    pub cut: usize,
    /// Changed.
    pub changed: usize,
    /// Opened.
    pub opened: usize,
}

impl Effect {
    /// In a word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cut => "cut",
            Self::Changed => "changed",
            Self::Opened => "opened",
        }
    }

    /// What a change from these ports to those is.
    #[must_use]
    pub fn of(before: &PortSet, after: &PortSet) -> Self {
        match (before.without(after).is_empty(), after.without(before).is_empty()) {
            (false, true) => Self::Cut,
            (false, false) => Self::Changed,
            (true, _) => Self::Opened,
        }
    }
}

impl Flow {
    /// What happens to it.
    #[must_use]
    pub fn effect(&self) -> Effect {
        Effect::of(&self.difference.before, &self.difference.after)
    }

    /// The ports that are lost.
    #[must_use]
    pub fn lost(&self) -> PortSet {
        self.difference.before.without(&self.difference.after)
    }

    /// The ports that are won.
    #[must_use]
    pub fn won(&self) -> PortSet {
        self.difference.after.without(&self.difference.before)
    }
}

impl Counts {
    /// Counts one more.
    pub fn add(&mut self, effect: Effect) {
        match effect {
            Effect::Cut => self.cut += 1,
            Effect::Changed => self.changed += 1,
            Effect::Opened => self.opened += 1,
        }
    }
}

/// What happens to flows when `before` becomes `after`.
#[must_use]
pub fn flows(before: &Picture, after: &Picture, grain: Grain) -> Flows {
    let states = States::new(before, after);
    let nodes = states.nodes(grain);
    let with_v6 = states.before.speaks_of_v6()
        || states.after.speaks_of_v6()
        || before.pods.iter().chain(&after.pods).any(|pod| pod.addresses.iter().any(std::net::IpAddr::is_ipv6));
    let is_v6 = |end: &FarEnd| matches!(end, FarEnd::Addresses(span) if span.first.is_ipv6());
    let mut differences = states.differences(&nodes);
    // Nobody who does not use IPv6 wants to read each line twice.
    differences.retain(|one| with_v6 || !(is_v6(&one.from) || is_v6(&one.to)));
    let mut known = Known::default();
    let flows = differences.into_iter().map(|difference| {
        let causes = known.causes(&difference, &states, &nodes);
        Flow { difference, causes }
    });
    Flows { flows: flows.collect(), nodes, states }
}

/// Pods of one class lose the same for the same reasons.
#[derive(Default)]
struct Known(HashMap<(Place, Place), Vec<Cause>>);

/// The classes of a node in both states, or where an address span begins.
#[derive(PartialEq, Eq, Hash)]
enum Place {
    Classes([Option<u32>; 2]),
    Address(std::net::IpAddr),
}

impl Known {
    fn causes(&mut self, difference: &Difference, states: &States, nodes: &[Nodes; 2]) -> Vec<Cause> {
        if difference.before.without(&difference.after).is_empty() {
            return Vec::new();
        }
        let place = |end: &FarEnd| match end {
            FarEnd::Node(key) => {
                Place::Classes([0, 1].map(|state: usize| nodes[state].find(key).map(|node| node.class)))
            }
            FarEnd::Addresses(span) => Place::Address(span.first),
        };
        let key = (place(&difference.from), place(&difference.to));
        self.0.entry(key).or_insert_with(|| states.causes(difference, nodes)).clone()
    }
}

impl Flows {
    /// Everyone of either state, sorted.
    #[must_use]
    pub fn everyone(&self) -> Vec<&NodeKey> {
        let mut all: Vec<_> = self.nodes.iter().flat_map(Nodes::all).map(|node| &node.key).collect();
        all.sort();
        all.dedup();
        all
    }

    /// How many there are.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        self.flows.iter().for_each(|flow| counts.add(flow.effect()));
        counts
    }
}
