//! What an object of an input is, by its apiVersion and kind.

use std::rc::Rc;

use strsim::osa_distance;

use super::{
    super::{
        Finding,
        manifests::{is_meant, lists_profiles, misnamed},
        yaml::{self, Flaw, Node, Position},
    },
    FoundProfile, Source, json,
    wrong::unreadable,
};
use crate::objects::{Kind, Object};

/// What was found in an input.
#[derive(Debug)]
pub(super) enum Found {
    /// An object.
    Object(Box<FoundObject>),
    /// A profile.
    Profile(FoundProfile),
    /// An object of a kind that is not read.
    Other(String),
    /// Something that cannot be read.
    Wrong(Finding),
}

/// An object that was found.
#[derive(Debug)]
pub(super) struct FoundObject {
    pub object: Object,
    pub at: Position,
    /// What stands before its own fields in a path.
    pub prefix: String,
    /// Where a policy stands, field by field.
    pub source: Option<Source>,
}

/// An object as it stands in an input.
#[derive(Clone, Copy)]
pub(super) struct Piece<'a> {
    pub form: Form<'a>,
    pub at: Position,
    /// Its position in a list, and what stands before that.
    pub within: Option<(&'a str, usize)>,
    /// The apiVersion and kind of that list.
    pub list: (&'a str, &'a str),
}

/// The form in which an object stands there.
#[derive(Clone, Copy)]
pub(super) enum Form<'a> {
    Json(&'a str),
    Tree(&'a Rc<Node>),
}

/// Who reads: what all objects of a file have in common.
pub(super) struct Finder<'a> {
    pub file: &'a Rc<str>,
    pub namespace: &'a str,
    /// Are kinds read that say nothing about who may reach whom?
    pub details: bool,
}

impl Piece<'_> {
    pub(super) fn prefix(&self) -> String {
        self.within.map_or_else(String::new, |(before, position)| format!("{before}items[{position}]."))
    }

    /// Its apiVersion and kind. Entries of a `PodList` need not say that they are Pods.
    fn head(&self) -> (String, String) {
        let (version, kind) = match self.form {
            Form::Json(text) => json::head(text),
            Form::Tree(node) => {
                let text = |field| node.text(field).unwrap_or_default().to_owned();
                (text("apiVersion"), text("kind"))
            }
        };
        match item_kind(self.list.1) {
            Some(item) if kind.is_empty() && version.is_empty() => (self.list.0.to_owned(), item.to_owned()),
            _ => (version, kind),
        }
    }
}

/// Do objects of this kind hold others in `items`?
pub(super) fn is_list(kind: &str) -> bool {
    kind.ends_with("List")
}

/// The kind of what a list holds; nothing when it may hold anything, or profiles, which have to say so.
fn item_kind(list: &str) -> Option<&str> {
    list.strip_suffix("List").filter(|item| !item.is_empty() && !lists_profiles(list))
}

/// Letters that may be wrong in a name for it to be the same one.
const SLIPS: usize = 3;

/// The field, and what it must be, of what was meant to be a `NetworkPolicy`: skipped as a kind that is not read, it would be
/// missed in silence.
fn misspelt_policy(version: &str, kind: &str) -> Option<(&'static str, String)> {
    let group = version.split_once('/').map_or("", |(group, _)| group);
    let near = |one: &str, other: &str| osa_distance(&one.to_lowercase(), other) <= SLIPS;
    let (field, must_be, found) = match (group == "networking.k8s.io", kind == "NetworkPolicy") {
        (true, false) if near(kind, "networkpolicy") => ("kind", "NetworkPolicy", kind),
        (false, true) if group.is_empty() || near(group, "networking.k8s.io") => {
            ("apiVersion", "networking.k8s.io/v1", version)
        }
        _ => return None,
    };
    Some((field, format!("must be '{must_be}', and is '{found}'")))
}

