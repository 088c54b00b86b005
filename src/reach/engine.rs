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
                if users.is_empty() && rule.peers != PeersId::ANY {
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
