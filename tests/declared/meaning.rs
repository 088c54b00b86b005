//! What profiles declare, straight from the words of the resource: a matrix of who may call whom at which ports.
//!
//! Slow and simple on purpose. It knows nothing of policies, and uses nothing of the product but the resource's types.

use appnet::api::{Destination, DestinationPort, DnsMode, Isolation, PlatformPeer, PodsPeer, Protocol, Tier};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use crate::{
    case::{Case, End, Labels, Profile, Service, To},
    numbers::Numbers,
    words::{Port, inside, number, selects, span, used, written},
};

/// By caller and called: the ports.
pub type Matrix = Vec<Vec<Numbers>>;

/// What the profiles of a case declare: what the caller's side lets pass, what the called one's does, and what both do.
///
/// The sides are kept apart, for a policy that allows too much must not hide behind the one at the other end.
pub struct Declared {
    pub egress: Matrix,
    pub ingress: Matrix,
    pub both: Matrix,
}

/// What one side of all connections was told: who calls, whom, at which ports. Those who are told nothing may do everything.
struct Side {
    is_told: Vec<bool>,
    may: Matrix,
}

struct Reader<'a> {
    case: &'a Case,
    ends: &'a [End],
    calls: Side,
    is_called: Side,
}

/// What the profiles of a case declare about these ends.
pub fn declared(case: &Case, ends: &[End]) -> Declared {
    let side =
        || Side { is_told: vec![false; ends.len()], may: vec![vec![Numbers::default(); ends.len()]; ends.len()] };
    let mut reader = Reader { case, ends, calls: side(), is_called: side() };
    for profile in &case.profiles {
        reader.profile(profile);
    }
    let Reader { calls, is_called, .. } = reader;
    let matrix = |at: &dyn Fn(usize, usize) -> Numbers| -> Matrix {
        (0..ends.len()).map(|from| (0..ends.len()).map(|to| at(from, to)).collect()).collect()
    };
    let out = |from: usize, to: usize| if calls.is_told[from] { calls.may[from][to] } else { Numbers::ALL };
    let into = |from: usize, to: usize| if is_called.is_told[to] { is_called.may[from][to] } else { Numbers::ALL };
    Declared { egress: matrix(&out), ingress: matrix(&into), both: matrix(&|from, to| out(from, to) & into(from, to)) }
}

