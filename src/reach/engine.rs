//! The evaluator: policies compiled against classes of Pods.

use std::ops::Range;

use rustc_hash::FxHashMap;

use super::{
    Direction, Picture, Policy, PortTable, PortsId, Rule,
    peer_sets::{PeerSets, PeersId},
    population::{ClassId, NamespaceId, Population},
    words::{Word, number},
};
use crate::{api::Protocol, model::Labels};

/// A policy's number; stays the same as long as the policy is there.
pub type PolicyId = u32;

/// Who may reach whom in a state of a cluster.
///
/// Answers single questions ([`Self::query`]), rows of the map ([`super::Rows`]), and takes changes one by one.
#[derive(Clone, Debug, Default)]
pub struct Reach {
    pub(super) population: Population,
    pub(super) sets: PeerSets,
    pub(super) ports: PortTable,
    pub(super) policies: Vec<Option<Compiled>>,
    pub(super) policy_ids: FxHashMap<(NamespaceId, Word), PolicyId>,
    free: Vec<PolicyId>,
    pub(super) sides: [Side; 2],
}

/// A policy in numbers.
#[derive(Clone, Debug)]
pub(super) struct Compiled {
    pub namespace: NamespaceId,
    pub name: Word,
    pub subject: PeersId,
    pub rules: [Option<Box<[CompiledRule]>>; 2],
}

/// A rule in numbers.
#[derive(Clone, Debug)]
pub(super) struct CompiledRule {
    pub peers: PeersId,
    pub numbers: PortsId,
    pub names: Box<[(Protocol, Word)]>,
}

/// A rule: which policy, and which of its rules for that direction.
pub(super) type RuleId = (PolicyId, u32);

/// One direction.
#[derive(Clone, Debug, Default)]
pub(super) struct Side {
    /// By class: the policies that isolate it.
    pub isolating: Vec<Vec<PolicyId>>,
    /// By set of peers: the rules that are about it.
    pub users: Vec<Vec<RuleId>>,
    /// By class: the sets of peers that it belongs to and that some rule is about, "everyone" aside.
    pub member_of: Vec<Vec<PeersId>>,
}

pub(super) const BOTH: [Direction; 2] = [Direction::Ingress, Direction::Egress];

impl Reach {
    /// Takes in a state of a cluster.
    #[must_use]
    pub fn new(picture: &Picture) -> Self {
        let mut reach = Self::default();
        reach.population.blocks_match_pods = picture.blocks_match_pods;
        for (name, labels) in &picture.namespaces {
            reach.population.label_namespace(name, labels);
        }
        for policy in &picture.policies {
            reach.compile(policy);
        }
        let words = reach.words_looked_at(0..number(reach.policies.len()));
        reach.population.look_at(words.0, words.1);
        reach.population.add_all(&picture.pods);
        reach.settle();
        reach
    }

    pub(super) fn side(&self, direction: Direction) -> &Side {
        &self.sides[direction as usize]
    }

    pub(super) fn policy(&self, id: PolicyId) -> Option<&Compiled> {
        self.policies.get(id as usize)?.as_ref()
    }

    /// The rules of a policy for a direction that it isolates.
    pub(super) fn rules(&self, id: PolicyId, direction: Direction) -> &[CompiledRule] {
        self.policy(id).and_then(|policy| policy.rules[direction as usize].as_deref()).unwrap_or_default()
    }

    /// Compiles a policy and gives it a number; a policy of its name is replaced.
    pub(super) fn compile(&mut self, policy: &Policy) -> PolicyId {
        let namespace = self.population.namespace(&policy.namespace);
        let words = &mut self.population.words;
        let name = words.id(&policy.name);
        let subject = self.sets.subject(&policy.subject, namespace, words);
        let mut rule = |rule: &Rule| CompiledRule {
            peers: self.sets.define(&rule.peers, namespace, words),
            numbers: self.ports.id_of(&rule.ports.numbers),
            names: rule.ports.names.iter().map(|(protocol, name)| (*protocol, words.id(name.as_str()))).collect(),
        };
        let rules = BOTH.map(|direction| policy.rules(direction).map(|rules| rules.iter().map(&mut rule).collect()));
        let compiled = Some(Compiled { namespace, name, subject, rules });
        if let Some(id) = self.policy_ids.get(&(namespace, name)) {
            self.policies[*id as usize] = compiled;
            return *id;
        }
        let id = self.free.pop().unwrap_or_else(|| {
            self.policies.push(None);
            number(self.policies.len() - 1)
        });
        self.policies[id as usize] = compiled;
        self.policy_ids.insert((namespace, name), id);
        id
    }

