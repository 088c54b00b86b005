//! Lists and maps that have begun and not ended.

use std::{
    collections::{BTreeMap, HashMap},
    rc::Rc,
};

use granit_parser::{Span, StructureStyle};

use super::{
    Flaw, Position,
    node::{Content, Entry, Node},
};
use crate::model::path::Step;

/// A list or map that has begun and not ended.
pub(super) struct Open {
    pub at: Position,
    pub span: Span,
    pub anchor: usize,
    pub style: StructureStyle,
    /// Between brackets, its own or those of what holds it.
    pub in_flow: bool,
    pub within: Within,
}

/// What an open list or map holds so far.
pub(super) enum Within {
    List(Vec<Rc<Node>>),
    Map {
        entries: BTreeMap<String, Entry>,
        /// The keys that stand in the map itself. Merged ones are no duplicates: what follows them replaces them.
        written: HashMap<String, Position>,
        expected: Expected,
    },
}

/// What comes next in a map.
pub(super) enum Expected {
    Key,
    Value { key: String, at: Position },
    Merged,
}

impl Within {
    pub(super) fn map() -> Self {
        Self::Map { entries: BTreeMap::new(), written: HashMap::new(), expected: Expected::Key }
    }
}

impl Open {
    /// The step to what comes next.
    pub(super) fn step(&self) -> Option<Step<'_>> {
        match &self.within {
            Within::List(items) => Some(Step::Item(items.len())),
            Within::Map { expected: Expected::Value { key, .. }, .. } => Some(Step::Field(key)),
            Within::Map { .. } => None,
        }
    }

    /// After this key comes its value.
    pub(super) fn expect_value(&mut self, name: String, place: Position) {
        if let Within::Map { expected, .. } = &mut self.within {
            *expected = Expected::Value { key: name, at: place };
        }
    }

    /// After `<<` comes a map to merge.
    pub(super) fn expect_merge(&mut self) {
        if let Within::Map { expected, .. } = &mut self.within {
            *expected = Expected::Merged;
        }
    }

    /// The key that waits for its value, and where it stood before.
    pub(super) fn duplicate(&self) -> Option<(Position, Position)> {
        match &self.within {
            Within::Map { written, expected: Expected::Value { key, at }, .. } => {
                written.get(key).map(|first| (*at, *first))
            }
            Within::Map { .. } | Within::List(_) => None,
        }
    }

    /// Puts a value where it is expected.
    ///
    /// # Errors
    /// When it is to be merged and is no map.
    pub(super) fn put(&mut self, node: Rc<Node>) -> Result<(), Flaw> {
        match &mut self.within {
            Within::List(items) => items.push(node),
            Within::Map { entries, written, expected } => match std::mem::replace(expected, Expected::Key) {
                Expected::Value { key, at } => {
                    written.insert(key.clone(), at);
                    entries.insert(key, Entry { at, value: node });
                }
                Expected::Merged => merge(entries, &node)?,
                Expected::Key => {}
            },
        }
        Ok(())
    }

    pub(super) fn close(self) -> Content {
        match self.within {
            Within::List(items) => Content::List(items),
            Within::Map { entries, .. } => Content::Map(entries),
        }
    }
}

/// What `<<` brings in replaces what stands before it, and is replaced by what follows: that is how kubectl does it.
fn merge(entries: &mut BTreeMap<String, Entry>, merged: &Node) -> Result<(), Flaw> {
    let maps = match &merged.content {
        Content::List(items) => items.iter().map(|item| &**item).collect(),
        Content::Map(_) | Content::Scalar(_) => vec![merged],
    };
    // The first of a list wins, so it comes last.
    for map in maps.into_iter().rev() {
        let Content::Map(more) = &map.content else {
            return Err(Flaw::new(map.at, "must be a map, or a list of maps, because it stands after `<<`"));
        };
        entries.extend(more.iter().map(|(key, entry)| (key.clone(), entry.clone())));
    }
    Ok(())
}
