//! The picture that is assumed where no cluster can be asked.

use std::collections::BTreeMap;

use super::{ServiceKind, ServicePortRow, ServiceRow, World};
use crate::{
    api::Protocol,
    model::{PortRange, ServiceRef},
};

impl World {
    /// What most clusters have: CoreDNS behind the Service `kube-dns` in `kube-system`, on port 53. Nothing else.
    #[must_use]
    pub fn typical() -> Self {
        let labels = BTreeMap::from([("k8s-app".to_owned(), "kube-dns".to_owned())]);
        let port = |name: &str, protocol| ServicePortRow {
            name: name.into(),
            protocol,
            port: 53,
            target: PortRange::Numbers(53, 53),
        };
        let row = ServiceRow {
            labels: labels.clone(),
            kind: ServiceKind::Pods(labels),
            cluster_ips: Vec::new(),
            published: Vec::new(),
            headless: false,
            ports: vec![port("dns", Protocol::Udp), port("dns-tcp", Protocol::Tcp)],
        };
        let mut world = Self::default();
        world.services.insert(ServiceRef { namespace: "kube-system".into(), name: "kube-dns".into() }, row);
        world
    }
}
