//! Apps of others: their maps, what a default deny would break, and what the policies that were synthesised for them allow.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use appnet::{
    cli::read::Reader,
    reach::{Difference, FarEnd, Grain, Map, Picture, PodsOf, Policy, PortSet, Reach, differences},
};
use serde_json::Value;

use crate::{
    app_text::{self, Service, Whom, Workload, stored},
    connlist,
    lines::{self, End, Pairs},
    names::Names,
    state::{State, all_objects, text, title},
};

const ALL: [Whom; 3] = [Whom::Everyone, Whom::EveryPod, Whom::Named];
const OPEN: [Whom; 2] = [Whom::Everyone, Whom::EveryPod];

/// An app: its manifests, and the policies that the other tool wrote for it.
pub struct App {
    pub title: String,
    pub state: State,
    pub names: Names,
    workloads: Vec<Workload>,
    services: Vec<Service>,
    /// As they stand in the file.
    stored: Vec<Value>,
    /// As the product reads them.
    policies: Vec<Policy>,
}

impl App {
    pub fn read(case: &Path) -> Self {
        let state = State::read(&case.join("input"));
        assert_eq!(state.problems(), [""; 0], "{}", title(case));
        let files = ["expected-netpols.json", "expected-netpols.yaml"].map(|name| case.join(name));
        let file = files.iter().find(|file| file.exists()).expect("the stored policies");
        let stored = all_objects(&file.display().to_string(), &text(file));
        let mut reader = Reader::new("default");
        reader.add_bytes("stored", text(file).as_bytes());
        let reading = reader.finish();
        assert!(reading.problems.is_empty(), "{:?}", reading.problems);
        assert_eq!(reading.picture.policies.len(), stored.len(), "a policy is not evaluated");
        Self {
            title: title(case),
            names: Names::new(&[&state]),
            workloads: app_text::workloads(&state.objects),
            services: app_text::services(&state.objects),
            policies: reading.picture.policies,
            state,
            stored,
        }
    }

    /// The map has every workload, and everyone may call everyone, since there are no policies. The number of lines.
    pub fn is_all_open(&self) -> usize {
        let there: BTreeSet<&str> = self.names.all().collect();
        let declared: BTreeSet<&str> = self.workloads.iter().map(|workload| workload.name.as_str()).collect();
        assert_eq!(there, declared, "{}", self.title);
        let mut lines = connlist::lines_of(&self.state, &self.names);
        let printed = lines::renamed(lines::parse(&connlist::printed(&self.state)), &self.names);
        assert_eq!(lines, printed, "{}: the program prints another map", self.title);
        lines.retain(|(from, _), _| *from != End::IngressController);
        assert!(lines.values().all(PortSet::is_all), "{}: something is closed", self.title);
        // Each with each other, and each with the outside both ways.
        assert_eq!(lines.len(), there.len() * (there.len() + 1), "{}", self.title);
        lines.len()
    }

    /// Cut by a default deny in every namespace: all that was allowed, and nothing else.
    pub fn breaks_by_default_deny(&self) {
        let mut picture = self.state.reading.picture.clone();
        let namespaces: BTreeSet<_> = picture.pods.iter().map(|pod| pod.namespace.clone()).collect();
        picture.policies.extend(namespaces.into_iter().map(|namespace| Policy {
            namespace,
            name: "default-deny".to_owned(),
            subject: PodsOf::All,
            ingress: Some(Vec::new()),
            egress: Some(Vec::new()),
            ignored: Vec::new(),
        }));
        let after = Reach::new(&picture);
        let mut cut = Pairs::new();
        for Difference { from, to, before, after } in differences(&self.state.reach, &after, Grain::Workloads) {
            assert!(after.is_empty(), "{}: {before} is still {after}", self.title);
            let pair = (self.end(from), self.end(to));
            if !lines::is_about_v6(&pair) {
                cut.insert(pair, before);
            }
        }
        let mut allowed = connlist::lines_of(&self.state, &self.names);
        allowed.retain(|(from, _), _| *from != End::IngressController);
        assert_eq!(cut, allowed, "{}", self.title);
        assert_eq!(self.lines(&after, &picture), Pairs::new(), "{}: something is still open", self.title);
    }

    fn end(&self, end: FarEnd) -> End {
        match end {
            FarEnd::Node(key) => End::Workload(self.names.theirs(&key.to_string()).to_owned()),
            FarEnd::Addresses(span) => End::Addresses(span),
        }
    }

    fn lines(&self, reach: &Reach, picture: &Picture) -> Pairs {
        lines::of_map(&mut Map::new(reach, picture, Grain::Workloads), &self.names)
    }

