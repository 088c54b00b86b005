//! Which policies and rules decide: our stories, and the expected text.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use appnet::reach::{
    Connection, End as Asked, Gate, Grain, Nodes, PROTOCOLS, Pod, PolicySays, PortSet, Reach, RuleSays, Side,
};

use crate::{
    connlist,
    explain_text::{self, Claim, Says, SideClaim, Told},
    host_network,
    lines::{self, End, Pair, Pairs},
    names::Names,
    state::{State, text, title},
};

/// Stands for the ingress controller: nothing is known of it, so only rules for all Pods of all namespaces are about it.
const STRANGER: &str = "stranger";

/// What became of the pairs of a case.
#[derive(Default)]
pub struct Compared {
    pub pairs: usize,
    /// Stories that were compared: one for the first and the last port of each range of each claim.
    pub stories: usize,
    pub on_host: usize,
    /// Where we name more rules of a policy than the first.
    pub more_rules: usize,
    /// By pair.
    pub different: BTreeMap<String, Vec<String>>,
}

/// Compares a state of a case.
pub fn compare(case: &Path, state: &State) -> Compared {
    assert_eq!(state.problems(), [""; 0], "{}", title(case));
    host_network::never_denied(state);
    let names = Names::new(&[state]);
    let told = explain_text::parse(&text(&case.join("expected.txt")));
    let ours = connlist::lines_of(state, &names);
    let mut picture = state.reading.picture.clone();
    picture.pods.push(Pod { namespace: STRANGER.into(), name: STRANGER.into(), ..Pod::default() });
    let reach = Reach::new(&picture);
    let scene = Scene { nodes: reach.nodes(Grain::Workloads), reach, names, ours };
    let mut compared = Compared::default();
    for pair in scene.pairs_that_differ(&told) {
        compared.note(&pair, "is told on one side only".to_owned());
    }
    for (pair, claims) in &told {
        if host_network::is_on_host(pair, &scene.names) {
            compared.on_host += 1;
        } else {
            compared.pairs += 1;
            scene.compare(pair, claims, &mut compared);
        }
    }
    compared
}

impl Compared {
    fn note(&mut self, (from, to): &Pair, what: String) {
        self.different.entry(format!("{from} => {to}")).or_default().push(what);
    }
}

struct Scene {
    reach: Reach,
    nodes: Nodes,
    names: Names,
    /// The lines of the map.
    ours: Pairs,
}

impl Scene {
    /// Every pair must be told: whoever is not explained was not compared.
    fn pairs_that_differ(&self, told: &Told) -> Vec<Pair> {
        let everywhere = End::parse("0.0.0.0-255.255.255.255[External]");
        let all = self.names.all().map(|name| End::Workload(name.to_owned()));
        let ends: Vec<_> = all.chain([everywhere]).collect();
        let inside = |end: &End| matches!(end, End::Workload(_));
        let mut pairs: BTreeSet<Pair> = BTreeSet::new();
        for from in &ends {
            let others = ends.iter().filter(|to| *to != from && (inside(from) || inside(to)));
            pairs.extend(others.map(|to| (from.clone(), to.clone())));
        }
        let theirs: BTreeSet<Pair> = told.keys().cloned().collect();
        pairs.extend(self.ours.keys().filter(|(from, _)| *from == End::IngressController).cloned());
        pairs.symmetric_difference(&theirs).cloned().collect()
    }

    fn compare(&self, pair: &Pair, claims: &[Claim], compared: &mut Compared) {
        let allowed = claims.iter().filter(|claim| claim.allowed);
        let allowed = allowed.fold(PortSet::default(), |all, claim| all.union(&claim.ports));
        let ours = self.ours.get(pair).cloned().unwrap_or_default();
        if ours != allowed {
            compared.note(pair, format!("{ours} here, {allowed} there"));
        }
        let all = claims.iter().fold(PortSet::default(), |all, claim| all.union(&claim.ports));
        if !all.is_all() {
            compared.note(pair, format!("nothing is said of some ports: {all}"));
        }
        for claim in claims {
            for connection in self.connections(pair, &claim.ports) {
                let story = self.reach.story(&connection);
                for (ours, theirs) in story.iter().zip(&claim.sides) {
                    if let Some(what) = disagreement(ours, theirs) {
                        compared.note(pair, format!("{:?} {}: {what}", connection.protocol, connection.port));
                    }
                    compared.more_rules += ours.policies.iter().filter(|says| names_more(says)).count();
                }
                compared.stories += 1;
            }
        }
    }