    /// Takes a policy's number back.
    pub(super) fn forget_policy(&mut self, id: PolicyId) {
        if let Some(Compiled { namespace, name, .. }) = self.policies[id as usize].take() {
            self.policy_ids.remove(&(namespace, name));
            self.free.push(id);
        }
    }

    /// Does a policy speak of IPv6 addresses?
    #[must_use]
    pub fn speaks_of_v6(&self) -> bool {
        let rules = self.policies.iter().flatten().flat_map(|policy| policy.rules.iter().flatten());
        let sets = rules.flat_map(|rules| rules.iter()).map(|rule| self.sets.addresses(rule.peers));
        sets.flat_map(super::AddressSet::spans).any(|span| span.first.is_ipv6())
    }

    /// The keys of labels and the names of ports that these policies look at.
    pub(super) fn words_looked_at(&self, policies: Range<PolicyId>) -> (Vec<Word>, Vec<Word>) {
        let (mut keys, mut names) = (Vec::new(), Vec::new());
        for policy in policies.filter_map(|id| self.policy(id)) {
            keys.extend(self.sets.keys(policy.subject));
            for rule in policy.rules.iter().flatten().flat_map(|rules| rules.iter()) {
                keys.extend(self.sets.keys(rule.peers));
                names.extend(rule.names.iter().map(|(_, name)| *name));
            }
        }
        (keys, names)
    }

    /// Works out everything that depends on classes.
    pub(super) fn settle(&mut self) {
        self.population.classify_all();
        self.sets.forget();
        self.sets.update(&self.population);
        let classes = self.population.classes.len();
        let sets = self.sets.len();
        for side in &mut self.sides {
            *side = Side {
                isolating: vec![Vec::new(); classes],
                users: vec![Vec::new(); sets],
                member_of: vec![Vec::new(); classes],
            };
        }
        for id in 0..number(self.policies.len()) {
            self.enter(id);
        }
    }

    /// Puts a compiled policy in force. Who its peers are must be known.
    pub(super) fn enter(&mut self, id: PolicyId) {
        let Some(policy) = &self.policies[id as usize] else { return };
        for direction in BOTH {
            let Some(rules) = &policy.rules[direction as usize] else { continue };
            let side = &mut self.sides[direction as usize];
            for class in self.sets.classes(policy.subject) {
                let list = &mut side.isolating[*class as usize];
                if let Err(place) = list.binary_search(&id) {
                    list.insert(place, id);
                }
            }
            for (position, rule) in rules.iter().enumerate() {
                let users = &mut side.users[rule.peers.index()];
                // Of "everyone" no classes are listed.
                if users.is_empty() {
                    for class in self.sets.classes(rule.peers) {
                        side.member_of[*class as usize].push(rule.peers);
                    }
                }
                users.push((id, number(position)));
            }
        }
    }

    /// Takes a policy out of force; it stays compiled.
    pub(super) fn leave(&mut self, id: PolicyId) {
        let Some(policy) = &self.policies[id as usize] else { return };
        for direction in BOTH {
            let Some(rules) = &policy.rules[direction as usize] else { continue };
            let side = &mut self.sides[direction as usize];
            for class in self.sets.classes(policy.subject) {
                side.isolating[*class as usize].retain(|other| *other != id);
            }
            for rule in rules {
                let users = &mut side.users[rule.peers.index()];
                users.retain(|(policy, _)| *policy != id);
                if users.is_empty() {
                    for class in self.sets.classes(rule.peers) {
                        side.member_of[*class as usize].retain(|set| *set != rule.peers);
                    }
                }
            }
        }
    }

