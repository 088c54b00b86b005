//! Where policies and profiles stand, field by field.

use std::{cell::OnceCell, rc::Rc};

use serde_json::Value;

use super::super::{
    Finding,
    yaml::{self, Node, Position},
};
use crate::{api::AppNetworkProfileSpec, model::Problem};

/// Where an object stands.
#[derive(Debug)]
pub struct Source {
    /// The file's name as it was given.
    pub file: Rc<str>,
    /// Where the object begins.
    pub at: Position,
    /// What stands before its own fields in a path: nothing, or as `items[2].` in a list.
    pub prefix: String,
    text: Text,
}

#[derive(Debug)]
enum Text {
    Tree(Rc<Node>),
    /// JSON is read without places, which is several times as fast; a tree is made when a place is asked for.
    Json(Box<str>, OnceCell<Option<Rc<Node>>>),
}

/// A profile in an input, or something that was meant to be one.
#[derive(Debug)]
pub struct FoundProfile {
    /// The file's name as it was given.
    pub file: Rc<str>,
    /// The object.
    pub node: Rc<Node>,
    /// What stands before its own fields in a path: nothing, or as `items[2].` in a list.
    pub prefix: String,
    /// What is wrong with `apiVersion` or `kind`.
    pub misnamed: Option<Problem>,
}

impl FoundProfile {
    /// Its namespace, which is `namespace` when it names none, and its name; nothing for what is no profile with a name.
    #[must_use]
    pub fn key<'a>(&'a self, namespace: &'a str) -> Option<(&'a str, &'a str)> {
        let text = |field| self.node.get("metadata").and_then(|metadata| metadata.text(field));
        let name = text("name").filter(|_| self.misnamed.is_none())?;
        Some((text("namespace").unwrap_or(namespace), name))
    }

    /// Problems of it, as they stand in its file, from top to bottom.
    #[must_use]
    pub fn findings(&self, problems: Vec<Problem>) -> Vec<Finding> {
        let finding = |mut problem: Problem| {
            let at = self.node.locate(&problem.path);
            problem.path.insert_str(0, &self.prefix);
            Finding::of_problem(&self.file, at, problem)
        };
        let mut all: Vec<_> = problems.into_iter().map(finding).collect();
        all.sort();
        all
    }

    /// What it asks for, with every default spelled out: the API server stores them, and files leave them out.
    #[must_use]
    pub fn spec(&self) -> Value {
        let given = self.given();
        let read = serde_json::from_value::<AppNetworkProfileSpec>(given.clone()).and_then(serde_json::to_value);
        read.unwrap_or(given)
    }

    /// Does it ask for the same as another one? Fields that nobody knows are never the same: they are mistakes.
    pub(super) fn says_the_same(&self, other: &Self) -> bool {
        let [(given, spec), (other_given, other_spec)] = [self, other].map(|one| (one.given(), one.spec()));
        given == other_given || (spec == other_spec && is_part(&given, &spec) && is_part(&other_given, &other_spec))
    }

    /// The spec as it is written.
    fn given(&self) -> Value {
        self.node.get("spec").map(Node::to_value).unwrap_or_default()
    }
}

/// Does `whole` say all that `part` says?
fn is_part(part: &Value, whole: &Value) -> bool {
    match (part, whole) {
        (Value::Object(part), Value::Object(whole)) => {
            part.iter().all(|(key, value)| whole.get(key).is_some_and(|whole| is_part(value, whole)))
        }
        (Value::Array(part), Value::Array(whole)) => {
            part.len() == whole.len() && part.iter().zip(whole).all(|(part, whole)| is_part(part, whole))
        }
        (part, whole) => part == whole,
    }
}

impl Source {
    pub(super) fn tree(file: &Rc<str>, prefix: String, node: &Rc<Node>) -> Self {
        Self { file: Rc::clone(file), at: node.at, prefix, text: Text::Tree(Rc::clone(node)) }
    }

    pub(super) fn json(file: &Rc<str>, prefix: String, text: &str, at: Position) -> Self {
        Self { file: Rc::clone(file), at, prefix, text: Text::Json(text.into(), OnceCell::new()) }
    }

    /// All of it, as it stands there; nothing when it is no object of this kind.
    #[must_use]
    pub fn read<T: serde::de::DeserializeOwned>(&self) -> Option<T> {
        match &self.text {
            Text::Tree(node) => serde_json::from_value(node.to_value()).ok(),
            Text::Json(text, _) => serde_json::from_str(text).ok(),
        }
    }

    /// Where a field stands, as `spec.egress[0].ports[1]`. What is not there has the place of what should hold it.
    #[must_use]
    pub fn locate(&self, path: &str) -> Position {
        self.node().map_or(self.at, |node| node.locate(path))
    }

    /// The text of an entry of the object's labels or annotations.
    #[must_use]
    pub fn metadata(&self, field: &str, key: &str) -> Option<&str> {
        self.node()?.get("metadata")?.get(field)?.text(key)
    }

    fn node(&self) -> Option<&Rc<Node>> {
        match &self.text {
            Text::Tree(node) => Some(node),
            Text::Json(text, tree) => tree.get_or_init(|| yaml::tree(text, self.at)).as_ref(),
        }
    }
}