    /// With the stored policies everything is allowed that both of their halves allow, and nothing else. The number of
    /// lines of the map, and of the ways in that stay open.
    pub fn allows_what_is_stored(&self) -> (usize, usize) {
        let mut picture = self.state.reading.picture.clone();
        picture.policies.extend(self.policies.iter().cloned());
        let reach = Reach::new(&picture);
        let mut ours = self.lines(&reach, &picture);
        let mut ways_in = ours.clone();
        ways_in.retain(|(from, _), _| *from == End::IngressController);
        ours.retain(|(from, _), _| *from != End::IngressController);
        assert_eq!(ours, self.stored_lines(), "{}", self.title);
        assert_eq!(ways_in, self.stored_ways_in(), "{}", self.title);
        (ours.len(), ways_in.len())
    }

    /// All that the stored policies allow, read plainly.
    fn stored_lines(&self) -> Pairs {
        let outside = || End::parse("0.0.0.0-255.255.255.255[External]");
        let end = |workload: &Workload| End::Workload(workload.name.clone());
        let mut pairs = Pairs::new();
        for from in &self.workloads {
            assert!(app_text::is_isolated(&self.stored, from), "{} is not isolated", from.name);
            for to in self.workloads.iter().filter(|to| to.name != from.name) {
                let egress = stored(&self.stored, (from, "egress"), Some(to), Some(to), &ALL);
                let ingress = stored(&self.stored, (to, "ingress"), Some(from), Some(to), &ALL);
                pairs.insert((end(from), end(to)), egress.intersection(&ingress));
            }
            let out = stored(&self.stored, (from, "egress"), None, None, &ALL);
            pairs.insert((end(from), outside()), out);
            pairs.insert((outside(), end(from)), stored(&self.stored, (from, "ingress"), None, Some(from), &ALL));
        }
        pairs.retain(|_, ports| !ports.is_empty());
        pairs
    }

    /// Ways in of the manifests, at the ports that rules for everyone or for every Pod leave open.
    fn stored_ways_in(&self) -> Pairs {
        let mut ways_in = connlist::lines_of(&self.state, &self.names);
        ways_in.retain(|(from, _), _| *from == End::IngressController);
        for ((_, to), ports) in &mut ways_in {
            let to = self.workloads.iter().find(|one| one.name == to.to_string()).expect("a workload");
            *ports = ports.intersection(&self.open(to));
        }
        ways_in.retain(|_, ports| !ports.is_empty());
        ways_in
    }

    /// Where just any Pod may call a workload, by the stored policies.
    fn open(&self, workload: &Workload) -> PortSet {
        stored(&self.stored, (workload, "ingress"), Some(workload), Some(workload), &OPEN)
    }

    /// Every pair that a stored rule names stands in both halves, is at a port of a Service that leads to the called, and
    /// the caller's manifest names that Service. The number of pairs.
    pub fn stored_pairs_are_service_edges(&self) -> usize {
        let named = [Whom::Named];
        let mut edges = BTreeMap::new();
        for from in &self.workloads {
            for to in self.workloads.iter().filter(|to| to.name != from.name) {
                let egress = stored(&self.stored, (from, "egress"), Some(to), Some(to), &named);
                let ingress = stored(&self.stored, (to, "ingress"), Some(from), Some(to), &named);
                let edge = format!("{}: {} => {}", self.title, from.name, to.name);
                assert_eq!(egress, ingress, "{edge}: the halves differ");
                if egress.is_empty() {
                    continue;
                }
                let services = self.services.iter().filter(|service| service.leads_to(to));
                let meant = services.filter(|service| from.mentions(&service.name));
                let ports = meant.fold(PortSet::default(), |all, service| all.union(&service.ports(to)));
                assert!(egress.without(&ports).is_empty(), "{edge} : {egress}, and the Services have {ports}");
                edges.insert(edge, egress);
            }
        }
        edges.len()
    }

    /// Wherever a stored rule lets just anyone in, the manifests say why: a way in, a Service that is public, or one that
    /// Prometheus is told to call. The number of workloads.
    pub fn open_doors_have_a_reason(&self) -> usize {
        let ways_in = connlist::lines_of(&self.state, &self.names);
        let open = self.workloads.iter().filter(|workload| !self.open(workload).is_empty());
        let names: Vec<_> = open.clone().map(|workload| &workload.name).collect();
        for workload in open {
            let entrance = ways_in.get(&(End::IngressController, End::Workload(workload.name.clone())));
            let mut ports = entrance.cloned().unwrap_or_default();
            for service in self.services.iter().filter(|service| service.leads_to(workload)) {
                if service.is_public || service.is_scraped {
                    ports = ports.union(&service.ports(workload));
                }
            }
            let unexplained = self.open(workload).without(&ports);
            assert!(unexplained.is_empty(), "{}: why is {} open at {unexplained}?", self.title, workload.name);
        }
        names.len()
    }
}
