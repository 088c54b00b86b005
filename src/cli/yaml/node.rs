//! A document as a tree in which every part knows its place.

use std::{collections::BTreeMap, rc::Rc};

use serde_json::Value;

use super::Position;
use crate::model::path;

/// A value with its place.
///
/// What an alias stands for is shared, not copied: a few lines of aliases may stand for millions of values.
#[derive(Debug)]
pub struct Node {
    /// Where the value begins. For the target of an alias: where it is written.
    pub at: Position,
    /// The value.
    pub content: Content,
    /// How many levels are below.
    pub(super) height: usize,
    /// How many values a reader has to look at, aliases followed.
    pub(super) cost: u64,
}

/// What a node holds.
#[derive(Debug)]
pub enum Content {
    /// Text, number, boolean or null.
    Scalar(Value),
    /// A list.
    List(Vec<Rc<Node>>),
    /// A map.
    Map(BTreeMap<String, Entry>),
}

/// An entry of a map.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Where the key stands.
    pub at: Position,
    /// The value.
    pub value: Rc<Node>,
}

impl Node {
    pub(super) fn new(at: Position, content: Content) -> Self {
        let (height, cost) = match &content {
            Content::Scalar(_) => (0, 0),
            Content::List(items) => weigh(items.iter().map(|item| (&**item, 0))),
            // A key is a value to look at as well.
            Content::Map(entries) => weigh(entries.values().map(|entry| (&*entry.value, 1))),
        };
        Self { at, content, height, cost: cost.saturating_add(1) }
    }

    /// The value of a field, when this is a map that has it.
    #[must_use]
    pub fn get(&self, field: &str) -> Option<&Self> {
        match &self.content {
            Content::Map(entries) => entries.get(field).map(|entry| &*entry.value),
            Content::List(_) | Content::Scalar(_) => None,
        }
    }

    /// The text of a field, when this is a map that has it and it is text.
    #[must_use]
    pub fn text(&self, field: &str) -> Option<&str> {
        match &self.get(field)?.content {
            Content::Scalar(Value::String(text)) => Some(text),
            _ => None,
        }
    }

    /// The entries, when this is a list.
    #[must_use]
    pub fn items(&self) -> Option<&[Rc<Self>]> {
        match &self.content {
            Content::List(items) => Some(items),
            Content::Map(_) | Content::Scalar(_) => None,
        }
    }

    /// Where a path leads: to the key of a field, to the start of a list's entry. What is not there has the place of
    /// what should hold it.
    #[must_use]
    pub fn locate(&self, path: &str) -> Position {
        let mut at = self.at;
        let mut node = self;
        for step in path::steps(path) {
            let next = match &node.content {
                Content::Map(entries) => entries.get(step).map(|entry| (entry.at, &*entry.value)),
                Content::List(items) => {
                    step.parse().ok().and_then(|position: usize| items.get(position)).map(|item| (item.at, &**item))
                }
                Content::Scalar(_) => None,
            };
            match next {
                Some(found) => (at, node) = found,
                None => break,
            }
        }
        at
    }

    /// The value without places, as JSON.
    #[must_use]
    pub fn to_value(&self) -> Value {
        match &self.content {
            Content::Scalar(value) => value.clone(),
            Content::List(items) => Value::Array(items.iter().map(|item| item.to_value()).collect()),
            Content::Map(entries) => {
                Value::Object(entries.iter().map(|(key, entry)| (key.clone(), entry.value.to_value())).collect())
            }
        }
    }
}

fn weigh<'a>(children: impl Iterator<Item = (&'a Node, u64)>) -> (usize, u64) {
    children.fold((0, 0), |(height, cost), (child, key)| {
        (height.max(child.height + 1), cost.saturating_add(child.cost).saturating_add(key))
    })
}
