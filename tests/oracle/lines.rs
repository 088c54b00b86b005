//! The canonical form of "who may connect to whom": one entry a pair, a set of ports each, addresses cut at all bounds.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    net::{IpAddr, Ipv4Addr},
    ops::Bound,
};

use appnet::{
    api::Protocol,
    reach::{AddressSpan, Map, MapEnd, PortSet},
};

use crate::names::Names;

/// One end of a line.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum End {
    Addresses(AddressSpan),
    /// As the expected files name it.
    Workload(String),
    IngressController,
}

/// From, to.
pub type Pair = (End, End);
pub type Pairs<T = PortSet> = BTreeMap<Pair, T>;

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Addresses(span) => write!(f, "{span}[External]"),
            Self::Workload(name) => f.write_str(name),
            Self::IngressController => f.write_str("{ingress-controller}"),
        }
    }
}

impl End {
    pub fn parse(text: &str) -> Self {
        if text == "{ingress-controller}" {
            return Self::IngressController;
        }
        match text.strip_suffix("[External]") {
            Some(span) => Self::Addresses(span_of(span)),
            None => Self::Workload(text.to_owned()),
        }
    }
}

fn span_of(text: &str) -> AddressSpan {
    let (first, last) = text.split_once('-').unwrap_or_else(|| panic!("no span: {text}"));
    let address = |text: &str| text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
    AddressSpan { first: address(first), last: address(last) }
}

fn protocol(text: &str) -> Option<Protocol> {
    Some(match text {
        "TCP" => Protocol::Tcp,
        "UDP" => Protocol::Udp,
        "SCTP" => Protocol::Sctp,
        _ => return None,
    })
}

fn port_span(text: &str) -> (u16, u16) {
    let number = |text: &str| text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
    match text.split_once('-') {
        Some((first, last)) => (number(first), number(last)),
        None => (number(text), number(text)),
    }
}

/// As `TCP 80,443,UDP 53-60`.
pub fn ports(text: &str) -> PortSet {
    match text {
        "All Connections" => return PortSet::all(),
        "No Connections" => return PortSet::default(),
        _ => {}
    }
    let mut of = None;
    PortSet::of(text.split(',').map(|part| {
        let span = match part.split_once(' ') {
            Some((name, span)) => {
                of = protocol(name);
                span
            }
            None => part,
        };
        (of.unwrap_or_else(|| panic!("no protocol: {text}")), port_span(span))
    }))
}

/// As `TCP:[80,443], UDP:[53-60], SCTP`.
pub fn ports_in_brackets(text: &str) -> PortSet {
    text.split(", ").fold(PortSet::default(), |all, part| {
        let (name, spans) = part.split_once(':').unwrap_or((part, "[1-65535]"));
        let of = protocol(name).unwrap_or_else(|| panic!("no protocol: {text}"));
        let spans = spans.strip_prefix('[').and_then(|spans| spans.strip_suffix(']'));
        let spans = spans.unwrap_or_else(|| panic!("no ports: {text}"));
        all.union(&PortSet::of(spans.split(',').map(|span| (of, port_span(span)))))
    })
}

/// Lines as `a => b : TCP 80`.
pub fn parse(text: &str) -> Pairs {
    let mut pairs = Pairs::new();
    for line in text.lines().filter(|line| !line.is_empty()) {
        let parts = line.split_once(" => ").and_then(|(from, rest)| Some((from, rest.split_once(" : ")?)));
        let (from, (to, found)) = parts.unwrap_or_else(|| panic!("no line of a map: {line}"));
        let known = pairs.insert((End::parse(from), End::parse(to)), ports(found));
        assert!(known.is_none(), "twice: {line}");
    }
    without_self(pairs)
}

/// The lines of a map.
pub fn of_map(map: &mut Map<'_>, names: &Names) -> Pairs {
    let mut pairs = Pairs::new();
    let end = |end: MapEnd<'_>| match end {
        MapEnd::Addresses(span) => End::Addresses(span),
        MapEnd::Node(node) => End::Workload(names.theirs(&node.text).to_owned()),
        MapEnd::IngressController => End::IngressController,
    };
    let done: Result<(), ()> = map.for_each(|line, table| {
        let known = pairs.insert((end(line.from), end(line.to)), table.get(line.ports).clone());
        assert!(known.is_none(), "two lines from {} to {}", line.from, line.to);
        Ok(())
    });
    done.expect("the walk never stops");
    without_self(pairs)
}

/// Gives the workloads of lines other names.
pub fn renamed(pairs: Pairs, names: &Names) -> Pairs {
    let end = |end: End| match end {
        End::Workload(name) => End::Workload(names.theirs(&name).to_owned()),
        other => other,
    };
    pairs.into_iter().map(|((from, to), ports)| ((end(from), end(to)), ports)).collect()
}

/// What a workload's replicas may say to each other is left out on both sides.
fn without_self(mut pairs: Pairs) -> Pairs {
    pairs.retain(|(from, to), _| from != to);
    pairs
}

/// Is the pair about IPv6 addresses? The expected files know none, and no policy here names one, so they are told apart
/// from each other by nothing.
pub fn is_about_v6((from, to): &Pair) -> bool {
    [from, to].into_iter().any(|end| match end {
        End::Addresses(span) if span.first.is_ipv6() => {
            assert_eq!(*span, AddressSpan::ALL_V6);
            true
        }
        _ => false,
    })
}

/// The addresses at which some span begins, or the one before ended.
pub fn cuts<'a>(ends: impl IntoIterator<Item = &'a Pair>) -> BTreeSet<u64> {
    let mut cuts = BTreeSet::new();
    for (from, to) in ends {
        for end in [from, to] {
            if let End::Addresses(span) = end {
                let (first, last) = bounds(span);
                cuts.extend([first, last + 1]);
            }
        }
    }
    cuts
}

/// The pairs with all spans of addresses cut at these bounds.
pub fn cut<T: Clone>(pairs: &Pairs<T>, cuts: &BTreeSet<u64>) -> Pairs<T> {
    let mut found = Pairs::new();
    for ((from, to), value) in pairs {
        for from in pieces(from, cuts) {
            for to in pieces(to, cuts) {
                assert!(found.insert((from.clone(), to.clone()), value.clone()).is_none(), "{from} => {to} overlap");
            }
        }
    }
    found
}

/// An end, cut at these bounds.
pub fn pieces(end: &End, cuts: &BTreeSet<u64>) -> Vec<End> {
    let End::Addresses(span) = end else { return vec![end.clone()] };
    let (mut first, last) = bounds(span);
    let mut found = Vec::new();
    for next in cuts.range((Bound::Excluded(first), Bound::Included(last))).copied().chain([last + 1]) {
        found.push(End::Addresses(AddressSpan { first: address(first), last: address(next - 1) }));
        first = next;
    }
    found
}

fn bounds(span: &AddressSpan) -> (u64, u64) {
    let (IpAddr::V4(first), IpAddr::V4(last)) = (span.first, span.last) else {
        panic!("the expected files know no IPv6: {span}")
    };
    (u32::from(first).into(), u32::from(last).into())
}

fn address(bits: u64) -> IpAddr {
    Ipv4Addr::from(u32::try_from(bits).expect("32 bits")).into()
}