    /// The first and the last port of each range, from each piece of the addresses that the map tells apart.
    fn connections(&self, pair: &Pair, ports: &PortSet) -> Vec<Connection> {
        let cuts = lines::cuts(self.ours.keys());
        let mut found = Vec::new();
        for from in lines::pieces(&pair.0, &cuts) {
            for to in lines::pieces(&pair.1, &cuts) {
                let (from, to) = (self.asked(&from), self.asked(&to));
                for protocol in PROTOCOLS {
                    let edges = ports.spans(protocol).iter().flat_map(|(first, last)| [*first, *last]);
                    let edges: BTreeSet<_> = edges.collect();
                    found.extend(edges.into_iter().map(|port| Connection { from, to, protocol, port }));
                }
            }
        }
        found
    }

    fn asked(&self, end: &End) -> Asked {
        let pod = |name: &str| {
            let found = self.nodes.all().iter().find(|node| self.names.theirs(&node.text) == name);
            Asked::Pod(found.unwrap_or_else(|| panic!("who is {name}?")).pod)
        };
        match end {
            End::Addresses(span) => Asked::Address(span.first),
            End::Workload(name) => pod(name),
            End::IngressController => {
                let mut nodes = self.nodes.all().iter();
                Asked::Pod(nodes.find(|node| node.key.namespace == STRANGER).expect("the stranger").pod)
            }
        }
    }
}

/// Has a policy several rules of the sort of which they name the first?
fn names_more(says: &PolicySays) -> bool {
    let allowing = says.rules.iter().filter(|rule| rule.allows()).count();
    let about = says.rules.iter().filter(|rule| rule.peer).count();
    allowing > 1 || (allowing == 0 && about > 1)
}

/// What differs between what we and they say of one side.
fn disagreement(ours: &Side, theirs: &SideClaim) -> Option<String> {
    let allowed = matches!(ours.gate, Gate::Open | Gate::Allowed(_));
    let by_default = ours.gate == Gate::Open;
    // Of ways in they speak beside the policies: at ports that no way in leads to the side is denied, and where it does lead
    // and no policy isolates the Pod, the way in is named instead of the default.
    let speaks_of_entries = !theirs.entries.is_empty();
    let denied_by_entry = speaks_of_entries && allowed && !theirs.allowed;
    if denied_by_entry {
        return None;
    }
    let theirs_by_default = theirs.by_default || (speaks_of_entries && theirs.policies.is_empty());
    if (allowed, by_default) != (theirs.allowed, theirs_by_default) {
        return Some(format!("{:?} is {:?} here, {theirs:?} there", ours.direction, ours.gate));
    }
    let told = ours.policies.iter().filter(|says| !allowed || says.rules.iter().any(RuleSays::allows));
    let told: BTreeMap<_, _> = told.map(|says| (format!("{}/{}", says.namespace, says.name), says)).collect();
    if !told.keys().eq(theirs.policies.keys()) {
        return Some(format!("{:?} by {:?} here, {:?} there", ours.direction, told.keys(), theirs.policies.keys()));
    }
    let mut both = told.iter().zip(theirs.policies.values());
    both.find(|((_, says), claim)| !agrees(says, claim))
        .map(|(ours, theirs)| format!("{ours:?} here, {theirs:?} there"))
}

/// They name one rule of a policy: the first.
fn agrees(ours: &PolicySays, theirs: &Says) -> bool {
    let numbered = || ours.rules.iter().zip(1..);
    let allowing: Vec<usize> = numbered().filter(|(rule, _)| rule.allows()).map(|(_, number)| number).collect();
    let about: Vec<usize> = numbered().filter(|(rule, _)| rule.peer).map(|(_, number)| number).collect();
    match theirs {
        Says::Allows(rule) => allowing.first() == Some(rule),
        Says::OtherPorts(rule) => allowing.is_empty() && about.first() == Some(rule),
        Says::OtherPeers => !ours.rules.is_empty() && about.is_empty(),
        Says::NoRules => ours.rules.is_empty(),
    }
}
