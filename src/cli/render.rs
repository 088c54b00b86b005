//! `render`: the policies that a profile becomes.
//!
//! No cluster is asked. A typical one is assumed (DNS by kube-dns in `kube-system`; policies of Cilium's own only where the
//! platform says `cni: Cilium`); Services, EndpointSlices and whatever tells callers (Ingresses, Gateways, monitors) in the same
//! files add to it, so that what a profile refers to can be looked up.

use k8s_openapi::api::{core::v1::Service, discovery::v1::EndpointSlice};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Checker, Finding, Input, Report, inputs::MANIFESTS, manifests, yaml};
use crate::{
    api::Cni,
    model::{Platform, Profile, ServiceRef},
    objects::{Kind, Object},
    observe::{Availability, Endpoints, ServiceRow, World},
    policy::{self, PolicyObject},
};

/// The profiles of all files so far, and the picture that they meet.
#[derive(Debug)]
pub struct Rendering {
    /// What keeps a profile from being rendered.
    pub findings: Vec<Finding>,
    namespace: String,
    profiles: Vec<Profile>,
    world: World,
}

/// What came of it.
#[derive(Debug)]
pub struct Rendered {
    /// The policies, in the order of the profiles.
    pub policies: Vec<PolicyObject>,
    /// What profiles refer to and the files do not hold. Its rule is left out.
    pub missing: Vec<String>,
}

impl Rendering {
    /// Nothing read so far. Profiles that name no namespace are in this one, if it is given.
    #[must_use]
    pub fn new(namespace: Option<&str>) -> Self {
        let namespace = namespace.unwrap_or_default().to_owned();
        Self { findings: Vec::new(), namespace, profiles: Vec::new(), world: World::typical() }
    }

    /// Was no profile found?
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.profiles.is_empty()
    }

    /// Reads one more input.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn add(&mut self, input: &Input, checker: &Checker) -> Result<(), String> {
        let bytes = input.read(MANIFESTS)?;
        let mut report = Report::default();
        report.add_bytes(&input.name(), &bytes, checker);
        let wrong = !report.findings.is_empty();
        self.findings.append(&mut report.findings);
        let Some(text) = yaml::text(&bytes).ok().filter(|_| !wrong) else { return Ok(()) };
        let (documents, _) = yaml::documents(text);
        for root in documents.iter().filter_map(|document| document.root.as_deref()) {
            for profile in manifests(root).0 {
                let mut profile = checker.check(&profile.node.to_value()).profile;
                for profile in profile.iter_mut().filter(|profile| profile.identity.namespace.is_empty()) {
                    self.namespace.clone_into(&mut profile.identity.namespace);
                }
                self.profiles.extend(profile);
            }
            self.observe(root.to_value());
        }
        Ok(())
    }

    /// Objects that profiles refer to. What is none of them, or cannot be read, changes nothing.
    fn observe(&mut self, mut object: Value) {
        if let Some(items) = object.get_mut("items").and_then(Value::as_array_mut) {
            return std::mem::take(items).into_iter().for_each(|item| self.observe(item));
        }
        match object.get("kind").and_then(Value::as_str) {
            Some("Service") => {
                let Some(service) = read::<Service>(object) else { return };
                let namespace = service.metadata.namespace.clone().unwrap_or_default();
                let name = service.metadata.name.clone().unwrap_or_default();
                self.world.services.insert(ServiceRef { namespace, name }, ServiceRow::from(&service));
            }
            Some("EndpointSlice") => {
                let Some(slice) = read::<EndpointSlice>(object) else { return };
                let Some(endpoints) = Endpoints::read(&slice) else { return };
                let name = slice.metadata.name.clone().unwrap_or_default();
                let namespace = endpoints.service.namespace.clone();
                self.world.endpoints.insert(&namespace, &name, endpoints);
            }
            _ => {
                let text = |field| object.get(field).and_then(Value::as_str);
                let kind = text("apiVersion").zip(text("kind")).and_then(|(version, kind)| Kind::of(version, kind));
                let read = kind.and_then(|kind| kind.read(object, &self.namespace).ok());
                if let Some((which, source)) = read.and_then(Object::into_source) {
                    self.world.callers.insert(which, source);
                }
            }
        }
    }

    /// The policies of all profiles.
    #[must_use]
    pub fn finish(mut self, platform: &Platform) -> Rendered {
        // Nobody can be asked whether the cluster knows policies of Cilium's own; a platform that has Cilium does.
        if platform.cni == Cni::Cilium {
            self.world.cilium = Availability::Served;
        }
        let mut rendered = Rendered { policies: Vec::new(), missing: Vec::new() };
        for profile in &self.profiles {
            let resolved = policy::resolve(profile, platform, &self.world);
            let name = &profile.identity.name;
            rendered
                .missing
                .extend(resolved.unresolved.iter().map(|one| format!("{name}: {}: {}", one.path, one.message)));
            let desired = policy::build(profile, &resolved);
            rendered.policies.extend(desired.policies().map(|policy| policy.manifest(&profile.identity.namespace)));
        }
        rendered
    }
}

fn read<T: DeserializeOwned>(object: Value) -> Option<T> {
    serde_json::from_value(object).ok()
}
