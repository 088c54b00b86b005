//! The peers of rules: worked out once for each different way to name them, however many rules do.

use indexmap::IndexSet;
use rustc_hash::{FxBuildHasher, FxHashMap};

use super::{
    AddressSet, NamespacesOf, Peer, Peers, PodsOf,
    population::{ClassId, NamespaceId, Population, Scope},
    words::{Matcher, Word, Words, number},
};

/// The number of a set of peers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct PeersId(u32);

impl PeersId {
    /// Everyone: Pods, nodes and addresses.
    pub(super) const ANY: Self = Self(0);

    pub(super) const fn index(self) -> usize {
        self.0 as usize
    }
}

/// Some Pods, as a rule names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct PodsPart {
    namespaces: NamespacesPart,
    pods: Option<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum NamespacesPart {
    One(NamespaceId),
    Selected(u32),
    All,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Definition {
    /// Everyone: Pods, nodes and addresses. Nobody in particular is listed then.
    everyone: bool,
    pods: Vec<PodsPart>,
    addresses: AddressSet,
}

/// The classes of a set: sorted, and for a set that holds many of them also bit by bit.
#[derive(Clone, Debug, Default)]
struct Members {
    sorted: Vec<ClassId>,
    bits: Option<Box<[u64]>>,
}

/// One in so many classes makes a set worth its bits.
const DENSE: usize = 32;

/// Every set of peers once.
#[derive(Clone, Debug)]
pub(super) struct PeerSets {
    matchers: IndexSet<Matcher, FxBuildHasher>,
    definitions: IndexSet<Definition, FxBuildHasher>,
    members: Vec<Members>,
    /// By selector of namespaces: which ones match.
    namespaces: FxHashMap<u32, Box<[bool]>>,
}

impl Default for PeerSets {
    fn default() -> Self {
        let everyone = Definition { everyone: true, ..Definition::default() };
        Self {
            matchers: IndexSet::default(),
            definitions: IndexSet::from_iter([everyone]),
            members: vec![Members::default()],
            namespaces: FxHashMap::default(),
        }
    }
}

impl PeerSets {
    /// The number of a selector; nothing when it is "all".
    pub(super) fn matcher(&mut self, pods: &PodsOf, words: &mut Words) -> Option<u32> {
        let matcher = Matcher::new(pods.selector()?, words);
        Some(number(self.matchers.insert_full(matcher).0))
    }

    pub(super) fn get(&self, matcher: u32) -> &Matcher {
        &self.matchers[matcher as usize]
    }

    /// The keys that a rule with these peers looks at on Pods.
    pub(super) fn keys(&self, peers: PeersId) -> impl Iterator<Item = Word> {
        let pods = self.definitions[peers.index()].pods.iter().filter_map(|part| part.pods);
        pods.flat_map(|matcher| self.get(matcher).keys())
    }

    /// The number of the peers of a rule in the namespace `own`. Who they are is worked out by [`Self::update`].
    pub(super) fn define(&mut self, peers: &Peers, own: NamespaceId, words: &mut Words) -> PeersId {
        let Peers::These(peers) = peers else { return PeersId::ANY };
        let mut definition = Definition::default();
        let mut blocks = Vec::new();
        for peer in peers {
            match peer {
                Peer::Pods { namespaces, pods } => {
                    let namespaces = match namespaces {
                        NamespacesOf::Own => NamespacesPart::One(own),
                        NamespacesOf::All => NamespacesPart::All,
                        NamespacesOf::Selected(selector) => {
                            let matcher = Matcher::new(selector, words);
                            NamespacesPart::Selected(number(self.matchers.insert_full(matcher).0))
                        }
                    };
                    definition.pods.push(PodsPart { namespaces, pods: self.matcher(pods, words) });
                }
                Peer::Block { cidr, except } => blocks.push(AddressSet::of_block(*cidr, except)),
            }
        }
        definition.pods.sort_unstable();
        definition.pods.dedup();
        definition.addresses = AddressSet::of(blocks.iter().flat_map(AddressSet::spans).copied());
        PeersId(number(self.definitions.insert_full(definition).0))
    }

    /// The number of some Pods of the namespace `own`: those that a policy selects.
    pub(super) fn subject(&mut self, pods: &PodsOf, own: NamespaceId, words: &mut Words) -> PeersId {
        let part = PodsPart { namespaces: NamespacesPart::One(own), pods: self.matcher(pods, words) };
        let definition = Definition { pods: vec![part], ..Definition::default() };
        PeersId(number(self.definitions.insert_full(definition).0))
    }

    /// Forgets who the peers are: classes or namespaces have changed.
    pub(super) fn forget(&mut self) {
        self.members.truncate(1);
        self.namespaces.clear();
    }

    /// Works out who the peers are where that is not known. The sets that are new.
    pub(super) fn update(&mut self, population: &Population) -> std::ops::Range<usize> {
        let first = self.members.len();
        // A policy may be the first to speak of its namespace. Nobody lives there yet, so that no set changes.
        let all = population.namespaces.len();
        for (selector, matching) in self.namespaces.iter_mut().filter(|(_, matching)| matching.len() < all) {
            *matching = population.namespaces_matching(&self.matchers[*selector as usize]);
        }
        // A part that stands in several lists is looked for once.
        let mut known: FxHashMap<PodsPart, Vec<ClassId>> = FxHashMap::default();
        for position in first..self.definitions.len() {
            let parts = &self.definitions[position].pods;
            for part in parts {
                if let NamespacesPart::Selected(selector) = part.namespaces {
                    let matcher = &self.matchers[selector as usize];
                    self.namespaces.entry(selector).or_insert_with(|| population.namespaces_matching(matcher));
                }
            }
            let by_block = Self::classes_in(&self.definitions[position].addresses, population);
            let find = |part: &PodsPart| population.matching(self.scope(part), part.pods.map(|pods| self.get(pods)));
            let members = match &parts[..] {
                [one] if by_block.is_empty() => find(one),
                several => {
                    let mut all = by_block;
                    for part in several {
                        all.extend_from_slice(known.entry(*part).or_insert_with(|| find(part)));
                    }
                    all.sort_unstable();
                    all.dedup();
                    all
                }
            };
            self.members.push(Members::new(members, population.classes.len()));
        }
        first..self.members.len()
    }

    /// A class that was not there before: the sets that it belongs to, "everyone" aside.
    pub(super) fn welcome(&mut self, class: ClassId, population: &Population) -> Vec<PeersId> {
        let mut joined = Vec::new();
        for position in 1..self.members.len() {
            let parts = &self.definitions[position].pods;
            let matches =
                |part: &PodsPart| population.matches(class, self.scope(part), part.pods.map(|pods| self.get(pods)));
            let in_block = || is_in(&self.definitions[position].addresses, class, population);
            if parts.iter().any(matches) || in_block() {
                self.members[position].push(class);
                joined.push(PeersId(number(position)));
            }
        }
        joined
    }

    /// The classes that have such an address, where blocks of addresses are to match Pods.
    fn classes_in(addresses: &AddressSet, population: &Population) -> Vec<ClassId> {
        if !population.blocks_match_pods || addresses.is_empty() {
            return Vec::new();
        }
        (0..number(population.classes.len())).filter(|class| is_in(addresses, *class, population)).collect()
    }

    fn scope(&self, part: &PodsPart) -> Scope<'_> {
        match part.namespaces {
            NamespacesPart::One(namespace) => Scope::One(namespace),
            NamespacesPart::Selected(selector) => Scope::Some(&self.namespaces[&selector]),
            NamespacesPart::All => Scope::All,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.members.len()
    }

    /// The classes of a set, sorted. Of "everyone" none are listed.
    pub(super) fn classes(&self, peers: PeersId) -> &[ClassId] {
        &self.members[peers.index()].sorted
    }

    /// The addresses of a set. Of "everyone" none are listed.
    pub(super) fn addresses(&self, peers: PeersId) -> &AddressSet {
        &self.definitions[peers.index()].addresses
    }

    /// Is this class among the peers?
    pub(super) fn has(&self, peers: PeersId, class: ClassId) -> bool {
        peers == PeersId::ANY || self.members[peers.index()].has(class)
    }

    /// Is every Pod of every namespace among the peers, also one that is not there yet?
    pub(super) fn has_every_pod(&self, peers: PeersId) -> bool {
        let every = PodsPart { namespaces: NamespacesPart::All, pods: None };
        peers == PeersId::ANY || self.definitions[peers.index()].pods.contains(&every)
    }

    /// Is this address among the peers?
    pub(super) fn has_address(&self, peers: PeersId, address: std::net::IpAddr) -> bool {
        peers == PeersId::ANY || self.addresses(peers).contains(address)
    }
}

/// Has a class such an address?
fn is_in(addresses: &AddressSet, class: ClassId, population: &Population) -> bool {
    let traits = &population.classes[class as usize];
    !traits.host_network && traits.addresses.iter().any(|address| addresses.contains(*address))
}

impl Members {
    fn new(sorted: Vec<ClassId>, of: usize) -> Self {
        let bits = (sorted.len() * DENSE > of && of > 64).then(|| {
            let mut bits = vec![0; of.div_ceil(64)];
            for class in &sorted {
                bits[*class as usize / 64] |= 1 << (class % 64);
            }
            bits.into()
        });
        Self { sorted, bits }
    }

    fn push(&mut self, class: ClassId) {
        // Bits have no room for a class that is new; a search finds it as well.
        self.bits = None;
        self.sorted.push(class);
    }

    fn has(&self, class: ClassId) -> bool {
        match &self.bits {
            Some(bits) => bits[class as usize / 64] >> (class % 64) & 1 == 1,
            None => self.sorted.binary_search(&class).is_ok(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_of_many_classes_holds_the_same_as_bits_and_as_a_list() {
        // Below and above the sizes where bits are worth it, and across the ends of the words that hold them.
        for (of, step) in [(64, 1), (65, 1), (65, 3), (192, 1), (192, 31), (200, 2), (200, 33), (640, 64)] {
            let sorted: Vec<ClassId> = (0..of).step_by(step).collect();
            let members = Members::new(sorted.clone(), number_of(of));
            let expected = of > 64 && sorted.len() * DENSE > number_of(of);
            assert_eq!(members.bits.is_some(), expected, "{} of {of}", sorted.len());
            for class in 0..of {
                assert_eq!(members.has(class), sorted.contains(&class), "{class} of {of} by {step}");
            }
        }
    }

    #[test]
    fn a_class_that_is_new_is_found_beside_those_that_were_there() {
        let mut members = Members::new((0..100).collect(), 100);
        assert!(members.bits.is_some());
        members.push(100);
        assert!(members.has(0) && members.has(99) && members.has(100));
        assert!(!members.has(101));
    }

    fn number_of(class: ClassId) -> usize {
        usize::try_from(class).expect("a small number")
    }
}
