//! Ports as programs read them.

use serde::Serialize;

use crate::reach::{PROTOCOLS, PortSet};

/// `all: true`, or the ranges.
#[derive(Clone, Serialize)]
#[serde(untagged)]
pub enum PortsRow {
    /// Every port of every protocol.
    All {
        /// Always true.
        all: bool,
    },
    /// These.
    These {
        /// Sorted by protocol and number.
        ports: Vec<SpanRow>,
    },
}

/// From the first to the last port, both included.
#[derive(Clone, Serialize)]
pub struct SpanRow {
    protocol: &'static str,
    first: u16,
    last: u16,
}

pub fn ports_row(set: &PortSet) -> PortsRow {
    if set.is_all() {
        return PortsRow::All { all: true };
    }
    let spans = PROTOCOLS.iter().flat_map(|protocol| {
        let spans = set.spans(*protocol).iter();
        spans.map(|(first, last)| SpanRow { protocol: protocol.as_str(), first: *first, last: *last })
    });
    PortsRow::These { ports: spans.collect() }
}
