//! Everybody who calls, everybody who is called, and what the wire does.

use std::thread;

use serde_json::Value;

use crate::{cluster::eventually, place::Place};

/// What stands for the world outside, and the ports on which it answers.
const OUTSIDE: [&str; 3] = ["203.0.113.5", "203.0.113.99", "198.51.100.7"];
const OUTSIDE_PORTS: [u16; 3] = [80, 443, 9999];

/// The API server, by its Service's address and by that of its node.
const API_SERVICE: &str = "10.96.0.1";
const NODE: &str = "10.213.0.2";

/// A Pod with the probe.
pub struct Caller<'p> {
    place: &'p Place,
    pod: String,
    on_host: bool,
}

impl Caller<'_> {
    pub fn name(&self) -> String {
        format!("{}/{}", self.place.name, self.pod)
    }
}

/// What is called, in the words of each.
pub struct Target {
    /// The `--to` of `explain`.
    pub to: String,
    /// Its `--port`.
    pub port: String,
    /// For the probe.
    probe: String,
    /// As `plan` names it; nothing for what is no end of a flow.
    pub flow: Option<End>,
    /// On the host network, or a node, or a Service whose endpoints somebody lists by hand: nobody knows what policies do there.
    undefined: bool,
    /// Has it an address that no interface has? The lab's node has no way to those: it has no uplink, and so no route for them.
    of_a_service: bool,
    /// The Pods behind a Service.
    behind: Vec<String>,
}

/// The far end of a flow, with the port.
pub enum End {
    Pod { name: String, port: String },
    Outside { address: std::net::Ipv4Addr, port: String },
}

impl Target {
    pub fn title(&self) -> String {
        format!("{} {} ({})", self.to, self.port, self.probe)
    }

    fn pod(name: String, address: &str, port: &str, on_host: bool, dns: bool) -> Self {
        let (number, protocol) = port.split_once('/').expect("a port with its protocol");
        let kind = match (dns, protocol) {
            (true, "UDP") => "dns",
            (true, _) => "dnstcp",
            (false, _) => "tcp",
        };
        Self {
            probe: format!("{kind}:{address}:{number}"),
            flow: Some(End::Pod { name: name.clone(), port: port.to_owned() }),
            to: name,
            port: port.to_owned(),
            undefined: on_host,
            of_a_service: false,
            behind: Vec::new(),
        }
    }

    fn address(address: &str, port: u16, outside: bool) -> Self {
        let flow = outside
            .then(|| End::Outside { address: address.parse().expect("an address"), port: format!("{port}/TCP") });
        Self {
            to: address.to_owned(),
            port: format!("{port}/TCP"),
            probe: format!("tcp:{address}:{port}"),
            flow,
            undefined: !outside,
            of_a_service: address == API_SERVICE,
            behind: Vec::new(),
        }
    }
}

/// All pairs of them.
pub struct Matrix<'p> {
    pub callers: Vec<Caller<'p>>,
    pub targets: Vec<Target>,
}

/// What became of each connection, by caller and target. Nothing where it was seen too late.
pub struct Wire(Vec<Vec<Option<bool>>>);

impl Wire {
    pub fn open(&self, caller: usize, target: usize) -> Option<bool> {
        self.0[caller][target]
    }
}

fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("{pointer} in {value}"))
}

fn items(list: &Value) -> &Vec<Value> {
    list["items"].as_array().expect("a list")
}

