//! YAML, document by document, and the entries of a list one by one.

use std::rc::Rc;

use super::{
    super::{
        Finding,
        yaml::{self, Chunk, Document, Node, Take},
    },
    Reader,
    find::{Finder, Form, Found, Piece, is_list},
};

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
        let finder = Finder { file: &self.reader.file, namespace: &self.reader.namespace };
        finder.find(Piece { form: Form::Tree(node), at: node.at, within, list }, &mut self.found);
    }
}

impl Take for Documents<'_> {
    fn item(&mut self, position: usize, item: Rc<Node>) {
        if item.text("kind").is_some() {
            self.find(&item, Some(position), ("", ""));
        } else {
            self.unnamed.push((position, item));
        }
    }

    fn document(&mut self, Document { root, flaws }: Document) {
        let mut flawed = root.is_none();
        if let Some(root) = root {
            let text = |field| root.text(field).unwrap_or_default();
            let list = (text("apiVersion"), text("kind"));
            if is_list(list.1) && root.get("items").is_some_and(|items| items.items().is_some()) {
                for (position, item) in std::mem::take(&mut self.unnamed) {
                    self.find(&item, Some(position), list);
                }
            } else {
                self.found.clear();
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
