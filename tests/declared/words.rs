//! Single words of the resource: ports, selectors, blocks.

use std::net::IpAddr;

use appnet::api::{DestinationPort, LabelSelector, Protocol, RequirementOperator, Tier};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use crate::{case::Labels, numbers::Numbers};

/// A port as someone wrote it.
#[derive(Clone)]
pub struct Port {
    pub protocol: Protocol,
    /// Or the name.
    pub number: IntOrString,
    pub last: Option<i32>,
}

/// The declared ports of these names; left out, all of them.
pub fn used(tier: &Tier, names: Option<&Vec<String>>) -> Vec<Port> {
    let wanted = tier.ports.iter().filter(|port| names.is_none_or(|names| names.contains(&port.name)));
    wanted.map(|port| Port { protocol: port.protocol, number: port.port.clone(), last: port.end_port }).collect()
}

pub fn written(port: &DestinationPort) -> Port {
    Port { protocol: port.protocol, number: port.port.clone(), last: port.end_port }
}

pub fn number(protocol: Protocol, port: u16) -> Port {
    Port { protocol, number: IntOrString::Int(port.into()), last: None }
}

pub fn span(protocol: Protocol, first: i32, last: i32) -> Numbers {
    let port = |port| u16::try_from(port).expect("a port");
    Numbers::span(protocol, port(first), port(last))
}

pub fn selects(selector: &LabelSelector, labels: &Labels) -> bool {
    selector.match_labels.iter().all(|(key, value)| labels.get(key) == Some(value))
        && selector.match_expressions.iter().all(|requirement| {
            let value = labels.get(&requirement.key);
            let is_listed = value.is_some_and(|value| requirement.values.contains(value));
            match requirement.operator {
                RequirementOperator::In => is_listed,
                RequirementOperator::NotIn => !is_listed,
                RequirementOperator::Exists => value.is_some(),
                RequirementOperator::DoesNotExist => value.is_none(),
            }
        })
}

pub fn inside(cidr: &str, address: IpAddr) -> bool {
    let (base, length) = cidr.split_once('/').expect("a block");
    let length: usize = length.parse().expect("a length");
    let bits = |address: IpAddr| match address {
        IpAddr::V4(address) => format!("{:032b}", address.to_bits()),
        IpAddr::V6(address) => format!("{:0128b}", address.to_bits()),
    };
    let base: IpAddr = base.parse().expect("an address");
    base.is_ipv4() == address.is_ipv4() && bits(base)[..length] == bits(address)[..length]
}
