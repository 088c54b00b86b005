//! Reads manifests and dumps of clusters: all that says who may reach whom.
//!
//! Files and directories, what Helm and kustomize print, and `kubectl get -o yaml|json`. A dump can be large, so only
//! policies and profiles are kept with their places; everything else becomes a [`Picture`] while it is read.

mod documents;
mod find;
mod json;
mod source;
mod wrong;

use std::{collections::BTreeMap, rc::Rc};

pub use source::{FoundProfile, Source};

use self::find::{Found, FoundObject};
use super::{
    Finding, Input,
    inputs::DUMP,
    yaml::{self, Position},
};
use crate::{
    api::{
        Reason,
        rules::{is_dns_subdomain, text::DNS_SUBDOMAIN},
    },
    model::Problem,
    objects::{Added, Collection, Gathered, Object, Templates},
    observe::{Details, Endpoints},
    reach::Picture,
};

/// Gathers many inputs.
#[derive(Debug)]
pub struct Reader {
    /// The namespace of objects that name none.
    namespace: String,
    file: Rc<str>,
    layer: usize,
    details: bool,
    objects: Collection<Place>,
    found: usize,
    policies: Policies,
    profiles: Vec<FoundProfile>,
    /// By namespace and name: the places among `profiles` of those of this layer.
    places: BTreeMap<(String, String), usize>,
    skipped: BTreeMap<String, usize>,
    problems: Vec<Finding>,
}

/// By namespace and name.
type Policies = BTreeMap<(String, String), Source>;

/// What all inputs hold.
#[derive(Debug)]
pub struct Reading {
    /// What is evaluated.
    pub picture: Picture,
    /// What workloads say of their Pods.
    pub templates: Templates,
    /// Endpoints that someone lists. Those of Services with a selector repeat what their Pods say.
    pub endpoints: Vec<Endpoints>,
    /// What is known beside, if it was asked for.
    pub details: Details,
    /// The profiles, and what was meant to be one.
    pub profiles: Vec<FoundProfile>,
    /// How many objects there were, of whatever kind, and whatever is wrong with them.
    pub objects: usize,
    /// How many objects there are of each kind that is not read.
    pub skipped: BTreeMap<String, usize>,
    /// Pods that have finished, and are not in the picture.
    pub finished_pods: usize,
    /// Pods that are being deleted, and are not in the picture.
    pub going_pods: usize,
    /// What is wrong, in the order of the inputs.
    pub problems: Vec<Finding>,
    policies: Policies,
}

/// Where an object begins.
#[derive(Clone, Debug)]
struct Place {
    file: Rc<str>,
    at: Position,
    layer: usize,
}

impl Reading {
    /// Where a policy of the picture stands.
    #[must_use]
    pub fn policy(&self, namespace: &str, name: &str) -> Option<&Source> {
        self.policies.get(&(namespace.to_owned(), name.to_owned()))
    }
}

impl Reader {
    /// A reader. Objects that name no namespace, and live in one, are taken to be in this one.
    #[must_use]
    pub fn new(namespace: &str) -> Self {
        Self {
            namespace: namespace.to_owned(),
            file: "".into(),
            layer: 0,
            details: false,
            objects: Collection::default(),
            found: 0,
            policies: BTreeMap::new(),
            profiles: Vec::new(),
            places: BTreeMap::new(),
            skipped: BTreeMap::new(),
            problems: Vec::new(),
        }
    }

    /// Objects that say why a connection fails, and nothing about who may reach whom, are read too.
    #[must_use]
    pub fn with_details(self) -> Self {
        Self { details: true, ..self }
    }

