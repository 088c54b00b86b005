//! Rows of the map: all that one class of Pods may call, or be called by.
//!
//! A row is worked out when it is asked for, from whichever end promises less work: from the rules of the Pods
//! themselves, or from the rules of others that name them. Nothing of the size of the map is ever held.

use super::{
    AddressSpan, Direction, PortSet, PortTable, PortsId, Reach, addresses,
    engine::{BOTH, CompiledRule, RuleId},
    peer_sets::PeersId,
    population::ClassId,
    words::number,
};

/// Works out rows of the map.
pub struct Rows<'r> {
    reach: &'r Reach,
    ports: PortTable,
    /// By class: what was found so far in the row at hand.
    found: Vec<PortsId>,
    touched: Vec<ClassId>,
    row: Vec<(ClassId, PortsId)>,
    /// By direction: the classes that have Pods and are not isolated.
    open: [Vec<ClassId>; 2],
    /// By direction and set of peers: how many entries its rules would give.
    weights: [Vec<usize>; 2],
    everyone: Vec<ClassId>,
}

impl Direction {
    /// The same connection, seen from its other end.
    #[must_use]
    pub const fn opposite(self) -> Self {
        match self {
            Self::Ingress => Self::Egress,
            Self::Egress => Self::Ingress,
        }
    }
}

impl Reach {
    /// Rows of the map.
    #[must_use]
    pub fn rows(&self) -> Rows<'_> {
        let classes = self.population.classes.len();
        let everyone: Vec<_> =
            (0..number(classes)).filter(|class| self.population.sizes[*class as usize] > 0).collect();
        let open = BOTH.map(|direction| {
            let isolating = &self.side(direction).isolating;
            everyone.iter().copied().filter(|class| isolating[*class as usize].is_empty()).collect()
        });
        let weight =
            |(policy, _): &RuleId| self.policy(*policy).map_or(0, |policy| self.sets.classes(policy.subject).len());
        let weights = BOTH
            .map(|direction| self.side(direction).users.iter().map(|rules| rules.iter().map(weight).sum()).collect());
        Rows {
            reach: self,
            ports: self.ports.clone(),
            found: vec![PortsId::NONE; classes],
            touched: Vec::new(),
            row: Vec::new(),
            open,
            weights,
            everyone,
        }
    }
}

