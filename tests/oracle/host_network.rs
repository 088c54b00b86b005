//! Pods on the host network, where the API leaves open what policies do.
//!
//! "NetworkPolicy behaviour for hostNetwork pods is undefined" (kubernetes.io, Network Policies, "`NetworkPolicy` and
//! `hostNetwork` pods"). The expected files take them for ordinary Pods. Pairs with such an end are left out of every
//! comparison, and counted; all that can be asked of us is that we claim none of them to be denied.

use appnet::{
    api::Protocol,
    reach::{Connection, End as Asked, Grain, Node, Outcome},
};

use crate::{
    lines::{End, Pair},
    names::Names,
    state::{State, title},
};

/// A port of each protocol that some policy here names, and one that none does.
const ASKED: [(Protocol, u16); 5] =
    [(Protocol::Tcp, 8080), (Protocol::Tcp, 53), (Protocol::Udp, 53), (Protocol::Sctp, 9090), (Protocol::Tcp, 64_999)];

/// Is one end of the pair on the host network?
pub fn is_on_host(pair: &Pair, names: &Names) -> bool {
    let on_host = |end: &End| matches!(end, End::Workload(name) if names.on_host.contains(name));
    on_host(&pair.0) || on_host(&pair.1)
}

/// Fails when a connection with an end on the host network is said to be denied. The number of connections asked for.
pub fn never_denied(state: &State) -> usize {
    let nodes = state.reach.nodes(Grain::Workloads);
    let (on_host, others): (Vec<&Node>, Vec<&Node>) = nodes.all().iter().partition(|node| node.host_network);
    let outside = ["0.0.0.0", "10.0.0.1", "172.30.0.1", "255.255.255.255"];
    let mut ends: Vec<_> = outside.iter().map(|text| Asked::Address(text.parse().expect("an address"))).collect();
    ends.extend(on_host.iter().chain(&others).map(|node| Asked::Pod(node.pod)));
    let mut asked = 0;
    for node in &on_host {
        for other in &ends {
            for (from, to) in [(Asked::Pod(node.pod), *other), (*other, Asked::Pod(node.pod))] {
                for (protocol, port) in ASKED {
                    let verdict = state.reach.query(&Connection { from, to, protocol, port });
                    let case = title(&state.folder);
                    assert_ne!(verdict.outcome(), Outcome::Denied, "{case}: {} and {other:?}", node.text);
                    asked += 1;
                }
            }
        }
    }
    asked
}