    /// The ports of a rule at a destination: those by number, and those that its Pods have under the rule's names.
    pub(super) fn ports_at(&self, rule: &CompiledRule, destination: Option<ClassId>, table: &mut PortTable) -> PortsId {
        let mut ports = rule.numbers;
        let Some(destination) = destination.filter(|_| !rule.names.is_empty()) else { return ports };
        for (protocol, name, port) in &self.population.classes[destination as usize].ports {
            if rule.names.contains(&(*protocol, *name)) {
                let one = table.single(*protocol, *port);
                ports = table.union(ports, one);
            }
        }
        ports
    }

    /// Gives a namespace its labels.
    pub fn put_namespace(&mut self, name: &str, labels: &Labels) {
        self.population.label_namespace(name, labels);
        self.settle();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::{NonEmpty, PortName, Selector},
        observe::Workload,
        reach::{Connection, End, NamespacesOf, Outcome, Peer, Peers, Pod, PodPort, PodsOf, PortSet, Ports},
    };

    fn pod(app: &str, name: &str, address: &str) -> Pod {
        Pod {
            namespace: "shop".into(),
            name: name.into(),
            workload: Workload { kind: "StatefulSet".into(), name: app.into() },
            labels: Labels::from([("app".into(), app.into())]),
            addresses: vec![address.parse().expect("an address")],
            ..Pod::default()
        }
    }

    fn of_app(app: &str) -> PodsOf {
        PodsOf::Selected(Selector::of_label("app", app))
    }

    /// A policy that lets in to the database what a rule says.
    fn policy(peers: Peers, ports: Ports) -> Policy {
        Policy {
            namespace: "shop".into(),
            name: "db".into(),
            subject: of_app("db"),
            ingress: Some(vec![Rule { peers, ports }]),
            egress: None,
            ignored: Vec::new(),
        }
    }

    #[test]
    fn replicas_that_differ_in_a_port_or_are_on_the_host_network_are_told_apart() {
        let sql = |number| vec![PodPort { name: "sql".into(), number, protocol: Protocol::Tcp }];
        let first = Pod { ports: sql(5432), ..pod("db", "db-0", "10.0.0.1") };
        let other_port = Pod { name: "db-1".into(), ports: sql(5433), ..first.clone() };
        let on_host = Pod { name: "db-2".into(), host_network: true, ..other_port.clone() };
        let names = vec![(Protocol::Tcp, PortName::parse("sql").expect("a name"))];
        let policies = vec![policy(Peers::Any, Ports { numbers: PortSet::default(), names })];
        let pods = vec![first, other_port, on_host];
        let reach = Reach::new(&Picture { pods, policies, ..Picture::default() });
        let caller = End::Address("203.0.113.7".parse().expect("an address"));
        let open = [0, 1, 2].map(|pod| reach.ports_between(caller, End::Pod(pod)));
        let one = |port| PortSet::span(Protocol::Tcp, port, port);
        assert_eq!(open, [one(5432), one(5433), PortSet::all()]);
    }

    #[test]
    fn where_blocks_match_pods_a_rule_is_about_its_labels_and_about_each_replica_with_such_an_address() {
        let block = Peer::Block { cidr: "10.0.0.2/32".parse().expect("a block"), except: Vec::new() };
        let peers = NonEmpty::one(Peer::Pods { namespaces: NamespacesOf::Own, pods: of_app("cli") }).and(block);
        let policies = vec![policy(Peers::These(peers), Ports::any())];
        let pods = vec![
            pod("db", "db-0", "10.0.0.4"),
            pod("web", "web-0", "10.0.0.1"),
            pod("web", "web-1", "10.0.0.2"),
            pod("cli", "cli-0", "10.0.0.3"),
        ];
        let outcomes = |blocks_match_pods| {
            let reach = Reach::new(&Picture {
                pods: pods.clone(),
                policies: policies.clone(),
                blocks_match_pods,
                ..Picture::default()
            });
            let call = |from| Connection { from: End::Pod(from), to: End::Pod(0), protocol: Protocol::Tcp, port: 5432 };
            [1, 2, 3].map(|from| reach.query(&call(from)).outcome())
        };
        assert_eq!(outcomes(true), [Outcome::Denied, Outcome::Allowed, Outcome::Allowed]);
        assert_eq!(outcomes(false), [Outcome::Denied, Outcome::Denied, Outcome::Allowed]);
    }
}
