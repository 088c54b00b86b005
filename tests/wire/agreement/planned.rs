//! What `plan` says, against the live cluster.

use std::{fs, net::Ipv4Addr, process::Command};

use serde_json::Value;

use super::{matrix::End, profile_file, words::Words};
use crate::{
    place::Place,
    support::{Answer, scratch},
};

/// A plan, flow by flow.
pub struct Plan {
    flows: Vec<Flow>,
    text: String,
}

struct Flow {
    from: String,
    to: To,
    lost: Words,
    won: Words,
}

enum To {
    Pod(String),
    Addresses(Ipv4Addr, Ipv4Addr),
}

/// What becomes of one connection.
#[derive(Debug, Default)]
pub struct Says {
    pub cut: bool,
    pub opened: bool,
}

/// Plans a profile of this place.
pub fn plan(place: &Place, profile: &str) -> Plan {
    let file = scratch(&format!("agreement-profile-{}.json", place.name));
    fs::write(&file, profile_file(place, profile)).expect("ours to write");
    let mut command = Command::new(env!("CARGO_BIN_EXE_kubectl-appnet"));
    command.env_clear().env("KUBECONFIG", place.cluster.folder().join("kubeconfig"));
    command.args(["plan", "--by", "pods", "--all", "-o", "json", "-f"]).arg(&file);
    let Answer { stdout, stderr, code } = Answer::of(&mut command, "");
    fs::remove_file(file).expect("it was there");
    let plan: Value =
        serde_json::from_str(&stdout).unwrap_or_else(|error| panic!("{error}: {code:?} {stderr}{stdout}"));
    assert_eq!(plan["partial"], false, "{stderr}");
    assert_eq!(code, Some(1), "something changes: {stderr}{stdout}");
    let flows = plan["flows"].as_array().expect("flows").iter().filter_map(flow).collect();
    Plan { flows, text: stdout }
}

/// A flow whose caller is a Pod: addresses outside call nobody here.
fn flow(row: &Value) -> Option<Flow> {
    let text = |field: &str| row[field].as_str().unwrap_or_default();
    let from = text("from").strip_suffix("[Pod]")?.to_owned();
    let to = match text("to") {
        "any address outside the cluster" => To::Addresses(Ipv4Addr::UNSPECIFIED, Ipv4Addr::BROADCAST),
        to => match (to.strip_suffix("[Pod]"), to.strip_prefix("addresses ")) {
            (Some(pod), _) => To::Pod(pod.to_owned()),
            (None, Some(span)) => {
                // One address stands for itself.
                let (first, last) = span.split_once('-').unwrap_or((span, span));
                let read = |text: &str| text.parse().expect("an IPv4 address");
                To::Addresses(read(first), read(last))
            }
            // A workload of another test that has no Pods yet.
            (None, None) if to.ends_with(']') => return None,
            (None, None) => panic!("nobody knows what this is: {row}"),
        },
    };
    Some(Flow { from, to, lost: Words::read(text("lost")), won: Words::read(text("won")) })
}

impl Plan {
    /// What it says of a connection.
    pub fn says(&self, from: &str, end: &End) -> Says {
        let mut says = Says::default();
        for flow in self.flows.iter().filter(|flow| flow.from == from) {
            let port = match (end, &flow.to) {
                (End::Pod { name, port }, To::Pod(pod)) if name == pod => port,
                (End::Outside { address, port }, To::Addresses(first, last)) if (first..=last).contains(&address) => {
                    port
                }
                _ => continue,
            };
            says.cut |= flow.lost.have(port);
            says.opened |= flow.won.have(port);
        }
        says
    }

    pub fn text(&self) -> &str {
        &self.text
    }
}
