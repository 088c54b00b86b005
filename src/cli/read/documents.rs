//! YAML, document by document, and the entries of a list one by one.

use std::rc::Rc;

use super::{
    super::{
        Finding,
        manifests::is_meant,
        yaml::{self, Chunk, Document, Node, Take, Wants},
    },
    Reader,
    find::{Finder, Form, Found, Piece, is_list},
};
use crate::{model::path::Step, objects::Kind};

/// What was found in the current document.
struct Documents<'r> {
    reader: &'r mut Reader,
    /// What its `items` hold. Only at its end it is known whether it is a list at all.
    found: Vec<Found>,
    /// Entries that do not say what they are; the list may.
    unnamed: Vec<(usize, Rc<Node>)>,
}

impl Reader {
    /// Reads a document.
    pub(super) fn yaml(&mut self, chunk: &Chunk<'_>) {
        yaml::read(chunk, &mut Documents { reader: self, found: Vec::new(), unnamed: Vec::new() });
    }
}

impl Documents<'_> {
    fn find(&mut self, node: &Rc<Node>, position: Option<usize>, list: (&str, &str)) {
        let within = position.map(|position| ("", position));
        let Reader { file, namespace, details, .. } = &*self.reader;
        let finder = Finder { file, namespace, details: *details };
        finder.find(Piece { form: Form::Tree(node), at: node.at, within, list }, &mut self.found);
    }
}

impl Take for Documents<'_> {
    fn begin(&mut self) {
        self.found.clear();
        self.unnamed.clear();
    }

    fn wants(&self, api_version: &str, kind: &str) -> Wants {
        if is_list(kind) || is_meant(api_version, kind) {
            return |_| true;
        }
        match Kind::of(api_version, kind) {
            // Who wrote a policy, and what it says of itself, is shown.
            Some(kind) if kind.is_policy() => |path| !matches!(path, [.., Step::Field("managedFields")]),
            Some(_) => needed,
            None => of_pods,
        }
    }

    fn item(&mut self, position: usize, item: Rc<Node>) {
        if item.text("kind").is_some() {
            self.find(&item, Some(position), ("", ""));
        } else {
            self.unnamed.push((position, item));
        }
    }

    fn end(&mut self, Document { root, flaws }: Document) {
        let mut flawed = root.is_none();
        if let Some(root) = root {
            let text = |field| root.text(field).unwrap_or_default();
            let list = (text("apiVersion"), text("kind"));
            let taken = !self.found.is_empty() || !self.unnamed.is_empty();
            if taken && is_list(list.1) {
                for (position, item) in std::mem::take(&mut self.unnamed) {
                    self.find(&item, Some(position), list);
                }
            } else {
                self.begin();
                self.find(&root, None, ("", ""));
            }
            flawed = self.found.iter().any(|found| !matches!(found, Found::Other(_)));
            self.found.drain(..).for_each(|found| self.reader.take(found));
        }
        // The text of other kinds is none of our business.
        if flawed {
            let file = Rc::clone(&self.reader.file);
            self.reader.problems.extend(flaws.into_iter().map(|flaw| Finding::of_flaw(&file, flaw)));
        }
    }
}

/// Of an object of any other kind only a template for Pods is looked at, and whose it is.
fn of_pods(path: &[Step<'_>]) -> bool {
    use Step::Field;
    match path {
        [Field("metadata" | "spec")] => true,
        [Field("metadata"), ..] | [Field("spec"), Field("template" | "replicas"), ..] => needed(path),
        _ => false,
    }
}

/// Most of a Pod says nothing about the network. What is left out here is never looked at in JSON either.
fn needed(path: &[Step<'_>]) -> bool {
    use Step::{Field, Item};
    match path {
        [Field("status"), Field(field)] => {
            matches!(*field, "phase" | "podIP" | "podIPs" | "completionTime" | "conditions")
        }
        [.., Field("containers" | "initContainers"), Item(_), Field(field)] => {
            matches!(*field, "name" | "image" | "args" | "ports" | "restartPolicy")
        }
        [.., Field("metadata"), Field(field)] => !matches!(*field, "annotations" | "managedFields"),
        [.., Field("spec"), Field(field)] => !matches!(
            *field,
            "affinity" | "tolerations" | "topologySpreadConstraints" | "volumeClaimTemplates" | "volumes"
        ),
        _ => true,
    }
}
