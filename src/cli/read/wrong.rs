//! What is wrong with an object that cannot be read, and where.

use std::rc::Rc;

use serde_json::Error;
use serde_path_to_error::{Deserializer, Segment, Track};

use super::{
    super::{
        Finding,
        yaml::{self, Flaw, Node},
    },
    find::{Finder, Form, Piece},
};
use crate::{model::path::Step, objects::Kind};

/// Reads it once more, with an eye on the way: nobody pays for that as long as nothing is wrong.
pub(super) fn unreadable(finder: &Finder<'_>, piece: &Piece<'_>, kind: Kind, error: &Error) -> Finding {
    let tree = match piece.form {
        Form::Tree(node) => Some(Rc::clone(node)),
        Form::Json(text) => yaml::tree(text, piece.at),
    };
    let found = tree.and_then(|node| wrong_field(&node, kind, finder.namespace).map(|found| (node, found)));
    let (at, path, message) = match found {
        Some((node, (path, message))) => (node.locate(&path), path, message),
        None => (piece.at, String::new(), error.to_string()),
    };
    let path = format!("{}{path}", piece.prefix()).trim_end_matches('.').to_owned();
    Finding::of_flaw(finder.file, Flaw { at, path, message: format!("must be readable: {message}") })
}

fn wrong_field(node: &Node, kind: Kind, namespace: &str) -> Option<(String, String)> {
    let mut track = Track::new();
    let error = kind.read(Deserializer::new(node, &mut track), namespace).err()?;
    let mut path = String::new();
    for segment in &track.path() {
        match segment {
            Segment::Seq { index } => Step::Item(*index).write_to(&mut path),
            Segment::Map { key } => Step::Field(key).write_to(&mut path),
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    Some((path, error.to_string()))
}
