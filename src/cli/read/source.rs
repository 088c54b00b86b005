//! Where policies and profiles stand, field by field.

use std::{cell::OnceCell, rc::Rc};

use super::super::yaml::{self, Node, Position};
use crate::model::Problem;

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
