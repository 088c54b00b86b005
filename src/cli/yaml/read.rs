//! Reads documents of any size, and hands out what they hold bit by bit.

use std::rc::Rc;

use super::{Chunk, Document, Flaw, Node, Position, compose, text::plain};
use crate::model::path::Step;

/// Whoever takes what a file holds, so that a large file never stands in memory as a tree.
pub trait Take {
    /// A document begins. What was taken of one that has not ended is worth nothing: it is read once more.
    fn begin(&mut self);
    /// What is needed of an object with this apiVersion and kind.
    fn wants(&self, api_version: &str, kind: &str) -> Wants;
    /// Takes an entry of the current document's `items`, and its position there.
    fn item(&mut self, position: usize, item: Rc<Node>);
    /// Takes the document. A null stands in it for each entry that was taken. It has no root when it could not be read;
    /// then what was taken of it is worth nothing.
    fn end(&mut self, document: Document);
}

/// Is the value at this path of an object needed?
pub type Wants = fn(&[Step<'_>]) -> bool;

/// Reads a document.
pub fn read(chunk: &Chunk<'_>, to: &mut impl Take) {
    to.begin();
    let document = match plain(chunk.text, chunk.at) {
        Ok(()) => compose::piecewise(chunk, to).unwrap_or_else(|| {
            to.begin();
            compose::compose(chunk)
        }),
        Err(flaw) => Document::unread(flaw),
    };
    to.end(document);
}

/// The tree of a part of a file that stands there; nothing when it cannot be read as YAML.
pub(in crate::cli) fn tree(text: &str, at: Position) -> Option<Rc<Node>> {
    plain(text, at).ok()?;
    compose::compose(&Chunk { at, text }).root
}

impl Document {
    pub(super) fn unread(flaw: Flaw) -> Self {
        Self { root: None, flaws: vec![flaw] }
    }
}
