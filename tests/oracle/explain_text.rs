//! The expected text of the family "explain".

use std::collections::{BTreeMap, BTreeSet};

use appnet::reach::PortSet;

use crate::lines::{End, Pair, ports_in_brackets};

/// All that is said of a pair: each part of its ports, in the order of the text.
pub type Told = BTreeMap<Pair, Vec<Claim>>;

/// What is said of some ports of a pair.
#[derive(Debug)]
pub struct Claim {
    pub allowed: bool,
    pub ports: PortSet,
    /// Egress, ingress.
    pub sides: [SideClaim; 2],
}

/// What is said of the policies of one end.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct SideClaim {
    pub allowed: bool,
    /// No policy isolates the end.
    pub by_default: bool,
    /// By namespace and name, as `shop/deny`.
    pub policies: BTreeMap<String, Says>,
    /// Routes and Ingresses that lead here: they say something of Services, not of policies.
    pub entries: BTreeSet<String>,
}

/// What is said of one policy. Rules are numbered from 1.
#[derive(Debug, PartialEq, Eq)]
pub enum Says {
    Allows(usize),
    /// A rule is about the other end, and not about these ports.
    OtherPorts(usize),
    /// It has rules, and none is about the other end.
    OtherPeers,
    NoRules,
}

const DIRECTIONS: [&str; 2] = ["Egress", "Ingress"];
const BY_DEFAULT: &str = " due to the system default (Allow all)";

pub fn parse(text: &str) -> Told {
    let mut told = Told::new();
    let mut pair = None;
    let mut side = None;
    for line in text.lines().map(str::trim) {
        let claims = |pair: &Option<Pair>| pair.clone().unwrap_or_else(|| panic!("of which pair? {line}"));
        if line.is_empty() || line.starts_with("----") || line.starts_with('#') || is_heading(line) {
            continue;
        }
        if let Some(named) = line.strip_prefix("Connections between ") {
            let named = pair_of(named.strip_suffix(':').expect("a colon"));
            assert!(told.insert(named.clone(), Vec::new()).is_none(), "twice: {line}");
            (pair, side) = (Some(named), None);
        } else if let Some(ports) = line.strip_suffix(" due to the following policies and rules:") {
            let (verdict, ports) = ports.split_once(' ').expect("a verdict");
            let sides = [SideClaim::default(), SideClaim::default()];
            let claim = Claim { allowed: is_allowed(verdict), ports: ports_in_brackets(ports), sides };
            told.entry(claims(&pair)).or_default().push(claim);
        } else if let Some((direction, verdict)) = verdict_of(line) {
            let claim = &mut last(&mut told, &claims(&pair)).sides[direction];
            claim.by_default = verdict.ends_with(BY_DEFAULT);
            claim.allowed = is_allowed(verdict.trim_end_matches(BY_DEFAULT).trim_matches(['(', ')']));
            side = Some(direction);
        } else if line.contains(" => ") {
            // Below the heading of all that no policy is about.
            assert!(told.insert(pair_of(line), vec![Claim::by_default()]).is_none(), "twice: {line}");
        } else {
            let direction = side.unwrap_or_else(|| panic!("of which side? {line}"));
            last(&mut told, &claims(&pair)).sides[direction].add(line, DIRECTIONS[direction]);
        }
    }
    told
}

fn is_heading(line: &str) -> bool {
    ["Allowed connections:", "Denied connections:", "NetworkPolicy list:"].contains(&line)
}

fn pair_of(text: &str) -> Pair {
    let (from, to) = text.split_once(" => ").unwrap_or_else(|| panic!("no pair: {text}"));
    (End::parse(from), End::parse(to))
}

fn is_allowed(text: &str) -> bool {
    match text {
        "Allowed" => true,
        "Denied" => false,
        _ => panic!("no verdict: {text}"),
    }
}

/// As `Egress (Denied)`.
fn verdict_of(line: &str) -> Option<(usize, &str)> {
    let of = |direction: &&str| line.strip_prefix(*direction)?.strip_prefix(" (");
    DIRECTIONS.iter().enumerate().find_map(|(place, direction)| Some((place, of(direction)?)))
}

fn last<'t>(told: &'t mut Told, pair: &Pair) -> &'t mut Claim {
    told.get_mut(pair)
        .and_then(|claims| claims.last_mut())
        .unwrap_or_else(|| panic!("{} => {}: no claim", pair.0, pair.1))
}

impl Claim {
    fn by_default() -> Self {
        let side = || SideClaim { allowed: true, by_default: true, ..SideClaim::default() };
        Self { allowed: true, ports: PortSet::all(), sides: [side(), side()] }
    }
}

impl SideClaim {
    fn add(&mut self, line: &str, direction: &str) {
        let line = line.trim_start_matches("- ");
        let quoted: Vec<_> = line.splitn(3, '\'').collect();
        let &[kind, name, rest] = &quoted[..] else { panic!("no name: {line}") };
        if kind != "NetworkPolicy " {
            assert!(["Route ", "Ingress "].contains(&kind), "what is it? {line}");
            assert!(rest.starts_with(" allows ingress "), "{line}");
            self.entries.insert(format!("{kind}{name}"));
            return;
        }
        let says = says(rest, direction).unwrap_or_else(|| panic!("what does it say? {line}"));
        assert!(self.policies.insert(name.to_owned(), says).is_none(), "twice: {line}");
    }
}

fn says(text: &str, direction: &str) -> Option<Says> {
    if let Some(rule) = text.strip_prefix(&format!(" allows connections by {direction} rule #")) {
        return rule.parse().ok().map(Says::Allows);
    }
    if text.ends_with(&format!(" is not allowed by any {direction} rule (no rules defined)")) {
        return Some(Says::NoRules);
    }
    if text.ends_with(&format!(" is not allowed by any {direction} rule")) {
        return Some(Says::OtherPeers);
    }
    let (_, rule) = text.split_once(&format!(", and {direction} rule #"))?;
    let (rule, rest) = rule.split_once(' ')?;
    let whole = rest.starts_with("selects ") && rest.ends_with(", but the protocols and ports do not match");
    rule.parse().ok().filter(|_| whole).map(Says::OtherPorts)
}
