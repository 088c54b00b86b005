//! JSON, an entry a line.

use std::io::{self, Write};

use serde::Serialize;

use super::document::Sheet;

/// Writes JSON.
pub struct Json<'w, W> {
    out: &'w mut W,
    fields: usize,
    entries: usize,
}

impl<'w, W: Write> Json<'w, W> {
    pub fn new(out: &'w mut W) -> Self {
        Self { out, fields: 0, entries: 0 }
    }

    fn name(&mut self, name: &str) -> io::Result<()> {
        self.out.write_all(if self.fields == 0 { b"{\n  " } else { b",\n  " })?;
        self.fields += 1;
        serde_json::to_writer(&mut *self.out, name)?;
        self.out.write_all(b": ")
    }
}

impl<W: Write> Sheet for Json<'_, W> {
    fn field(&mut self, name: &str, value: &impl Serialize) -> io::Result<()> {
        self.name(name)?;
        Ok(serde_json::to_writer(&mut *self.out, value)?)
    }

    fn list(&mut self, name: &str) -> io::Result<()> {
        self.entries = 0;
        self.name(name)?;
        self.out.write_all(b"[")
    }

    fn entry(&mut self, value: &impl Serialize) -> io::Result<()> {
        self.out.write_all(if self.entries == 0 { b"\n    " } else { b",\n    " })?;
        self.entries += 1;
        Ok(serde_json::to_writer(&mut *self.out, value)?)
    }

    fn end_list(&mut self) -> io::Result<()> {
        self.out.write_all(if self.entries == 0 { b"]" } else { b"\n  ]" })
    }

    fn end(&mut self) -> io::Result<()> {
        self.out.write_all(b"\n}\n")
    }
}
