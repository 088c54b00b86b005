//! What `map` says: all pairs of Pods at once, by the program itself.

use std::{net::Ipv4Addr, path::Path, process::Command};

use serde_json::Value;

use super::matrix::End;
use crate::support::Answer;

/// A map, Pod by Pod.
pub struct Map {
    edges: Vec<Value>,
}

impl Map {
    pub fn of(file: &Path) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kubectl-appnet"));
        command.env_clear().args(["map", "--pods", "-o", "json", "-f"]).arg(file);
        let Answer { stdout, stderr, code } = Answer::of(&mut command, "");
        assert_eq!(code, Some(0), "{stderr}");
        let mut map: Value = serde_json::from_str(&stdout).expect("JSON");
        Self { edges: serde_json::from_value(map["edges"].take()).expect("edges") }
    }

    /// Does it say that this Pod may call that end?
    pub fn has(&self, from: &str, to: &End) -> bool {
        self.edges.iter().filter(|edge| edge["from"] == format!("{from}[Pod]")).any(|edge| {
            let id = edge["to"].as_str().expect("an end");
            let (is_it, port) = match to {
                End::Pod { name, port } => (id == format!("{name}[Pod]"), port),
                End::Outside { address, port } => (is_among(*address, id), port),
            };
            is_it && has_port(edge, port)
        })
    }
}

fn is_among(address: Ipv4Addr, id: &str) -> bool {
    let Some(span) = id.strip_suffix("[External]") else { return false };
    let (first, last) = span.split_once('-').unwrap_or((span, span));
    let read = |text: &str| text.parse::<Ipv4Addr>().expect("an IPv4 address");
    (read(first)..=read(last)).contains(&address)
}

fn has_port(edge: &Value, port: &str) -> bool {
    let (number, protocol) = port.split_once('/').expect("a port with its protocol");
    let number: u64 = number.parse().expect("a number");
    let spans = edge["ports"].as_array().into_iter().flatten();
    edge["all"] == true
        || spans.clone().any(|span| {
            let end = |field: &str| span[field].as_u64().expect("a port");
            span["protocol"] == protocol && (end("first")..=end("last")).contains(&number)
        })
}
