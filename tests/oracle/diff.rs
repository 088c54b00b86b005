//! What changes between two states: our differences, and the expected lines.

use std::{collections::BTreeSet, path::Path};

use appnet::reach::{FarEnd, Grain, PortSet, differences};

use crate::{
    connlist, host_network,
    lines::{self, End, Pair, Pairs},
    names::Names,
    state::{State, text, title},
};

/// Before, after.
type Change = (PortSet, PortSet);

/// What became of the pairs of a case.
#[derive(Default)]
pub struct Compared {
    pub same: usize,
    pub on_host: usize,
    /// Of ours: about IPv6 addresses.
    pub v6: usize,
    pub different: Vec<String>,
}

/// The two states of a case.
pub struct States {
    before: State,
    after: State,
    names: Names,
}

impl States {
    pub fn read(case: &Path, as_ordinary: bool) -> Self {
        let [before, after] = ["before", "after"].map(|part| {
            let state = State::read(&case.join(part));
            assert!(state.problems().is_empty(), "{:?}", state.problems());
            host_network::never_denied(&state);
            if as_ordinary { state.without_host_network() } else { state }
        });
        let names = Names::new(&[&before, &after]);
        Self { before, after, names }
    }

    /// All differences, with those of ways in, which the maps tell; and the number of those about IPv6 addresses, which are
    /// left out.
    fn differences(&self) -> (Pairs<Change>, usize) {
        let end = |end: FarEnd| match end {
            FarEnd::Node(key) => End::Workload(self.names.theirs(&key.to_string()).to_owned()),
            FarEnd::Addresses(span) => End::Addresses(span),
        };
        let found = differences(&self.before.reach, &self.after.reach, Grain::Workloads);
        let (mut pairs, mut v6) = (Pairs::new(), 0);
        for one in found {
            let pair = (end(one.from), end(one.to));
            if lines::is_about_v6(&pair) {
                v6 += 1;
                continue;
            }
            let title = format!("{} => {} twice", pair.0, pair.1);
            assert!(pairs.insert(pair, (one.before, one.after)).is_none(), "{title}");
        }
        let [before, after] = [&self.before, &self.after].map(|state| {
            let mut lines = connlist::lines_of(state, &self.names);
            lines.retain(|(from, _), _| *from == End::IngressController);
            lines
        });
        let ways_in: BTreeSet<&Pair> = before.keys().chain(after.keys()).collect();
        for pair in ways_in {
            let ports = |lines: &Pairs| lines.get(pair).cloned().unwrap_or_default();
            let change = (ports(&before), ports(&after));
            if change.0 != change.1 {
                pairs.insert(pair.clone(), change);
            }
        }
        (pairs, v6)
    }
}

/// Compares a case.
pub fn compare(case: &Path, as_ordinary: bool) -> Compared {
    let states = States::read(case, as_ordinary);
    let theirs = parse(&text(&case.join("expected.txt")));
    for line in &theirs {
        line.must_fit(&states);
    }
    let theirs: Pairs<Change> = theirs.into_iter().map(|line| (line.pair, line.change)).collect();
    let (ours, v6) = states.differences();
    let cuts = lines::cuts(ours.keys().chain(theirs.keys()));
    let (ours, theirs) = (lines::cut(&ours, &cuts), lines::cut(&theirs, &cuts));
    let mut compared = Compared { v6, ..Compared::default() };
    let pairs: BTreeSet<&Pair> = ours.keys().chain(theirs.keys()).collect();
    for pair in pairs {
        if host_network::is_on_host(pair, &states.names) {
            compared.on_host += 1;
        } else if ours.get(pair) == theirs.get(pair) {
            compared.same += 1;
        } else {
            let shown = |side: &Pairs<Change>| {
                side.get(pair).map_or_else(|| "nothing".to_owned(), |(before, after)| format!("{before} -> {after}"))
            };
            compared.different.push(format!(
                "{}: {} => {}: {} here, {} there",
                title(case),
                pair.0,
                pair.1,
                shown(&ours),
                shown(&theirs)
            ));
        }
    }
    compared
}

/// An expected line.
pub struct Line {
    kind: String,
    pair: Pair,
    change: Change,
    /// Workloads that are in one state only, as `workload a and b added`.
    pub info: Option<String>,
}

/// Lines as `diff-type: added, source: a, destination: b, ref1: No Connections, ref2: TCP 80`. `ref1` is before.
pub fn parse(text: &str) -> Vec<Line> {
    let lines: Vec<_> = text.lines().filter(|line| !line.is_empty()).map(Line::parse).collect();
    let pairs: BTreeSet<&Pair> = lines.iter().map(|line| &line.pair).collect();
    assert_eq!(pairs.len(), lines.len(), "a pair stands there twice");
    lines
}

impl Line {
    fn parse(line: &str) -> Self {
        let fields = || {
            let (kind, rest) = line.strip_prefix("diff-type: ")?.split_once(", source: ")?;
            let (from, rest) = rest.split_once(", destination: ")?;
            let (to, rest) = rest.split_once(", ref1: ")?;
            let (before, rest) = rest.split_once(", ref2: ")?;
            let (after, info) = match rest.split_once(", workloads-diff-info: ") {
                Some((after, info)) => (after, Some(info.to_owned())),
                None => (rest, None),
            };
            let pair = (End::parse(from), End::parse(to));
            Some(Self { kind: kind.to_owned(), pair, change: (lines::ports(before), lines::ports(after)), info })
        };
        fields().unwrap_or_else(|| panic!("no difference: {line}"))
    }

    /// What else the line says must be true of the states, in which case `ref1` is indeed before.
    pub fn must_fit(&self, states: &States) {
        let (before, after) = &self.change;
        let kind = match (before.is_empty(), after.is_empty()) {
            (true, false) => "added",
            (false, true) => "removed",
            (false, false) => "changed",
            (true, true) => panic!("{} => {} changes nothing", self.pair.0, self.pair.1),
        };
        assert_eq!(self.kind, kind, "{} => {}", self.pair.0, self.pair.1);
        let Some(info) = &self.info else { return };
        let (workloads, became) = info.strip_prefix("workload ").and_then(|it| it.rsplit_once(' ')).expect("workloads");
        let [was, is] = [&states.before, &states.after].map(|state| Names::new(&[state]));
        for workload in workloads.split(" and ") {
            let there = [&was, &is].map(|names| names.all().any(|name| name == workload));
            assert_eq!(there, [became == "removed", became == "added"], "{info}");
        }
    }
}
