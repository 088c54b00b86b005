//! What a case expects: the lines of `expected.txt`, and the verdict that they give each flow. The README beside the
//! cases says how they are written.

use std::{fmt, net::IpAddr};

use crate::objects::Objects;

/// Who takes part in a flow.
#[derive(Clone, Debug, PartialEq)]
pub enum Party {
    Pod { namespace: String, name: String },
    Address(IpAddr),
}

/// A new connection.
#[derive(Clone, Debug)]
pub struct Flow {
    pub from: Party,
    pub to: Party,
    pub protocol: &'static str,
    pub port: u16,
}

impl fmt::Display for Party {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pod { namespace, name } => write!(formatter, "{namespace}/{name}"),
            Self::Address(address) => write!(formatter, "{address}"),
        }
    }
}

impl fmt::Display for Flow {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} -> {} {} {}", self.from, self.to, self.protocol, self.port)
    }
}

/// Some Pods, or one address.
#[derive(Clone, Debug)]
enum Pattern {
    Pods { namespace: Option<String>, name: Option<String> },
    Address(IpAddr),
}

impl Pattern {
    fn parse(text: &str) -> Result<Self, String> {
        let part = |part: &str| (part != "*").then(|| part.to_owned());
        if text == "*" {
            return Ok(Self::Pods { namespace: None, name: None });
        }
        if let Ok(address) = text.parse() {
            return Ok(Self::Address(address));
        }
        match text.split_once('/') {
            Some((namespace, name)) => Ok(Self::Pods { namespace: part(namespace), name: part(name) }),
            None => Err(format!("neither Pods nor an address: {text}")),
        }
    }

    fn matches(&self, party: &Party) -> bool {
        match (self, party) {
            (Self::Pods { namespace, name }, Party::Pod { namespace: of, name: called }) => {
                namespace.as_ref().is_none_or(|namespace| namespace == of)
                    && name.as_ref().is_none_or(|name| name == called)
            }
            (Self::Address(address), Party::Address(other)) => address == other,
            _ => false,
        }
    }
}

#[derive(Debug)]
struct Line {
    text: String,
    from: Pattern,
    to: Pattern,
    allowed: bool,
    protocol: Option<&'static str>,
    port: Option<u16>,
}

impl Line {
    fn parse(text: &str) -> Result<Self, String> {
        let words: Vec<_> = text.split_whitespace().collect();
        let [from, "->", to, verdict, rest @ ..] = words.as_slice() else {
            return Err(format!("no line of a table: {text}"));
        };
        let (protocol, port) = match rest {
            [] => (None, None),
            [protocol] => (Some(self::protocol(protocol)?), None),
            [protocol, port] => (Some(self::protocol(protocol)?), Some(self::port(port)?)),
            _ => return Err(format!("too many words: {text}")),
        };
        let (from, to) = (Pattern::parse(from)?, Pattern::parse(to)?);
        if let (Pattern::Address(_), Pattern::Address(_)) = (&from, &to) {
            return Err(format!("no Pod takes part: {text}"));
        }
        Ok(Self { text: text.to_owned(), from, to, allowed: self::verdict(verdict)?, protocol, port })
    }

    fn matches(&self, flow: &Flow) -> bool {
        self.from.matches(&flow.from)
            && self.to.matches(&flow.to)
            && self.protocol.is_none_or(|protocol| protocol == flow.protocol)
            && self.port.is_none_or(|port| port == flow.port)
    }
}

/// What is probed, what holds for all, and what differs.
#[derive(Debug)]
pub struct Table {
    probes: Vec<(&'static str, u16)>,
    otherwise: bool,
    lines: Vec<Line>,
}

impl Table {
    pub fn parse(text: &str) -> Result<Self, String> {
        if !text.starts_with('#') {
            return Err("it does not begin with its origin".to_owned());
        }
        let stripped = text.lines().map(|line| line.split('#').next().unwrap_or("").trim());
        let mut lines = stripped.filter(|line| !line.is_empty());
        let probes = lines.next().and_then(|line| line.strip_prefix("probe ")).ok_or("nothing is probed")?;
        let probes: Vec<_> = probes.split(',').map(probe).collect::<Result<_, _>>()?;
        let otherwise = lines.next().and_then(|line| line.strip_prefix("all ")).ok_or("nothing holds for all")?;
        let lines = lines.map(Line::parse).collect::<Result<_, _>>()?;
        Ok(Self { probes, otherwise: verdict(otherwise)?, lines })
    }

    /// Every flow that is probed, and whether it is expected to be allowed. A line that decides nothing is a mistake.
    pub fn rows(&self, objects: &Objects) -> Result<Vec<(Flow, bool)>, String> {
        let mut decided = vec![false; self.lines.len()];
        let mut rows = Vec::new();
        for (from, to) in self.pairs(objects) {
            for (protocol, port) in &self.probes {
                let flow = Flow { from: from.clone(), to: to.clone(), protocol, port: *port };
                let line = self.lines.iter().rposition(|line| line.matches(&flow));
                if let Some(line) = line {
                    decided[line] = true;
                }
                rows.push((flow, line.map_or(self.otherwise, |line| self.lines[line].allowed)));
            }
        }
        match decided.iter().position(|decided| !decided) {
            Some(line) => Err(format!("this line decides nothing: {}", self.lines[line].text)),
            None => Ok(rows),
        }
    }

    /// All pairs of Pods but those of a Pod with itself, and the pairs with an address that lines name.
    fn pairs(&self, objects: &Objects) -> Vec<(Party, Party)> {
        let pods: Vec<_> = objects
            .pods
            .keys()
            .map(|(namespace, name)| Party::Pod { namespace: namespace.clone(), name: name.clone() })
            .collect();
        let mut pairs = Vec::new();
        for from in &pods {
            pairs.extend(pods.iter().filter(|to| *to != from).map(|to| (from.clone(), to.clone())));
        }
        for line in &self.lines {
            let named: Vec<_> = match (&line.from, &line.to) {
                (Pattern::Address(from), to) => {
                    pods.iter().filter(|pod| to.matches(pod)).map(|to| (Party::Address(*from), to.clone())).collect()
                }
                (from, Pattern::Address(to)) => pods
                    .iter()
                    .filter(|pod| from.matches(pod))
                    .map(|from| (from.clone(), Party::Address(*to)))
                    .collect(),
                _ => Vec::new(),
            };
            for pair in named {
                if !pairs.contains(&pair) {
                    pairs.push(pair);
                }
            }
        }
        pairs
    }
}

fn probe(text: &str) -> Result<(&'static str, u16), String> {
    match text.split_whitespace().collect::<Vec<_>>().as_slice() {
        [protocol, port] => Ok((self::protocol(protocol)?, self::port(port)?)),
        _ => Err(format!("not a protocol and a port: {text}")),
    }
}

fn protocol(text: &str) -> Result<&'static str, String> {
    let known = ["TCP", "UDP", "SCTP"].into_iter().find(|known| *known == text);
    known.ok_or_else(|| format!("no protocol: {text}"))
}

fn port(text: &str) -> Result<u16, String> {
    text.parse().map_err(|error| format!("{error}: {text}"))
}

fn verdict(text: &str) -> Result<bool, String> {
    match text {
        "allowed" => Ok(true),
        "denied" => Ok(false),
        _ => Err(format!("no verdict: {text}")),
    }
}
