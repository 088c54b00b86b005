//! One case: a cluster, and its policies.

use std::collections::BTreeMap;

use k8s_openapi::{
    api::{
        core::v1::{Namespace, Pod},
        networking::v1::{NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort},
    },
    apimachinery::pkg::apis::meta::v1::LabelSelector,
};
use serde::{Deserialize, Serialize};

/// What both sides are asked about, as the API server would hand it out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Case {
    pub namespaces: Vec<Namespace>,
    pub pods: Vec<Pod>,
    pub policies: Vec<NetworkPolicy>,
}

/// A rule of either direction.
#[derive(Clone, Copy)]
pub struct Rule<'a> {
    pub peers: Option<&'a Vec<NetworkPolicyPeer>>,
    pub ports: Option<&'a Vec<NetworkPolicyPort>>,
}

impl Case {
    /// All rules of all policies.
    pub fn rules(&self) -> Vec<Rule<'_>> {
        let specs = || self.policies.iter().filter_map(|policy| policy.spec.as_ref());
        let ingress = specs().flat_map(|spec| spec.ingress.iter().flatten());
        let egress = specs().flat_map(|spec| spec.egress.iter().flatten());
        let ingress = ingress.map(|rule| Rule { peers: rule.from.as_ref(), ports: rule.ports.as_ref() });
        ingress.chain(egress.map(|rule| Rule { peers: rule.to.as_ref(), ports: rule.ports.as_ref() })).collect()
    }

    /// All peers of all rules.
    pub fn peers(&self) -> Vec<&NetworkPolicyPeer> {
        self.rules().iter().flat_map(|rule| rule.peers.into_iter().flatten()).collect()
    }

    /// All ports of all rules.
    pub fn ports(&self) -> Vec<&NetworkPolicyPort> {
        self.rules().iter().flat_map(|rule| rule.ports.into_iter().flatten()).collect()
    }

    /// All peers of all rules, to change them.
    pub fn peers_mut(&mut self) -> impl Iterator<Item = &mut NetworkPolicyPeer> {
        self.policies.iter_mut().filter_map(|policy| policy.spec.as_mut()).flat_map(|spec| {
            let from = spec.ingress.iter_mut().flatten().flat_map(|rule| rule.from.iter_mut().flatten());
            from.chain(spec.egress.iter_mut().flatten().flat_map(|rule| rule.to.iter_mut().flatten()))
        })
    }

    /// Every block of addresses, exceptions among them.
    pub fn blocks(&self) -> Vec<&str> {
        let blocks = self.peers().into_iter().filter_map(|peer| peer.ip_block.as_ref());
        blocks
            .flat_map(|block| [&block.cidr].into_iter().chain(block.except.iter().flatten()))
            .map(String::as_str)
            .collect()
    }

    /// As a file for `kubectl apply`.
    pub fn yaml(&self) -> String {
        let mut text = String::new();
        let namespaces = self.namespaces.iter().map(serde_saphyr::to_string);
        let pods = self.pods.iter().map(serde_saphyr::to_string);
        for object in namespaces.chain(pods).chain(self.policies.iter().map(serde_saphyr::to_string)) {
            text += "---\n";
            text += &object.expect("these objects have a YAML form");
        }
        text
    }
}

/// Does a selector select everything?
pub fn is_empty(selector: &LabelSelector) -> bool {
    selector.match_labels.as_ref().is_none_or(BTreeMap::is_empty)
        && selector.match_expressions.as_ref().is_none_or(Vec::is_empty)
}

/// A Pod's namespace and name, as nca writes them.
pub fn full_name(pod: &Pod) -> String {
    let (namespace, name) = (pod.metadata.namespace.as_deref(), pod.metadata.name.as_deref());
    format!("{}/{}", namespace.expect("a namespace"), name.expect("a name"))
}
