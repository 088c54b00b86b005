//! The app whose connections are watched, and what surrounds it, on the node.

use std::{
    collections::BTreeMap,
    process::{Child, Command, Stdio},
};

use serde_json::{Value, json};

use super::{
    drops::Ends,
    flows::{FLOWS, Flow, Home, NAMESPACES, Names, OUTSIDE_PORT, PODS, SERVICES, To, WORLD, labels},
};
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

    /// One probe in each Pod that flows come from, and one in the world.
    pub fn probes(&self) -> Vec<Probe> {
        let mut by_source: BTreeMap<_, Vec<String>> = BTreeMap::new();
        for flow in FLOWS {
            by_source.entry(flow.from).or_default().push(format!("{}={}", flow.name, self.target(flow.to)));
        }
        let probe = |(source, flows): ((Home, &str), Vec<String>)| match source {
            (Home::World, _) => Probe { command: self.outside(), flows },
            (home, pod) => Probe::in_pod(&self.places[&home], pod, flows),
        };
        by_source.into_iter().map(probe).collect()
    }

    /// The ends of each flow, by its name.
    pub fn ends(&self) -> BTreeMap<&'static str, Ends> {
        let mut addresses = BTreeMap::new();
        for (home, pod, _) in PODS {
            addresses.insert((*home, *pod), self.places[home].address(pod));
        }
        let ends = |flow: &Flow| {
            let source = addresses.get(&flow.from).map_or_else(|| WORLD.to_owned(), String::clone);
            let (target, ports) = match flow.to {
                To::Pod(home, pod, port) => (Some(addresses[&(home, pod)].clone()), vec![port]),
                To::Dns | To::DnsTcp => (None, vec![53]),
                To::ApiServer => (None, vec![443, 6443]),
                To::Outside(address) => (Some(address.to_owned()), vec![OUTSIDE_PORT]),
            };
            Ends { source, target, ports }
        };
        FLOWS.iter().map(|flow| (flow.name, ends(flow))).collect()
    }
}

fn service((_, name, pod, port): &(Home, &str, &str, u16)) -> Value {
    json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name},
        "spec": {"selector": {"app": pod}, "ports": [{"port": 80, "targetPort": port}]}})
}