impl Finder<'_> {
    /// Finds out what an object is, and what a list holds.
    pub(super) fn find(&self, piece: Piece<'_>, found: &mut Vec<Found>) {
        let (version, kind) = piece.head();
        let list = (version.as_str(), kind.as_str());
        if is_list(&kind) && self.items(&piece, list, found) {
            return;
        }
        found.push(if lists_profiles(piece.list.1) || is_meant(&version, &kind) {
            self.profile(&piece, list)
        } else if let Some(kind) = Kind::of(&version, &kind).filter(|kind| self.details || !kind.is_for_diagnosis()) {
            self.object(&piece, kind)
        } else if let Some((field, message)) = misspelt_policy(&version, &kind) {
            Found::Wrong(self.misspelt(&piece, field, message))
        } else if let Some(object) = self.of_other_kind(&piece, (&version, &kind)) {
            object
        } else {
            Found::Other(if kind.is_empty() { "(no kind)".into() } else { kind })
        });
    }

    /// The entries of a list; false when it has none to show.
    fn items(&self, piece: &Piece<'_>, list: (&str, &str), found: &mut Vec<Found>) -> bool {
        let prefix = piece.prefix();
        let item = |form, at, position| Piece { form, at, within: Some((prefix.as_str(), position)), list };
        match piece.form {
            Form::Tree(node) => {
                let Some(items) = node.get("items").and_then(Node::items) else { return false };
                for (position, node) in items.iter().enumerate() {
                    self.find(item(Form::Tree(node), node.at, position), found);
                }
            }
            Form::Json(text) => {
                let Some(items) = json::items(text) else { return false };
                let mut cursor = json::Cursor::new(text, piece.at);
                for (position, text) in items.into_iter().enumerate() {
                    let at = cursor.place_of(text);
                    self.find(item(Form::Json(text), at, position), found);
                }
            }
        }
        true
    }

    fn misspelt(&self, piece: &Piece<'_>, field: &str, message: String) -> Finding {
        let at = match piece.form {
            Form::Tree(node) => node.locate(field),
            Form::Json(_) => piece.at,
        };
        Finding::of_flaw(self.file, Flaw { at, path: format!("{}{field}", piece.prefix()), message })
    }

    fn object(&self, piece: &Piece<'_>, kind: Kind) -> Found {
        let read = match piece.form {
            Form::Json(text) => kind.read(&mut serde_json::Deserializer::from_str(text), self.namespace),
            Form::Tree(node) => kind.read(&**node, self.namespace),
        };
        let object = match read {
            Ok(object) => object,
            Err(error) => return Found::Wrong(unreadable(self, piece, kind, &error)),
        };
        let source = |prefix| match piece.form {
            Form::Json(text) => Source::json(self.file, prefix, text, piece.at),
            Form::Tree(node) => Source::tree(self.file, prefix, node),
        };
        let source = kind.is_policy().then(|| source(piece.prefix()));
        Found::Object(Box::new(FoundObject { object, at: piece.at, prefix: piece.prefix(), source }))
    }

    /// A workload of a kind that is not listed. What is wrong with an object of such a kind is none of our business.
    fn of_other_kind(&self, piece: &Piece<'_>, (version, kind): (&str, &str)) -> Option<Found> {
        if kind.is_empty() || Kind::of(version, kind).is_some() {
            return None;
        }
        let any = Kind::that_may_run_pods();
        let read = match piece.form {
            // A dump may have very many objects of other kinds.
            Form::Json(text) if !(text.contains("\"template\"") && text.contains("\"containers\"")) => return None,
            Form::Json(text) => any.read(&mut serde_json::Deserializer::from_str(text), self.namespace),
            Form::Tree(node) => any.read(&**node, self.namespace),
        };
        let object = read.ok()?.of_kind(kind)?;
        Some(Found::Object(Box::new(FoundObject { object, at: piece.at, prefix: piece.prefix(), source: None })))
    }

    fn profile(&self, piece: &Piece<'_>, (version, kind): (&str, &str)) -> Found {
        let tree = match piece.form {
            Form::Tree(node) => Some(Rc::clone(node)),
            Form::Json(text) => yaml::tree(text, piece.at),
        };
        let (file, prefix) = (Rc::clone(self.file), piece.prefix());
        if let Some(node) = tree {
            return Found::Profile(FoundProfile { file, node, prefix, misnamed: misnamed(version, kind) });
        }
        let message = "must be written as YAML reads it too, because it is a profile";
        let path = prefix.trim_end_matches('.').to_owned();
        Found::Wrong(Finding::of_flaw(&file, Flaw { at: piece.at, path, message: message.into() }))
    }
}
