//! JSON, as `kubectl get -o json` writes it: one list with everything in it, far larger than any document of YAML.
//!
//! It is read once to find the objects, which stay what they are, a piece of the text; and once more object by object,
//! each straight into what is needed of its kind.

use serde::{
    Deserialize,
    de::{DeserializeSeed, Error, MapAccess, Visitor},
};
use serde_json::{Deserializer, value::RawValue};

use super::{
    super::yaml::Position,
    Reader,
    find::{Finder, Form, Piece, is_list},
};

/// A document, and what it holds if it is a list.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Outer<'a> {
    api_version: Option<String>,
    kind: Option<String>,
    #[serde(borrow)]
    items: Option<Vec<&'a RawValue>>,
}

/// Walks through a text from front to back, and knows the line and column.
pub(super) struct Cursor<'a> {
    text: &'a str,
    offset: usize,
    at: Position,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str, at: Position) -> Self {
        Self { text, offset: 0, at }
    }

    fn advance(&mut self, offset: usize) -> Position {
        self.at = self.at.after(&self.text[self.offset..offset]);
        self.offset = offset;
        self.at
    }

    /// Where a part of the text stands, which comes after those that were asked for before.
    pub(super) fn place_of(&mut self, part: &str) -> Position {
        let offset = part.as_ptr().addr() - self.text.as_ptr().addr();
        self.advance(offset)
    }

    fn rest(&self) -> &'a str {
        &self.text[self.offset..]
    }
}

impl Reader {
    /// Reads the JSON objects that a text begins with. What is left: nothing, or what is no JSON.
    pub(super) fn json<'t>(&mut self, text: &'t str, at: Position) -> (&'t str, Position) {
        let mut cursor = Cursor::new(text, at);
        loop {
            let rest = cursor.rest();
            let blank = rest.len() - rest.trim_start().len();
            if !rest[blank..].starts_with('{') {
                return (rest, cursor.at);
            }
            let Some((outer, length)) = document(&rest[blank..]) else { return (rest, cursor.at) };
            let begin = cursor.offset + blank;
            let at = cursor.advance(begin);
            let whole = &text[begin..begin + length];
            self.json_document(whole, at, outer, &mut cursor);
            cursor.advance(begin + length);
        }
    }

    fn json_document(&mut self, text: &str, at: Position, outer: Outer<'_>, cursor: &mut Cursor<'_>) {
        let (version, kind) = (outer.api_version.unwrap_or_default(), outer.kind.unwrap_or_default());
        let mut found = Vec::new();
        let file = std::rc::Rc::clone(&self.file);
        let mut read = |reader: &mut Self, piece| {
            let finder = Finder { file: &file, namespace: &reader.namespace, details: reader.details };
            finder.find(piece, &mut found);
            found.drain(..).for_each(|one| reader.take(one));
        };
        match outer.items.filter(|_| is_list(&kind)) {
            None => read(self, Piece { form: Form::Json(text), at, within: None, list: ("", "") }),
            Some(items) => {
                let list = (version.as_str(), kind.as_str());
                for (position, item) in items.into_iter().enumerate() {
                    let at = cursor.place_of(item.get());
                    read(self, Piece { form: Form::Json(item.get()), at, within: Some(("", position)), list });
                }
            }
        }
    }
}

/// The document that a text begins with, and its length; nothing when it is no JSON.
fn document(text: &str) -> Option<(Outer<'_>, usize)> {
    let mut outers = Deserializer::from_str(text).into_iter::<Outer<'_>>();
    match outers.next()? {
        Ok(outer) => Some((outer, outers.byte_offset())),
        // It is JSON, and something else than an object of Kubernetes.
        Err(error) if error.is_data() => {
            let mut values = Deserializer::from_str(text).into_iter::<&RawValue>();
            let value = values.next()?.ok()?;
            Some((Outer { api_version: None, kind: None, items: None }, value.get().len()))
        }
        Err(_) => None,
    }
}

/// The entries of a list; nothing when it has no `items`.
pub(super) fn items(text: &str) -> Option<Vec<&str>> {
    let outer: Outer<'_> = serde_json::from_str(text).ok()?;
    Some(outer.items?.into_iter().map(RawValue::get).collect())
}

/// The apiVersion and kind of an object; empty when it has none.
pub(super) fn head(text: &str) -> (String, String) {
    let mut head = Head::default();
    // It breaks off as soon as both are known. They come first in what kubectl writes, so little is read twice.
    let _ = (&mut head).deserialize(&mut Deserializer::from_str(text));
    (head.api_version.unwrap_or_default(), head.kind.unwrap_or_default())
}

#[derive(Default)]
struct Head {
    api_version: Option<String>,
    kind: Option<String>,
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "camelCase")]
enum Field {
    ApiVersion,
    Kind,
    #[serde(other)]
    Other,
}

impl<'de> DeserializeSeed<'de> for &mut Head {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for &mut Head {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(field) = map.next_key()? {
            match field {
                Field::ApiVersion => self.api_version = map.next_value()?,
                Field::Kind => self.kind = map.next_value()?,
                Field::Other => drop(map.next_value::<serde::de::IgnoredAny>()?),
            }
            if self.api_version.is_some() && self.kind.is_some() {
                return Err(A::Error::custom("both are known"));
            }
        }
        Ok(())
    }
}
