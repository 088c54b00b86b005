//! Parts of a large file that nobody needs: they are read, and nothing is made of them.

use granit_parser::Event;
use serde_json::Value;

use super::{
    node::{Content, Entry},
    open::{Expected, Open, Within},
    read::{Take, Wants},
};
use crate::model::path::Step;

/// Whoever takes what is read, and what is to be left out for now.
pub(super) struct Skip<'t> {
    pub take: &'t mut dyn Take,
    /// What is needed of the current object, once its kind is known.
    wants: Option<Wants>,
    /// How many lists and maps that are left out have begun and not ended.
    depth: usize,
    /// Something was left out, and something in it has an anchor.
    pub lost_anchor: bool,
    /// Something was left out.
    pub something: bool,
}

/// Deeper than this nothing is left out: what is large begins further up.
const DEEPEST: usize = 10;

impl<'t> Skip<'t> {
    pub(super) fn new(take: &'t mut dyn Take) -> Self {
        Self { take, wants: None, depth: 0, lost_anchor: false, something: false }
    }

    /// An object begins or ends here, perhaps.
    pub(super) fn new_object(&mut self, depth: usize) {
        if depth <= 3 {
            self.wants = None;
        }
    }

    /// Is this event a part of what is left out?
    pub(super) fn skips(&mut self, event: &Event<'_>, open: &mut [Open]) -> bool {
        let begins = matches!(event, Event::SequenceStart(..) | Event::MappingStart(..));
        let ends = matches!(event, Event::SequenceEnd | Event::MappingEnd);
        let is_value = begins || matches!(event, Event::Scalar(..) | Event::Alias(_));
        if self.depth == 0 {
            if !is_value || self.is_wanted(open) {
                return false;
            }
            if let Some(open) = open.last_mut() {
                open.expect_key();
            }
            self.something = true;
        }
        self.depth = self.depth + usize::from(begins) - usize::from(ends);
        self.lost_anchor |= match event {
            Event::Scalar(_, _, anchor, _) | Event::SequenceStart(_, anchor, _) | Event::MappingStart(_, anchor, _) => {
                *anchor != 0
            }
            _ => false,
        };
        true
    }

    /// Is the value that comes next needed?
    fn is_wanted(&mut self, open: &[Open]) -> bool {
        let Some(Within::Map { expected: Expected::Value { .. }, .. }) = open.last().map(|open| &open.within) else {
            return true;
        };
        // What has a name may be needed in another place.
        if open.iter().any(|open| open.anchor != 0) {
            return true;
        }
        let level = if in_items(open) { 2 } else { 0 };
        let Some(object) = open.get(level).filter(|_| open.len() <= level + DEEPEST) else { return true };
        if self.wants.is_none() {
            let version_and_kind = text(object, "apiVersion").zip(text(object, "kind"));
            self.wants = version_and_kind.map(|(version, kind)| self.take.wants(version, kind));
        }
        let Some(wants) = self.wants else { return true };
        let path: Vec<_> = open[level..].iter().filter_map(Open::step).collect();
        wants(&path)
    }
}

/// Does the current value belong to an entry of the document's `items`?
pub(super) fn in_items(open: &[Open]) -> bool {
    let [map, list, _, ..] = open else { return false };
    matches!((map.step(), list.step()), (Some(Step::Field("items")), Some(Step::Item(_))))
}

fn text<'o>(object: &'o Open, field: &str) -> Option<&'o str> {
    let Within::Map { entries, .. } = &object.within else { return None };
    match entries.get(field) {
        Some(Entry { value, .. }) => match &value.content {
            Content::Scalar(Value::String(text)) => Some(text),
            _ => None,
        },
        None => None,
    }
}
