//! Listens to what is said on standard error, so that a map can carry it along.

use std::io::{self, Write};

/// Passes everything on, and keeps it.
pub struct Said<'w, W> {
    err: &'w mut W,
    kept: Vec<u8>,
}

impl<'w, W: Write> Said<'w, W> {
    pub fn new(err: &'w mut W) -> Self {
        Self { err, kept: Vec::new() }
    }

    /// The lines so far.
    pub fn lines(&self) -> Vec<String> {
        String::from_utf8_lossy(&self.kept).lines().map(str::to_owned).collect()
    }
}

impl<W: Write> Write for Said<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.err.write(bytes)?;
        self.kept.extend_from_slice(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.err.flush()
    }
}
