//! Ports and ranges.

use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::Collector;
use crate::{
    api::rules::text,
    model::{PortName, PortRange},
};

/// A port with its optional end. A value that is no port was reported by its own rule.
pub(super) fn range(
    path: &str,
    port: &IntOrString,
    end: Option<i32>,
    collect: &mut Collector<'_>,
) -> Option<PortRange> {
    match (port, end) {
        (IntOrString::Int(first), None) => {
            let first = u16::try_from(*first).ok()?;
            Some(PortRange::Numbers(first, first))
        }
        (IntOrString::Int(first), Some(last)) if last < *first => collect.refuse(path, text::END_PORT_NOT_BELOW_PORT),
        (IntOrString::Int(first), Some(last)) => {
            Some(PortRange::Numbers(u16::try_from(*first).ok()?, u16::try_from(last).ok()?))
        }
        (IntOrString::String(name), None) => PortName::parse(name).map(PortRange::Name),
        (IntOrString::String(_), Some(_)) => collect.refuse(path, text::END_PORT_NEEDS_NUMBER),
    }
}
