//! A record a pair, as RFC 4180 has it: for spreadsheets and databases.

use std::io::{self, Write};

use csv::{ErrorKind, Terminator, WriterBuilder};

use super::{parts::parts, per_ports::PerPorts};
use crate::reach::Map;

/// The first record.
const HEAD: [&str; 7] = ["from_namespace", "from_name", "from_kind", "to_namespace", "to_name", "to_kind", "ports"];

/// Writes every pair that may speak, sorted. How many there are.
///
/// # Errors
/// When it cannot be written.
pub fn csv(map: &mut Map<'_>, out: &mut impl Write) -> io::Result<usize> {
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(out);
    let mut texts = PerPorts::texts();
    let mut lines = 0;
    writer.write_record(HEAD).map_err(unwritable)?;
    map.for_each(|line, table| {
        lines += 1;
        let (from, to) = (parts(line.from), parts(line.to));
        for part in [&from.namespace, &from.name, &from.kind, &to.namespace, &to.name, &to.kind] {
            writer.write_field(part.as_bytes()).map_err(unwritable)?;
        }
        writer.write_field(texts.get(line.ports, table)).map_err(unwritable)?;
        writer.write_record(None::<&[u8]>).map_err(unwritable)
    })?;
    writer.flush()?;
    Ok(lines)
}

/// The error below: a pipe that was closed must be known as one.
fn unwritable(error: csv::Error) -> io::Error {
    match error.into_kind() {
        ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}
