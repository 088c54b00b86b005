//! Names that are not asked of the cluster's DNS Pods: of caches on the nodes, and of resolvers of a Pod's own choice.

use std::net::IpAddr;

use super::{
    Diagnosis, Fix, Scene, Severity, Symptom,
    dns::{DNS, Server},
    hosts,
    scene::{found, target},
};
use crate::{
    api::{Protocol, Reason},
    explain::{name_of, name_of_workload},
    model::Cidr,
    reach::{End, Outcome, Pod, PodId},
};

/// The address that node-local DNS caches listen on by default.
const NODE_LOCAL: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(169, 254, 20, 10));

/// Is it the address of a Service?
pub(super) fn is_service(scene: &Scene<'_>, address: IpAddr) -> bool {
    scene.setting.picture.services.values().any(|row| row.cluster_ips.contains(&address))
}

/// Caches on the nodes: the addresses at which they answer, their own before those of the DNS Services.
pub(super) struct Caches {
    own: IpAddr,
    all: Vec<IpAddr>,
}

/// The caches of this cluster, if it has some.
pub(super) fn caches(scene: &Scene<'_>, servers: &[Server<'_>]) -> Option<Caches> {
    let is_cache = |pod: &Pod| pod.host_network && pod.labels.get("k8s-app").is_some_and(|app| app == "node-local-dns");
    scene.kinds_of_all_pods().into_iter().find(|(_, pod)| is_cache(pod))?;
    let mut all: Vec<_> = scene.setting.profiles.platform().dns.node_local.iter().map(Cidr::first).collect();
    if all.is_empty() {
        all.push(NODE_LOCAL);
    }
    let own = *all.first()?;
    all.extend(servers.iter().flat_map(|server| server.row.cluster_ips.iter().copied()));
    Some(Caches { own, all })
}

impl Caches {
    /// A Pod that may ask none of them.
    pub(super) fn blocked(&self, scene: &Scene<'_>, (id, pod): (PodId, &Pod)) -> Option<Diagnosis> {
        let asks = |address: &IpAddr| scene.may_leave(id, End::Address(*address), (Protocol::Udp, DNS));
        let own = self.own;
        (!self.all.iter().any(asks)).then(|| {
            found(
                (Symptom::Dns, Severity::Error, Reason::NodeLocalDnsBlocked),
                name_of_workload(pod),
                format!(
                    "a DNS cache runs on the host network of each node and answers at {own}, which no selector matches, and no policy \
                     lets the Pods ask it"
                ),
                scene.fix(&name_of(pod), &own.to_string(), (Protocol::Udp, DNS)),
            )
        })
    }
}

/// Pods that ask resolvers of their own choice.
pub(super) fn resolvers_of_its_own(
    scene: &Scene<'_>,
    (id, pod): (PodId, &Pod),
    resolvers: &[IpAddr],
    policy: &str,
) -> Vec<Diagnosis> {
    let denied = |address: &IpAddr| scene.outcome(id, End::Address(*address), (Protocol::Udp, DNS)) == Outcome::Denied;
    let mut all = Vec::new();
    // One that answers is enough.
    if let Some(address) = resolvers.first().filter(|_| resolvers.iter().all(denied)) {
        all.push(found(
            (Symptom::Dns, Severity::Error, Reason::ResolverBlocked),
            name_of_workload(pod),
            format!(
                "the Pods have `dnsPolicy: {policy}` and ask {address} for names, which no policy lets them call{}",
                hosts::beside(scene, pod)
            ),
            scene.fix(&name_of(pod), &address.to_string(), (Protocol::Udp, DNS)),
        ));
    }
    if resolvers.is_empty() {
        all.push(found(
            (Symptom::Dns, Severity::Warning, Reason::ResolverBlocked),
            name_of_workload(pod),
            format!(
                "the Pods have `dnsPolicy: Default` and ask the resolvers of their node, which cannot be seen from here{}",
                hosts::beside(scene, pod)
            ),
            Fix::Ask(format!("kubectl exec -n {} {} -- cat /etc/resolv.conf", pod.namespace, target(pod))),
        ));
    }
    all
}
