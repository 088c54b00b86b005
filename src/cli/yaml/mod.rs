//! Reads YAML and JSON as `kubectl` reads it, and remembers where everything stands.
//!
//! A linter that reads a file in another way than the tool that sends it lints another file. So a file is cut into
//! documents, words get their types and aliases their limit as in `kubectl`; where that would hide a mistake (a key
//! that stands twice, `on` as a key) there is a flaw to report. Whatever comes in, there is an answer: no panic, no
//! endless work, no memory beyond a small multiple of the file.

mod aliases;
mod chunks;
mod compose;
mod deserialize;
mod dialect;
mod events;
mod explain;
mod node;
mod open;
mod place;
mod read;
mod scalar;
mod skip;
#[cfg(test)]
mod tests;
mod text;

use std::rc::Rc;

pub use chunks::{Chunk, chunks};
pub use node::{Content, Entry, Node};
pub use place::{Flaw, Position};
pub(super) use read::tree;
pub use read::{Take, Wants, read};
pub use text::{text, utf8};

/// The most that the API server takes in one request.
pub(super) const REQUEST_LIMIT: usize = 3 * 1024 * 1024;

/// A document of a file.
#[derive(Debug)]
pub struct Document {
    /// The document; nothing when it is empty or could not be read.
    pub root: Option<Rc<Node>>,
    /// What is wrong with its text.
    pub flaws: Vec<Flaw>,
}

/// The documents of a file, and what is wrong between them.
#[must_use]
pub fn documents(text: &str) -> (Vec<Document>, Vec<Flaw>) {
    let (chunks, mut flaws) = chunks::chunks(text, Position::START);
    let documents = chunks.iter().map(|chunk| match chunk.text.len() {
        ..=REQUEST_LIMIT => compose::compose(chunk),
        _ => Document::unread(Flaw::new(
            chunk.at,
            "must be at most 3 MiB: the API server takes no larger request; split the document",
        )),
    });
    if let Some(rest) = chunks.first().and_then(|first| dialect::after_json(first.text)) {
        let at = Position::START.after(&chunks[0].text[..chunks[0].text.len() - rest.len()]);
        flaws
            .push(Flaw::new(at, "must not stand after JSON: kubectl takes only a line `---` and more documents there"));
    }
    (documents.collect(), flaws)
}
