//! The ends of a line in parts, for tables.

use std::borrow::Cow;

use crate::reach::{MapEnd, printable};

/// An end in parts.
pub struct Parts<'m> {
    /// Its namespace; empty for what has none.
    pub namespace: Cow<'m, str>,
    pub name: Cow<'m, str>,
    pub kind: Cow<'m, str>,
}

pub fn parts(end: MapEnd<'_>) -> Parts<'_> {
    match end {
        MapEnd::Node(node) => Parts {
            namespace: printable(&node.key.namespace),
            name: printable(&node.key.name),
            kind: printable(&node.key.kind),
        },
        MapEnd::Addresses(span) => {
            Parts { namespace: "".into(), name: span.to_string().into(), kind: "External".into() }
        }
        MapEnd::IngressController => {
            Parts { namespace: "".into(), name: "ingress-controller".into(), kind: "IngressController".into() }
        }
    }
}
