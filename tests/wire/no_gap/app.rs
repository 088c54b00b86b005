//! The app whose connections are watched, and what surrounds it, on the node.

use std::{
    collections::BTreeMap,
    process::{Child, Command, Stdio},
};

use serde_json::{Value, json};

use super::flows::{FLOWS, Flow, Home, NAMESPACES, Names, OUTSIDE_PORT, PODS, SERVICES, To, WORLD, labels};
use crate::{
    cluster::{Cluster, eventually},
    place::{Place, Server},
    watch::Probe,
};

/// A shop, and what surrounds it.
pub struct App {
    pub cluster: &'static Cluster,
    pub names: Names,
    places: BTreeMap<Home, Place>,
    /// The probe's program, for use outside of Pods.
    program: String,
    /// The listener outside, once it was started.
    listener: Option<Child>,
}

impl Drop for App {
    fn drop(&mut self) {
        if let Some(mut listener) = self.listener.take() {
            // Ours, by its handle; what it started ends with the node.
            let _ = listener.kill();
            let _ = listener.wait();
        }
    }
}

/// A flow that no policy touches, and that goes the way of others but for its policies: of each probe to itself, and to
/// DNS from a namespace without a profile.
pub const CONTROLS: [(&str, To); 2] = [("open-dns", To::Dns), ("open-dnstcp", To::DnsTcp)];

/// Where those to DNS come from.
const UNTOUCHED: (Home, &str) = (Home::Jobs, "cleanup");

/// The name of a probe, and the beginning of those of its control flows.
pub fn probe_name((home, pod): (Home, &str)) -> String {
    format!("{home:?}-{pod}").to_lowercase()
}

/// The control flows that a flow is held against.
pub fn controls(flow: &Flow) -> Vec<String> {
    let probe = probe_name(flow.from);
    let mut controls = vec![format!("{probe}-control"), format!("{probe}-held-up")];
    match flow.to {
        To::Dns => controls.push(CONTROLS[0].0.into()),
        To::DnsTcp => controls.push(CONTROLS[1].0.into()),
        _ => {}
    }
    controls
}

impl App {
    /// Starts every Pod, Services beside them, and a listener in the world outside.
    pub fn start(cluster: &'static Cluster) -> Self {
        let places: BTreeMap<_, _> =
            NAMESPACES.iter().map(|(home, prefix)| (*home, Place::on(cluster, prefix))).collect();
        for place in places.values() {
            cluster.kubectl(&["label", "namespace", &place.name, &format!("place={}", place.name)]);
        }
        // What the other namespaces have, so that the resolvers can be named in the same ways.
        cluster.kubectl(&["label", "--overwrite", "namespace", "kube-system", "place=kube-system"]);
        let dns = ["-n", "kube-system", "label", "--overwrite", "pods", "--selector=k8s-app=kube-dns", "role=kube-dns"];
        cluster.kubectl(&dns);
        for (home, place) in &places {
            let servers = PODS.iter().filter(|(of, _, _)| of == home).map(|(_, name, ports)| {
                let server = Server::new(name, ports).labelled(labels(name));
                if *name == "db" { server.port_named("sql", 5432) } else { server }
            });
            place.start(&servers.collect::<Vec<_>>());
            let services: Vec<_> = SERVICES.iter().filter(|(of, ..)| of == home).map(service).collect();
            if !services.is_empty() {
                place.apply(&json!({"apiVersion": "v1", "kind": "List", "items": services}).to_string());
            }
        }
        let process = cluster.process(&places[&Home::App].name, "web", "probe");
        let mut app = Self {
            cluster,
            names: Names(places.iter().map(|(home, place)| (*home, place.name.clone())).collect()),
            places,
            program: format!("/proc/{process}/root/probe"),
            listener: None,
        };
        app.listen_outside();
        app
    }

    pub fn place(&self) -> &Place {
        &self.places[&Home::App]
    }

    /// A command in the world outside. It ends with the node, if not before.
    fn outside(&self) -> Command {
        let mut command = self.cluster.inside_command();
        command.args(["timeout", "1800", "ip", "netns", "exec", "world", &self.program]);
        command
    }

    /// What answers HTTP there takes few connections at a time, and ours are many.
    fn listen_outside(&mut self) {
        let port = OUTSIDE_PORT.to_string();
        let mut listener = self.outside();
        self.listener = Some(listener.args(["serve", &port]).stdin(Stdio::null()).spawn().expect("node.sh starts"));
        eventually("something listens outside", || {
            let target = format!("tcp:203.0.113.5:{port}");
            if self.places[&Home::Jobs].open("report", &target) { Ok(()) } else { Err("nobody answers") }
        });
    }

    /// Where a flow goes, in the probe's words.
    fn target(&self, to: To) -> String {
        match to {
            To::Pod(home, pod, port) => self.places[&home].tcp(pod, port),
            To::Dns => "dns:10.96.0.10:53".into(),
            To::DnsTcp => "dnstcp:10.96.0.10:53".into(),
            To::ApiServer => "tcp:10.96.0.1:443".into(),
            To::Outside(address) => format!("tcp:{address}:{OUTSIDE_PORT}"),
        }
    }

    /// One probe in each Pod that flows come from, and one in the world. Each watches a flow to itself besides.
    pub fn probes(&self) -> Vec<Probe> {
        let mut by_source: BTreeMap<_, Vec<String>> = BTreeMap::new();
        for flow in FLOWS {
            by_source.entry(flow.from).or_default().push(format!("{}={}", flow.name, self.target(flow.to)));
        }
        let open = by_source.get_mut(&UNTOUCHED).expect("flows come from there");
        open.extend(CONTROLS.map(|(name, to)| format!("{name}={}", self.target(to))));
        let probe = |(source, mut flows): ((Home, &str), Vec<String>)| {
            let name = probe_name(source);
            let itself = PODS.iter().find(|(home, pod, _)| (*home, *pod) == source);
            let port = itself.map_or(OUTSIDE_PORT, |(_, _, ports)| ports[0]);
            flows.push(format!("{name}-control=tcp:127.0.0.1:{port}"));
            match source {
                (Home::World, _) => Probe { name, command: self.outside(), flows },
                (home, pod) => Probe::in_pod(name, &self.places[&home], pod, flows),
            }
        };
        by_source.into_iter().map(probe).collect()
    }

    /// The address that each flow comes from, by the flow's name.
    pub fn sources(&self) -> BTreeMap<&'static str, String> {
        let mut addresses = BTreeMap::new();
        for Flow { from, .. } in FLOWS {
            addresses.entry(*from).or_insert_with(|| match from.0 {
                Home::World => WORLD.to_owned(),
                home => self.places[&home].address(from.1),
            });
        }
        FLOWS.iter().map(|flow| (flow.name, addresses[&flow.from].clone())).collect()
    }
}

fn service((_, name, pod, port): &(Home, &str, &str, u16)) -> Value {
    json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name},
        "spec": {"selector": {"app": pod}, "ports": [{"port": 80, "targetPort": port}]}})
}