impl Rows<'_> {
    /// What the row's numbers of port sets stand for.
    #[must_use]
    pub fn ports(&self, id: PortsId) -> &PortSet {
        self.ports.get(id)
    }

    pub(super) fn ports_id(&mut self, ports: PortSet) -> PortsId {
        self.ports.id(ports)
    }

    /// The table of the port sets seen so far.
    #[must_use]
    pub const fn port_table(&self) -> &PortTable {
        &self.ports
    }

    /// Egress: whom the Pods of a class may call. Ingress: who may call them. Sorted by class, without those that may
    /// not; the class itself stands for its other Pods.
    pub fn of(&mut self, class: ClassId, direction: Direction) -> &[(ClassId, PortsId)] {
        let opposite = direction.opposite();
        let isolated = !self.reach.side(direction).isolating[class as usize].is_empty();
        let own_cost = if isolated { self.own_cost(class, direction) } else { usize::MAX };
        if own_cost <= self.others_cost(class, opposite) {
            self.gather_own(class, direction);
            for position in 0..self.touched.len() {
                let other = self.touched[position];
                let allowed = self.found[other as usize];
                let gate = self.gate(other, class, opposite, destination(direction, class, other));
                self.found[other as usize] = self.ports.intersection(allowed, gate);
            }
        } else {
            self.gather_others(class, direction);
            if !isolated {
                return self.take_row(Some(opposite));
            }
            for position in 0..self.open[opposite as usize].len() {
                let other = self.open[opposite as usize][position];
                self.note(other, PortsId::ALL);
            }
            for position in 0..self.touched.len() {
                let other = self.touched[position];
                let allowed = self.found[other as usize];
                let gate = self.gate(class, other, direction, destination(direction, class, other));
                self.found[other as usize] = self.ports.intersection(allowed, gate);
            }
        }
        self.take_row(None)
    }

    /// How many entries the class's own rules give.
    fn own_cost(&self, class: ClassId, direction: Direction) -> usize {
        let rules = self.reach.side(direction).isolating[class as usize].iter();
        rules.flat_map(|policy| self.reach.rules(*policy, direction)).map(|rule| self.size(rule.peers)).sum()
    }

    /// How many entries the rules of others give that are about the class.
    fn others_cost(&self, class: ClassId, opposite: Direction) -> usize {
        let weights = &self.weights[opposite as usize];
        let sets = &self.reach.side(opposite).member_of[class as usize];
        let rules: usize = sets.iter().chain([&PeersId::ANY]).map(|set| weights[set.index()]).sum();
        rules + self.open[opposite as usize].len()
    }

    fn size(&self, peers: PeersId) -> usize {
        if peers == PeersId::ANY { self.everyone.len() } else { self.reach.sets.classes(peers).len() }
    }

    fn gather_own(&mut self, class: ClassId, direction: Direction) {
        let reach = self.reach;
        for policy in &reach.side(direction).isolating[class as usize] {
            for rule in reach.rules(*policy, direction) {
                if rule.peers == PeersId::ANY {
                    for position in 0..self.everyone.len() {
                        let other = self.everyone[position];
                        self.add(rule, other, destination(direction, class, other));
                    }
                } else {
                    for other in reach.sets.classes(rule.peers) {
                        self.add(rule, *other, destination(direction, class, *other));
                    }
                }
            }
        }
    }

    fn gather_others(&mut self, class: ClassId, direction: Direction) {
        let (reach, opposite) = (self.reach, direction.opposite());
        let side = reach.side(opposite);
        for set in side.member_of[class as usize].iter().chain([&PeersId::ANY]) {
            for (policy, position) in &side.users[set.index()] {
                let rule = &reach.rules(*policy, opposite)[*position as usize];
                let Some(policy) = reach.policy(*policy) else { continue };
                for other in reach.sets.classes(policy.subject) {
                    self.add(rule, *other, destination(direction, class, *other));
                }
            }
        }
    }

    fn add(&mut self, rule: &CompiledRule, other: ClassId, destination: ClassId) {
        let ports = self.reach.ports_at(rule, Some(destination), &mut self.ports);
        self.note(other, ports);
    }

    fn note(&mut self, other: ClassId, ports: PortsId) {
        let found = &mut self.found[other as usize];
        if *found == PortsId::NONE {
            if ports == PortsId::NONE {
                return;
            }
            *found = ports;
            self.touched.push(other);
        } else if *found != ports {
            *found = self.ports.union(*found, ports);
        }
    }

    /// The ports at which the policies of `subject` let it speak with `peer`.
    fn gate(&mut self, subject: ClassId, peer: ClassId, direction: Direction, destination: ClassId) -> PortsId {
        let reach = self.reach;
        let isolating = &reach.side(direction).isolating[subject as usize];
        if isolating.is_empty() {
            return PortsId::ALL;
        }
        let mut allowed = PortsId::NONE;
        for rule in isolating.iter().flat_map(|policy| reach.rules(*policy, direction)) {
            if reach.sets.has(rule.peers, peer) {
                let ports = reach.ports_at(rule, Some(destination), &mut self.ports);
                allowed = self.ports.union(allowed, ports);
                if allowed == PortsId::ALL {
                    break;
                }
            }
        }
        allowed
    }

    /// What was found, in order; and all ports of those that are not isolated in this direction. Nobody is both: what was
    /// found in that direction was found by the rules of those that are isolated.
    fn take_row(&mut self, open: Option<Direction>) -> &[(ClassId, PortsId)] {
        self.row.clear();
        self.touched.sort_unstable();
        let mut open = open.map_or(&[][..], |direction| &self.open[direction as usize]);
        for class in self.touched.drain(..) {
            let ports = std::mem::replace(&mut self.found[class as usize], PortsId::NONE);
            if ports != PortsId::NONE && self.reach.population.sizes[class as usize] > 0 {
                let (before, after) = open.split_at(open.partition_point(|other| *other < class));
                self.row.extend(before.iter().map(|other| (*other, PortsId::ALL)));
                self.row.push((class, ports));
                open = after;
            }
        }
        self.row.extend(open.iter().map(|other| (*other, PortsId::ALL)));
        &self.row
    }

    /// Egress: the addresses outside the cluster that the Pods of a class may call. Ingress: those that may call them.
    /// Sorted and disjoint; neighbours with the same ports are one span.
    pub fn addresses(&mut self, class: ClassId, direction: Direction) -> Vec<(AddressSpan, PortsId)> {
        let reach = self.reach;
        let isolating = &reach.side(direction).isolating[class as usize];
        if isolating.is_empty() {
            return [AddressSpan::ALL_V4, AddressSpan::ALL_V6].map(|span| (span, PortsId::ALL)).to_vec();
        }
        // Nobody knows the named ports of an address.
        let destination = (direction == Direction::Ingress).then_some(class);
        let mut everywhere = PortsId::NONE;
        let mut somewhere = Vec::new();
        for rule in isolating.iter().flat_map(|policy| reach.rules(*policy, direction)) {
            let ports = reach.ports_at(rule, destination, &mut self.ports);
            if rule.peers == PeersId::ANY {
                everywhere = self.ports.union(everywhere, ports);
            } else if !reach.sets.addresses(rule.peers).is_empty() {
                somewhere.push((reach.sets.addresses(rule.peers), ports));
            }
        }
        if somewhere.is_empty() {
            let all = if everywhere == PortsId::NONE { &[][..] } else { &[AddressSpan::ALL_V4, AddressSpan::ALL_V6] };
            return all.iter().map(|span| (*span, everywhere)).collect();
        }
        let named = somewhere.iter().flat_map(|(set, _)| set.spans()).copied();
        let mut found: Vec<(AddressSpan, PortsId)> = Vec::new();
        for span in addresses::pieces(named.chain([AddressSpan::ALL_V4, AddressSpan::ALL_V6])) {
            let mut ports = everywhere;
            for (_, more) in somewhere.iter().filter(|(set, _)| set.contains(span.first)) {
                ports = self.ports.union(ports, *more);
            }
            match found.last_mut() {
                Some((before, same)) if *same == ports && addresses::after(before.last) == Some(span.first) => {
                    before.last = span.last;
                }
                _ => found.push((span, ports)),
            }
        }
        found.retain(|(_, ports)| *ports != PortsId::NONE);
        found
    }
}

