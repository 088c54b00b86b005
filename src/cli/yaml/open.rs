//! Lists and maps that have begun and not ended.

use std::{
    collections::{BTreeMap, BTreeSet},
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
        /// The keys that came in by `<<`. They are no duplicates: what follows them replaces them.
        merged: BTreeSet<String>,
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
        Self::Map { entries: BTreeMap::new(), merged: BTreeSet::new(), expected: Expected::Key }
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

    /// The value that was to come next is left out.
    pub(super) fn expect_key(&mut self) {
        if let Within::Map { expected, .. } = &mut self.within {
            *expected = Expected::Key;
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
            Within::Map { entries, merged, expected: Expected::Value { key, at } } => {
                entries.get(key).filter(|_| !merged.contains(key)).map(|first| (*at, first.at))
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
            Within::Map { entries, merged, expected } => match std::mem::replace(expected, Expected::Key) {
                Expected::Value { key, at } => {
                    merged.remove(&key);
                    entries.insert(key, Entry { at, value: node });
                }
                Expected::Merged => merge(entries, merged, &node)?,
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
fn merge(entries: &mut BTreeMap<String, Entry>, merged: &mut BTreeSet<String>, node: &Node) -> Result<(), Flaw> {
    let maps = match &node.content {
        Content::List(items) => items.iter().map(|item| &**item).collect(),
        Content::Map(_) | Content::Scalar(_) => vec![node],
    };
    // The first of a list wins, so it comes last.
    for map in maps.into_iter().rev() {
        let Content::Map(more) = &map.content else {
            return Err(Flaw::new(map.at, "must be a map, or a list of maps, because it stands after `<<`"));
        };
        merged.extend(more.keys().filter(|key| !entries.contains_key(*key)).cloned());
        entries.extend(more.iter().map(|(key, entry)| (key.clone(), entry.clone())));
    }
    Ok(())
}