    /// Reads one more input.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn add(&mut self, input: &Input) -> Result<(), String> {
        self.add_bytes(&input.name(), &input.read(DUMP)?);
        Ok(())
    }

    /// What is read from now on takes the place of what was read before, without a word, as with `kubectl apply`.
    pub fn lay_over(&mut self) {
        self.layer += 1;
        self.places.clear();
    }

    /// Takes in objects that were read elsewhere.
    pub fn add_objects(&mut self, from: &str, objects: Vec<Object>) {
        self.file = from.into();
        self.found += objects.len();
        for object in objects {
            self.object(FoundObject { object, at: Position::START, prefix: String::new(), source: None });
        }
    }

    /// Reads the content of a file.
    pub fn add_bytes(&mut self, file: &str, bytes: &[u8]) {
        self.file = file.into();
        match yaml::utf8(bytes) {
            Ok(text) => self.text(text),
            Err(flaw) => self.problems.push(Finding::of_flaw(file, flaw)),
        }
    }

    /// JSON as long as there is some, then documents of YAML or JSON.
    fn text(&mut self, text: &str) {
        let (rest, at) = self.json(text, Position::START);
        if rest.trim_start().is_empty() {
            return;
        }
        let (chunks, flaws) = yaml::chunks(rest, at);
        self.problems.extend(flaws.into_iter().map(|flaw| Finding::of_flaw(&self.file, flaw)));
        for chunk in chunks {
            let (text, at) = self.json(chunk.text, chunk.at);
            if !text.trim_start().is_empty() {
                self.yaml(&yaml::Chunk { at, text });
            }
        }
    }

    /// What all inputs hold.
    #[must_use]
    pub fn finish(self) -> Reading {
        let Gathered { picture, templates, endpoints, details, finished_pods, going_pods } = self.objects.finish();
        let Self { policies, profiles, skipped, problems, found: objects, .. } = self;
        Reading {
            picture,
            templates,
            endpoints,
            details,
            profiles,
            objects,
            skipped,
            finished_pods,
            going_pods,
            problems,
            policies,
        }
    }

    fn take(&mut self, found: Found) {
        self.found += 1;
        match found {
            Found::Object(object) => self.object(*object),
            Found::Profile(profile) => self.profile(profile),
            Found::Other(kind) => *self.skipped.entry(kind).or_default() += 1,
            Found::Wrong(finding) => self.problems.push(finding),
        }
    }

    /// Of several with the same name the last one counts, as with other objects. One of a file stands beside that of the cluster:
    /// whether it is there already matters.
    fn profile(&mut self, found: FoundProfile) {
        let Some((namespace, name)) = found.key(&self.namespace) else { return self.profiles.push(found) };
        let key = (namespace.to_owned(), name.to_owned());
        let known = self.places.get(&key).copied();
        let Some(before) = known.and_then(|place| self.profiles.get_mut(place)) else {
            self.places.insert(key, self.profiles.len());
            return self.profiles.push(found);
        };
        let (at, prefix, same) = (found.node.at, found.prefix.clone(), found.says_the_same(before));
        let before = std::mem::replace(before, found);
        if !same {
            let title = format!("AppNetworkProfile '{}'", key.1);
            self.wrong(at, &prefix, "", repeated(&title, &before.file, before.node.at));
        }
    }

    fn object(&mut self, found: FoundObject) {
        let FoundObject { object, at, prefix, source } = found;
        let prefix = prefix.as_str();
        let name = object.name();
        let misnamed = match (name.is_empty(), object.kind().is_policy()) {
            (true, _) => Some("must be given"),
            // A policy of such a name cannot be there. What it would do can be said all the same.
            (false, true) if !is_dns_subdomain(&object.whole_name()) => Some(DNS_SUBDOMAIN),
            (false, _) => None,
        };
        if let Some(message) = misnamed {
            let at = source.as_ref().map_or(at, |source| source.locate("metadata.name"));
            self.wrong(at, prefix, "metadata.name", message);
        }
        if name.is_empty() {
            return;
        }
        let title = format!("{} '{name}'", object.kind_name());
        let key = source.is_some().then(|| (object.namespace().to_owned(), name.to_owned()));
        let place = Place { file: Rc::clone(&self.file), at, layer: self.layer };
        match self.objects.add(object, place) {
            Added::Again => return,
            Added::New => {}
            Added::Replaced(Place { layer, .. }) if layer < self.layer => {}
            Added::Replaced(Place { file, at: Position { line, column }, .. }) => {
                self.wrong(at, prefix, "", repeated(&title, &file, Position { line, column }));
            }
            Added::Refused(refusals) => {
                for refusal in refusals {
                    let at = source.as_ref().map_or(at, |source| source.locate(&refusal.path));
                    self.wrong(at, prefix, &refusal.path, refusal.message);
                }
                return;
            }
        }
        self.policies.extend(key.zip(source));
    }

    fn wrong(&mut self, at: Position, prefix: &str, path: &str, message: impl Into<String>) {
        let path = format!("{prefix}{path}").trim_end_matches('.').to_owned();
        let problem = Problem { path, message: message.into(), reason: Reason::InvalidSpec };
        self.problems.push(Finding::of_problem(&self.file, at, problem));
    }
}

fn repeated(title: &str, file: &str, Position { line, column }: Position) -> String {
    format!(
        "{title} must appear only once, and stands in {file}:{line}:{column} too, where it says something else; as with kubectl \
         apply the last one counts; remove one"
    )
}
