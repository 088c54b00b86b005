//! Lines about IPv6 addresses: where somebody uses them, and nowhere else.

use appnet::{
    plan::flows,
    reach::{FarEnd, Grain, Picture},
};

use super::applying::gathered;

const POD: &str = "{apiVersion: v1, kind: Pod, metadata: {name: api-0, namespace: shop, labels: {app: api}}, spec: {containers: [{name: main}]}, \
                   status: {podIPs: [{ip: ADDRESS}]}}\n---\n";

fn policy(cidr: &str) -> String {
    format!(
        "{{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {{name: out, namespace: shop}}, spec: {{podSelector: {{}}, \
         policyTypes: [Egress], egress: [{{to: [{{ipBlock: {{cidr: '{cidr}'}}}}]}}]}}}}\n"
    )
}

fn state(address: &str, cidr: Option<&str>) -> Picture {
    gathered(&(POD.replace("ADDRESS", address) + &cidr.map(policy).unwrap_or_default())).picture
}

/// Is there a line about IPv6 addresses, and one about IPv4 ones?
fn families(before: &Picture, after: &Picture) -> [bool; 2] {
    let all = flows::flows(before, after, Grain::Workloads).flows;
    let about = |v6: bool| {
        all.iter().any(|flow| matches!(&flow.difference.to, FarEnd::Addresses(span) if span.first.is_ipv6() == v6))
    };
    [about(true), about(false)]
}

#[test]
fn ipv6_is_spoken_of_when_a_policy_did_or_does_or_a_pod_has_such_an_address() {
    let (v4, v6) = ("10.0.0.7", "fd00::7");
    let of_v4 = Some("192.0.2.0/24");
    let of_v6 = Some("2001:db8::/32");
    for (what, before, after, expected) in [
        ("nobody", state(v4, None), state(v4, of_v4), [false, true]),
        ("the policy that comes", state(v4, None), state(v4, of_v6), [true, true]),
        ("the policy that goes", state(v4, of_v6), state(v4, None), [true, true]),
        ("the Pod", state(v6, None), state(v6, of_v4), [true, true]),
    ] {
        assert_eq!(families(&before, &after), expected, "{what}");
    }
}