impl<'p> Matrix<'p> {
    /// Reads who there is.
    pub fn of(places: &[&'p Place]) -> Self {
        let (mut callers, mut targets) = (Vec::new(), Vec::new());
        for place in places {
            let pods = place.get(&["pods"]);
            for pod in items(&pods) {
                let (name, on_host) = (text(pod, "/metadata/name"), pod["spec"]["hostNetwork"] == true);
                callers.push(Caller { place, pod: name.to_owned(), on_host });
                let containers = pod["spec"]["containers"].as_array().expect("containers");
                for port in containers.iter().flat_map(|container| container["ports"].as_array().into_iter().flatten())
                {
                    let (name, port) = (format!("{}/{name}", place.name), format!("{}/TCP", port["containerPort"]));
                    targets.push(Target::pod(name, text(pod, "/status/podIP"), &port, on_host, false));
                }
            }
            let services = place.get(&["services"]);
            targets.extend(items(&services).iter().map(|service| service_target(place, service, &pods)));
        }
        targets.extend(dns(places[0]));
        targets
            .extend(OUTSIDE.iter().flat_map(|address| OUTSIDE_PORTS.map(|port| Target::address(address, port, true))));
        targets.extend([Target::address(API_SERVICE, 443, false), Target::address(NODE, 6443, false)]);
        Self { callers, targets }
    }

    /// Every pair, but for a Pod and the Service that may lead to itself, where nobody can say which of its Pods answers, and for
    /// Pods on the host network and Services.
    pub fn pairs(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        let all =
            (0..self.callers.len()).flat_map(|caller| (0..self.targets.len()).map(move |target| (caller, target)));
        all.filter(|(caller, target)| {
            let (caller, target) = (&self.callers[*caller], &self.targets[*target]);
            let no_route = caller.on_host && target.of_a_service;
            !no_route && !target.behind.contains(&caller.name())
        })
    }

    /// Is it undefined what policies do between these? Then it may be known to be open, and never to be shut.
    pub fn is_undefined(&self, caller: usize, target: usize) -> bool {
        let (caller, target) = (&self.callers[caller], &self.targets[target]);
        caller.on_host || target.undefined || target.to == caller.name()
    }

    /// Calls, once each, and notes the answers.
    fn ask(&self, pairs: &[(usize, usize)], wire: &mut Wire) {
        let ask = |caller: usize| {
            let targets: Vec<_> = pairs.iter().filter(|pair| pair.0 == caller).map(|pair| pair.1).collect();
            if targets.is_empty() {
                return Vec::new();
            }
            let probes: Vec<_> = targets.iter().map(|target| self.targets[*target].probe.as_str()).collect();
            let Caller { place, pod, .. } = &self.callers[caller];
            let said = place.kubectl(&[&["exec", pod, "-c", "probe", "--", "/probe", "each"], &probes[..]].concat());
            let lines: Vec<_> = said.lines().collect();
            assert_eq!(lines.len(), probes.len(), "{said}");
            let word = |(line, probe): (&str, &&str)| match line.strip_prefix(probe).map(str::trim) {
                Some("open") => Some(true),
                Some("shut") => Some(false),
                Some("late") => None,
                _ => panic!("{pod} says of {probe}: {line}"),
            };
            targets.into_iter().zip(lines.into_iter().zip(&probes).map(word)).collect()
        };
        let ask = &ask;
        thread::scope(|scope| {
            let asked: Vec<_> = (0..self.callers.len()).map(|caller| scope.spawn(move || ask(caller))).collect();
            for (caller, answers) in asked.into_iter().enumerate() {
                for (target, open) in answers.join().expect("answers") {
                    wire.0[caller][target] = open;
                }
            }
        });
    }

    /// Everybody calls everybody, until what becomes of it is what is said; and then all of it once more, when the policies are in
    /// force. A wrong answer is asked for again: a policy takes a moment to reach the data plane, and a busy machine is late.
    pub fn wire(&self, what: &str, said: impl Fn(usize, usize) -> Option<bool>) -> Wire {
        let mut wire = Wire(self.callers.iter().map(|_| vec![None; self.targets.len()]).collect());
        for round in ["at first", "a second time"] {
            let mut rest: Vec<_> = self.pairs().collect();
            eventually(&format!("the wire does what is said, {round}, {what}"), || {
                self.ask(&rest, &mut wire);
                // Where nobody knows, any answer will do.
                let is_wrong = |(caller, target): &(usize, usize)| match said(*caller, *target) {
                    Some(wanted) => wire.open(*caller, *target) != Some(wanted),
                    None => false,
                };
                rest.retain(is_wrong);
                let title = |(caller, target): &(usize, usize)| {
                    let (from, to) = (self.callers[*caller].name(), self.targets[*target].title());
                    format!("{from} -> {to}: {:?}", wire.open(*caller, *target))
                };
                if rest.is_empty() { Ok(()) } else { Err(rest.iter().map(title).collect::<Vec<_>>()) }
            });
        }
        wire
    }
}

fn service_target(place: &Place, service: &Value, pods: &Value) -> Target {
    let (name, port) = (text(service, "/metadata/name"), &service["spec"]["ports"][0]["port"]);
    let selector = service["spec"]["selector"].as_object().expect("a selector");
    let has = |pod: &&Value| selector.iter().all(|(key, value)| pod["metadata"]["labels"][key] == *value);
    let behind = items(pods).iter().filter(has).map(|pod| format!("{}/{}", place.name, text(pod, "/metadata/name")));
    Target {
        to: format!("{}/svc/{name}", place.name),
        port: format!("{port}/TCP"),
        probe: format!("tcp:{}:{port}", text(service, "/spec/clusterIP")),
        flow: None,
        undefined: false,
        of_a_service: true,
        behind: behind.collect(),
    }
}

/// The cluster's DNS: its Service and its Pods, over UDP and TCP.
fn dns(place: &Place) -> Vec<Target> {
    let get = |what: &[&str]| -> Value {
        let said = place.cluster.kubectl(&[&["-n", "kube-system", "get", "-o", "json"], what].concat());
        serde_json::from_str(&said).expect("kubectl prints JSON")
    };
    let service = get(&["service", "kube-dns"]);
    let pods = get(&["pods", "--selector=k8s-app=kube-dns", "--field-selector=status.phase=Running"]);
    // Another test may just have replaced them.
    let stays = |pod: &&Value| pod["metadata"]["deletionTimestamp"].is_null();
    let mut targets = Vec::new();
    for port in ["53/UDP", "53/TCP"] {
        let named =
            Target::pod("kube-system/svc/kube-dns".into(), text(&service, "/spec/clusterIP"), port, false, true);
        targets.push(Target { flow: None, of_a_service: true, ..named });
        targets.extend(items(&pods).iter().filter(stays).map(|pod| {
            let name = format!("kube-system/{}", text(pod, "/metadata/name"));
            Target::pod(name, text(pod, "/status/podIP"), port, false, true)
        }));
    }
    targets
}
