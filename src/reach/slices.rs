//! Who is behind a Service, where somebody lists it: Pods, and addresses outside.

use std::{
    collections::{BTreeMap, HashMap},
    net::IpAddr,
};

use super::{End, Picture, PodId, Reach, Seat, Slice, words::number};
use crate::{
    model::ServiceRef,
    observe::{EndpointPort, ServicePortRow},
};

impl EndpointPort {
    /// Does it stand for this port of the Service? As for kube-proxy, the name tells.
    #[must_use]
    pub fn is_of(&self, port: &ServicePortRow) -> bool {
        (&self.name, self.protocol) == (&port.name, port.protocol)
    }
}

/// A Pod by namespace and name.
type Named<'p> = (&'p str, &'p str);

impl Reach {
    /// Those that `EndpointSlices` list behind a Service, each with the ports that are listed. A seat is a Pod when the slice
    /// says so, or when a Pod has its address; else it is the address. What Pods on the host network have are addresses of
    /// nodes, which tell nothing about who answers there.
    #[must_use]
    pub fn seats<'p>(&self, picture: &'p Picture, service: &ServiceRef) -> Vec<(End, &'p [EndpointPort])> {
        let slices = picture.slices.get(service).map_or(&[][..], Vec::as_slice);
        if slices.is_empty() {
            return Vec::new();
        }
        let seats = || slices.iter().flat_map(|Slice { seats, ports }| seats.iter().map(move |seat| (seat, ports)));
        let mut at: HashMap<IpAddr, Option<Named<'_>>> =
            seats().filter_map(|(seat, _)| Some((*seat.addresses.first()?, None))).collect();
        for pod in picture.pods.iter().filter(|pod| !pod.host_network) {
            for address in &pod.addresses {
                if let Some(known) = at.get_mut(address) {
                    known.get_or_insert((&pod.namespace, &pod.name));
                }
            }
        }
        let told = |seat: &'p Seat| seat.pod.as_ref().map(|(namespace, name)| (namespace.as_str(), name.as_str()));
        let wanted = at.values().flatten().copied().chain(seats().filter_map(|(seat, _)| told(seat)));
        let pods = self.pods_named(wanted);
        let find = |named: Option<Named<'_>>| named.and_then(|named| pods.get(&named).copied());
        let end = |seat: &'p Seat| {
            let address = seat.addresses.first().copied();
            let by_address = address.and_then(|address| at.get(&address).copied().flatten());
            find(told(seat)).or_else(|| find(by_address)).map(End::Pod).or(address.map(End::Address))
        };
        seats().filter_map(|(seat, ports)| Some((end(seat)?, ports.as_slice()))).collect()
    }

    /// The numbers of the Pods of these names, as far as they are there.
    fn pods_named<'n>(&self, wanted: impl Iterator<Item = Named<'n>>) -> BTreeMap<Named<'n>, PodId> {
        let mut found = BTreeMap::new();
        let mut by_namespace: HashMap<u32, HashMap<&str, Named<'n>>> = HashMap::new();
        for (namespace, name) in wanted {
            if let Some(id) = self.population.find_namespace(namespace) {
                by_namespace.entry(id).or_default().insert(name, (namespace, name));
            }
        }
        if by_namespace.is_empty() {
            return found;
        }
        for (position, pod) in self.population.pods.iter().enumerate().filter(|(_, pod)| !pod.gone) {
            let there = by_namespace.get(&self.population.traits(number(position)).namespace);
            if let Some(named) = there.and_then(|names| names.get(&*pod.name)) {
                found.entry(*named).or_insert(number(position));
            }
        }
        found
    }
}
