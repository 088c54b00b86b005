//! The port of the question, and what it is at each Pod.

use crate::{
    api::Protocol,
    model::{PortName, PortRange},
    reach::{Pod, Ports},
};

/// A port at the Pod that is called.
pub type At = (Protocol, u16);

/// The port that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// None: every one that could matter.
    Every,
    /// This one.
    Number(Protocol, u16),
    /// The one of this name; of any protocol where none was given.
    Name(Option<Protocol>, PortName),
}

impl Wanted {
    /// Reads `8080`, `53/UDP`, `http` or `http/TCP`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(text: &str) -> Result<Self, String> {
        let (port, protocol) = text.split_once('/').map_or((text, None), |(port, protocol)| (port, Some(protocol)));
        let protocol = match protocol.map(str::to_ascii_uppercase).as_deref() {
            None => None,
            Some("TCP") => Some(Protocol::Tcp),
            Some("UDP") => Some(Protocol::Udp),
            Some("SCTP") => Some(Protocol::Sctp),
            Some(_) => return Err(format!("port '{text}' must end in /TCP, /UDP or /SCTP, or in nothing for TCP")),
        };
        if port.bytes().all(|byte| byte.is_ascii_digit()) {
            return match port.parse() {
                Ok(number) if number > 0 => Ok(Self::Number(protocol.unwrap_or_default(), number)),
                _ => Err(format!("port '{text}' must be from 1 to 65535")),
            };
        }
        PortName::parse(port).map(|name| Self::Name(protocol, name)).ok_or_else(|| {
            format!("port '{text}' must be a number, as 8080 or 53/UDP, or the name of a container port, as http")
        })
    }

    /// As it was asked.
    #[must_use]
    pub fn text(&self) -> Option<String> {
        match self {
            Self::Every => None,
            Self::Number(protocol, number) => Some(shown((*protocol, *number))),
            Self::Name(Some(protocol), name) => Some(format!("{} port '{}'", protocol.as_str(), name.as_str())),
            Self::Name(None, name) => Some(format!("port '{}'", name.as_str())),
        }
    }
}

/// A port as text.
#[must_use]
pub fn shown((protocol, number): At) -> String {
    format!("{} {number}", protocol.as_str())
}

/// The ports of this name that a Pod's containers declare.
#[must_use]
pub fn named(pod: &Pod, protocol: Option<Protocol>, name: &str) -> Vec<At> {
    let ports = pod.ports.iter().filter(|port| port.name == name && protocol.is_none_or(|only| only == port.protocol));
    let mut found: Vec<_> = ports.map(|port| (port.protocol, port.number)).collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// What a Service's target is at a Pod.
#[must_use]
pub fn target(pod: &Pod, protocol: Protocol, target: &PortRange) -> Vec<At> {
    match target {
        PortRange::Numbers(number, _) => vec![(protocol, *number)],
        PortRange::Name(name) => named(pod, Some(protocol), name.as_str()),
    }
}

/// Is a port among those of a rule? Names are those of the Pod that is called.
#[must_use]
pub fn is_among(ports: &Ports, called: Option<&Pod>, (protocol, number): At) -> bool {
    let by_name = |pod: &Pod| {
        ports
            .names
            .iter()
            .any(|(of, name)| *of == protocol && named(pod, Some(*of), name.as_str()).contains(&(*of, number)))
    };
    ports.numbers.contains(protocol, number) || called.is_some_and(by_name)
}

/// The ports of a rule as it writes them: `TCP 80, TCP port 'http'`.
#[must_use]
pub fn written(ports: &Ports) -> String {
    if ports.numbers.is_all() {
        return "every port".to_owned();
    }
    let numbers = (!ports.numbers.is_empty()).then(|| ports.numbers.to_string());
    let names = ports.names.iter().map(|(protocol, name)| format!("{} port '{}'", protocol.as_str(), name.as_str()));
    numbers.into_iter().chain(names).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_a_number_or_a_name_with_or_without_its_protocol() {
        assert_eq!(Wanted::read("53/udp"), Ok(Wanted::Number(Protocol::Udp, 53)));
        assert_eq!(Wanted::read("8080"), Ok(Wanted::Number(Protocol::Tcp, 8080)));
        assert_eq!(Wanted::read("http").map(|port| port.text()), Ok(Some("port 'http'".into())));
        for wrong in ["0", "65536", "80/ICMP", "Http", ""] {
            assert!(Wanted::read(wrong).is_err(), "{wrong}");
        }
    }
}
