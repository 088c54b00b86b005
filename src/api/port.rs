//! Ports that a tier listens on, and protocols.

use garde::Validate;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::rules;

/// A port that the Pods of a tier listen on: the Pod's port, after any Service translation.
#[derive(KubeSchema, Validate, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
#[garde(allow_unvalidated)]
#[x_kube(validation = rules::end_port_needs_number(), validation = rules::end_port_not_below_port())]
pub struct DeclaredPort {
    /// The name by which `from`, `exposed` and `metrics` refer to this port.
    #[schemars(length(min = 1, max = 63))]
    #[garde(custom(rules::check_dns_label))]
    #[x_kube(validation = rules::dns_label())]
    pub name: String,

    /// A number from 1 to 65535, or the name of a container port.
    #[schemars(extend("maxLength" = 15))]
    #[garde(custom(rules::check_port))]
    #[x_kube(validation = rules::port())]
    pub port: IntOrString,

    /// The transport protocol.
    #[serde(default)]
    pub protocol: Protocol,

    /// The last port of a range that starts at `port`, which must then be a number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 65535))]
    #[garde(custom(rules::check_port_number))]
    pub end_port: Option<i32>,
}

/// A transport protocol that NetworkPolicy knows.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    /// Transmission Control Protocol.
    #[default]
    #[serde(rename = "TCP")]
    Tcp,
    /// User Datagram Protocol.
    #[serde(rename = "UDP")]
    Udp,
    /// Stream Control Transmission Protocol. Not every CNI enforces it.
    #[serde(rename = "SCTP")]
    Sctp,
}

impl Protocol {
    /// The name as the Kubernetes API spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tcp => "TCP",
            Self::Udp => "UDP",
            Self::Sctp => "SCTP",
        }
    }
}