/// Names of ports are those of the Pod that is called.
const fn destination(direction: Direction, class: ClassId, other: ClassId) -> ClassId {
    match direction {
        Direction::Egress => other,
        Direction::Ingress => class,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::{Labels, Selector},
        reach::{Peers, Picture, Pod, PodsOf, Policy, Ports, Rule},
    };

    /// Pods of three apps, and a policy by which everyone may call one of them. It looks at a label, and so each Pod is of a
    /// class of its own.
    fn reach(isolated: &str) -> Reach {
        let pod = |app: &str| Pod {
            namespace: "shop".into(),
            name: app.into(),
            labels: Labels::from([("app".into(), app.into())]),
            ..Pod::default()
        };
        let policy = Policy {
            namespace: "shop".into(),
            name: "open".into(),
            subject: PodsOf::Selected(Selector::of_label("app", isolated)),
            ingress: Some(vec![Rule { peers: Peers::Any, ports: Ports::any() }]),
            egress: None,
            ignored: Vec::new(),
        };
        let pods = vec![pod("web"), pod("db"), pod("cli")];
        Reach::new(&Picture { pods, policies: vec![policy], ..Picture::default() })
    }

    #[test]
    fn a_row_is_sorted_and_without_classes_whose_pods_are_all_gone() {
        for isolated in ["none", "db", "cli"] {
            let mut reach = reach(isolated);
            let [web, db, cli] = [0, 1, 2].map(|pod| (reach.class_of(pod), PortsId::ALL));
            assert_eq!(reach.rows().of(web.0, Direction::Egress), [web, db, cli], "{isolated}");
            reach.remove_pod(1);
            assert_eq!(reach.rows().of(web.0, Direction::Egress), [web, cli], "{isolated}");
            assert_eq!(reach.rows().of(cli.0, Direction::Ingress), [web, cli], "{isolated}");
        }
    }
}
