//! Port sets by number: a map of a cluster has millions of edges and a few dozen different sets.

use indexmap::IndexSet;
use rustc_hash::{FxBuildHasher, FxHashMap};

use super::PortSet;
use crate::api::Protocol;

/// A set of a [`PortTable`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PortsId(u32);

impl PortsId {
    /// No port at all.
    pub const NONE: Self = Self(0);
    /// Every port of every protocol.
    pub const ALL: Self = Self(1);

    /// Its place in the table.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// Each set once, and what was worked out about pairs of them.
#[derive(Clone, Debug)]
pub struct PortTable {
    sets: IndexSet<PortSet, FxBuildHasher>,
    unions: FxHashMap<(PortsId, PortsId), PortsId>,
    intersections: FxHashMap<(PortsId, PortsId), PortsId>,
    /// Named ports come up at every edge.
    single: FxHashMap<(Protocol, u16), PortsId>,
}

impl Default for PortTable {
    fn default() -> Self {
        let mut table = Self {
            sets: IndexSet::default(),
            unions: FxHashMap::default(),
            intersections: FxHashMap::default(),
            single: FxHashMap::default(),
        };
        table.id(PortSet::default());
        table.id(PortSet::all());
        table
    }
}

impl PortTable {
    /// The number of a set.
    pub fn id(&mut self, set: PortSet) -> PortsId {
        let (index, _) = self.sets.insert_full(set);
        // A table with four thousand million sets does not fit into any memory.
        PortsId(u32::try_from(index).unwrap_or(u32::MAX))
    }

    /// The same of a set that is probably known.
    pub(super) fn id_of(&mut self, set: &PortSet) -> PortsId {
        match self.sets.get_index_of(set) {
            Some(index) => PortsId(super::words::number(index)),
            None => self.id(set.clone()),
        }
    }

    /// The number of the set of one port.
    pub(super) fn single(&mut self, protocol: Protocol, port: u16) -> PortsId {
        if let Some(known) = self.single.get(&(protocol, port)) {
            return *known;
        }
        let id = self.id(PortSet::span(protocol, port, port));
        self.single.insert((protocol, port), id);
        id
    }

    /// The set of a number.
    #[must_use]
    pub fn get(&self, id: PortsId) -> &PortSet {
        &self.sets[id.index()]
    }

    /// The set at a place; nothing where there is none yet.
    #[must_use]
    pub fn at(&self, place: usize) -> Option<&PortSet> {
        self.sets.get_index(place)
    }

    /// Number of sets.
    #[must_use]
    pub fn len(&self) -> usize {
        self.sets.len()
    }

    /// Never: "none" and "all" are always there.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sets.is_empty()
    }

    /// What is in either.
    pub fn union(&mut self, a: PortsId, b: PortsId) -> PortsId {
        match (a, b) {
            (PortsId::NONE, other) | (other, PortsId::NONE) => other,
            (PortsId::ALL, _) | (_, PortsId::ALL) => PortsId::ALL,
            _ if a == b => a,
            _ => {
                let key = (a.min(b), a.max(b));
                if let Some(known) = self.unions.get(&key) {
                    return *known;
                }
                let set = self.get(a).union(self.get(b));
                let id = self.id(set);
                self.unions.insert(key, id);
                id
            }
        }
    }

    /// What is in both.
    pub fn intersection(&mut self, a: PortsId, b: PortsId) -> PortsId {
        match (a, b) {
            (PortsId::NONE, _) | (_, PortsId::NONE) => PortsId::NONE,
            (PortsId::ALL, other) | (other, PortsId::ALL) => other,
            _ if a == b => a,
            _ => {
                let key = (a.min(b), a.max(b));
                if let Some(known) = self.intersections.get(&key) {
                    return *known;
                }
                let set = self.get(a).intersection(self.get(b));
                let id = self.id(set);
                self.intersections.insert(key, id);
                id
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_worked_out_once_is_what_the_sets_themselves_say() {
        let tcp = |first, last| PortSet::span(Protocol::Tcp, first, last);
        let sets = [PortSet::default(), PortSet::all(), tcp(80, 80), tcp(1, 443), tcp(443, 8080), tcp(9000, 9000)];
        let mut table = PortTable::default();
        assert_eq!((table.len(), table.is_empty()), (2, false));
        // Twice: the second time from memory.
        for _ in 0..2 {
            for a in &sets {
                for b in &sets {
                    let (one, other) = (table.id(a.clone()), table.id(b.clone()));
                    let (union, intersection) = (table.union(one, other), table.intersection(one, other));
                    assert_eq!(table.get(union), &a.union(b));
                    assert_eq!(table.get(intersection), &a.intersection(b));
                }
            }
        }
        for _ in 0..2 {
            assert_eq!(table.single(Protocol::Tcp, 80), table.id(tcp(80, 80)));
        }
        assert_eq!(table.single(Protocol::Tcp, 0), PortsId::NONE);
        assert_eq!(table.id(PortSet::default()), PortsId::NONE);
        assert_eq!(table.id(PortSet::all()), PortsId::ALL);
        assert_eq!(table.at(1), Some(&PortSet::all()));
        assert_eq!(table.at(table.len()), None);
    }
}