impl Reader<'_> {
    fn profile(&mut self, Profile { namespace, spec, .. }: &Profile) {
        let members = |reader: &Self, tier: &Tier| {
            reader.pods(|pod_namespace, labels| pod_namespace == *namespace && selects(&tier.pod_selector, labels))
        };
        let named = |name: &str| spec.tiers.iter().find(|tier| tier.name == name).expect("a tier of the profile");
        let dns = self.dns(&spec.dns, namespace);
        for tier in &spec.tiers {
            let own = members(self, tier);
            self.isolate(&own);
            for source in &tier.from {
                let ports = used(tier, source.ports.as_ref());
                let callers = match (&source.tier, &source.pods, &source.cidr) {
                    (Some(name), ..) => members(self, named(name)),
                    (_, Some(pods), _) => self.pods_of(pods, namespace),
                    (_, _, Some(cidr)) => self.addresses(cidr, &source.except),
                    _ => panic!("a source is of one kind"),
                };
                self.may_be_called(&callers, &own, &ports);
                // Another tier is ours to tell as well; for anyone else somebody else decides.
                if source.tier.is_some() {
                    self.may_call(&callers, &own, &ports);
                }
            }
            if let Some(exposed) = &tier.exposed {
                let controllers = spec.ingress_controller.iter().flat_map(|need| &need.from);
                let callers = self.platform(controllers, namespace);
                self.may_be_called(&callers, &own, &used(tier, exposed.ports.as_ref()));
            }
            if let Some(metrics) = &tier.metrics {
                let callers = self.platform(spec.monitoring.iter().flat_map(|need| &need.from), namespace);
                self.may_be_called(&callers, &own, &used(tier, metrics.ports.as_ref()));
            }
            for to in tier.to.iter().chain(&spec.telemetry) {
                for (called, ports) in self.destination(to, namespace) {
                    self.may_call(&own, &called, &ports);
                }
            }
            for (resolvers, ports) in &dns {
                self.may_call(&own, resolvers, ports);
            }
        }
        if spec.isolation == Isolation::Namespace {
            let everyone = self.pods(|pod_namespace, _| pod_namespace == *namespace);
            self.isolate(&everyone);
            for (resolvers, ports) in &dns {
                self.may_call(&everyone, resolvers, ports);
            }
        }
    }

    fn isolate(&mut self, ends: &[usize]) {
        for end in ends {
            self.calls.is_told[*end] = true;
            self.is_called.is_told[*end] = true;
        }
    }

    fn may_call(&mut self, from: &[usize], to: &[usize], ports: &[Port]) {
        for called in to {
            let numbers = self.numbers(ports, self.ends[*called]);
            for caller in from {
                self.calls.may[*caller][*called] |= numbers;
            }
        }
    }

    fn may_be_called(&mut self, from: &[usize], to: &[usize], ports: &[Port]) {
        for called in to {
            let numbers = self.numbers(ports, self.ends[*called]);
            for caller in from {
                self.is_called.may[*caller][*called] |= numbers;
            }
        }
    }

    /// The numbers of ports at who is called: a name means what that Pod calls so, and nothing at an address.
    fn numbers(&self, ports: &[Port], called: End) -> Numbers {
        let mut numbers = Numbers::default();
        for Port { protocol, number, last } in ports {
            match (number, called) {
                (IntOrString::Int(first), _) => numbers |= span(*protocol, *first, last.unwrap_or(*first)),
                (IntOrString::String(wanted), End::Pod(pod)) => {
                    for (name, of, number) in &self.case.pods[pod].ports {
                        if name == wanted && of == protocol {
                            numbers |= Numbers::span(*of, *number, *number);
                        }
                    }
                }
                (IntOrString::String(_), End::Address(_)) => {}
            }
        }
        numbers
    }

    fn pods(&self, wanted: impl Fn(&str, &Labels) -> bool) -> Vec<usize> {
        let is_wanted = |end: &End| match end {
            End::Pod(pod) => wanted(self.case.pods[*pod].namespace, &self.case.pods[*pod].labels),
            End::Address(_) => false,
        };
        (0..self.ends.len()).filter(|end| is_wanted(&self.ends[*end])).collect()
    }

    fn pods_of(&self, peer: &PodsPeer, own: &str) -> Vec<usize> {
        self.pods(|namespace, labels| {
            let there = match (&peer.namespace, &peer.namespace_selector) {
                (Some(name), _) => namespace == name,
                (None, Some(selector)) => selects(selector, &self.case.namespaces[namespace]),
                (None, None) => namespace == own,
            };
            there && (peer.all_pods || peer.pod_selector.as_ref().is_some_and(|selector| selects(selector, labels)))
        })
    }

    fn addresses(&self, cidr: &str, except: &[String]) -> Vec<usize> {
        let is_wanted = |end: &End| match end {
            End::Address(address) => inside(cidr, *address) && !except.iter().any(|hole| inside(hole, *address)),
            End::Pod(_) => false,
        };
        (0..self.ends.len()).filter(|end| is_wanted(&self.ends[*end])).collect()
    }

    fn platform<'p>(&self, peers: impl Iterator<Item = &'p PlatformPeer>, own: &str) -> Vec<usize> {
        let one = |peer: &PlatformPeer| match &peer.cidr {
            Some(cidr) => self.addresses(cidr, &[]),
            None => self.pods_of(
                &PodsPeer {
                    namespace: peer.namespace.clone(),
                    namespace_selector: peer.namespace_selector.clone(),
                    pod_selector: peer.pod_selector.clone(),
                    all_pods: peer.all_pods,
                },
                own,
            ),
        };
        peers.flat_map(one).collect()
    }

    fn destination(&self, to: &Destination, own: &str) -> Vec<(Vec<usize>, Vec<Port>)> {
        let ports = to.ports.iter().flatten().map(written).collect();
        if let Some(pods) = &to.pods {
            return vec![(self.pods_of(pods, own), ports)];
        }
        if let Some(cidr) = &to.cidr {
            return vec![(self.addresses(cidr, &to.except), ports)];
        }
        if let Some(wanted) = &to.service {
            let namespace = wanted.namespace.as_deref().unwrap_or(own);
            return vec![self.service(self.find(namespace, &wanted.name), to.ports.as_deref())];
        }
        // The API server: where the cluster publishes it, and at its Service's own address and port.
        let kubernetes = self.find("default", "kubernetes");
        let own_address = self.addresses(&format!("{}/32", kubernetes.cluster_ip.expect("an address")), &[]);
        let own_ports = kubernetes.ports.iter().map(|port| number(port.protocol, port.port)).collect();
        vec![self.service(kubernetes, None), (own_address, own_ports)]
    }

    fn find(&self, namespace: &str, name: &str) -> &Service {
        let is_wanted = |service: &&Service| service.namespace == namespace && service.name == name;
        self.case.services.iter().find(is_wanted).expect("a Service of the case")
    }

    /// Those that a Service sends to, at the ports where they listen.
    fn service(&self, service: &Service, wanted: Option<&[DestinationPort]>) -> (Vec<usize>, Vec<Port>) {
        let ends = match &service.to {
            To::Pods(labels) => self.pods(|namespace, of| {
                namespace == service.namespace && labels.iter().all(|(key, value)| of.get(key) == Some(value))
            }),
            To::Addresses(list) => list.iter().flat_map(|one| self.addresses(&format!("{one}/32"), &[])).collect(),
        };
        let is_wanted = |port: &&crate::case::ServicePort| {
            wanted.is_none_or(|wanted| {
                wanted.iter().any(|wanted| {
                    wanted.protocol == port.protocol
                        && match &wanted.port {
                            IntOrString::Int(first) => {
                                (*first..=wanted.end_port.unwrap_or(*first)).contains(&i32::from(port.port))
                            }
                            IntOrString::String(name) => name == port.name,
                        }
                })
            })
        };
        let target =
            |port: &crate::case::ServicePort| Port { protocol: port.protocol, number: port.target.clone(), last: None };
        (ends, service.ports.iter().filter(is_wanted).map(target).collect())
    }

    /// Resolvers are asked over UDP, and over TCP where an answer does not fit.
    fn dns(&self, dns: &appnet::api::Dns, own: &str) -> Vec<(Vec<usize>, Vec<Port>)> {
        let both = |port: u16| vec![number(Protocol::Udp, port), number(Protocol::Tcp, port)];
        match dns.mode {
            DnsMode::None => Vec::new(),
            DnsMode::Explicit => {
                let resolvers = dns.resolvers.iter().flatten().map(|resolver| {
                    let ends = match (&resolver.pods, &resolver.cidr) {
                        (Some(pods), _) => self.pods_of(pods, own),
                        (None, cidr) => self.addresses(cidr.as_deref().expect("one of both"), &[]),
                    };
                    (ends, both(u16::try_from(resolver.port).expect("a port")))
                });
                resolvers.collect()
            }
            DnsMode::Auto => {
                let service = self.find("kube-system", "kube-dns");
                // What else its Pods listen on, such as for metrics, is not DNS.
                let only_dns = Service {
                    ports: service.ports.iter().filter(|port| port.port == 53).cloned().collect(),
                    ..service.clone()
                };
                let mut found = vec![self.service(&only_dns, None)];
                if self.case.node_local_dns {
                    let addresses = ["169.254.20.10"].into_iter().chain(service.cluster_ip);
                    let caches = addresses.flat_map(|address| self.addresses(&format!("{address}/32"), &[]));
                    found.push((caches.collect(), both(53)));
                }
                found
            }
        }
    }
}
