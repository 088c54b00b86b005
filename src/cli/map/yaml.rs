//! The same document as YAML.

use std::{
    collections::BTreeMap,
    io::{self, Write},
};

use serde::Serialize;

use super::document::Sheet;

/// Writes YAML.
pub struct Yaml<'w, W> {
    out: &'w mut W,
    /// The name of a list without entries so far: whether it is empty shows in how it is written.
    pending: Option<String>,
}

impl<'w, W: Write> Yaml<'w, W> {
    pub fn new(out: &'w mut W) -> Self {
        Self { out, pending: None }
    }

    fn write(&mut self, value: &impl Serialize) -> io::Result<()> {
        let text = serde_saphyr::to_string(value).map_err(io::Error::other)?;
        self.out.write_all(text.as_bytes())
    }
}

impl<W: Write> Sheet for Yaml<'_, W> {
    fn field(&mut self, name: &str, value: &impl Serialize) -> io::Result<()> {
        self.write(&BTreeMap::from([(name, value)]))
    }

    fn list(&mut self, name: &str) -> io::Result<()> {
        self.pending = Some(name.to_owned());
        Ok(())
    }

    fn entry(&mut self, value: &impl Serialize) -> io::Result<()> {
        if let Some(name) = self.pending.take() {
            writeln!(self.out, "{name}:")?;
        }
        self.write(&[value])
    }

    fn end_list(&mut self) -> io::Result<()> {
        match self.pending.take() {
            Some(name) => writeln!(self.out, "{name}: []"),
            None => Ok(()),
        }
    }

    fn end(&mut self) -> io::Result<()> {
        Ok(())
    }
}
