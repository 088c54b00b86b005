//! The words above a map of which something is missing, for people: programs have a field for it, and everyone the exit status.

use std::io::{self, Write};

use super::MapOutput;

const WORDS: &str = "something could not be read; the map is about the rest";

/// Writes them as the format has them. Records and pictures have no place for words.
///
/// # Errors
/// When they cannot be written.
pub fn say(output: MapOutput, out: &mut impl Write) -> io::Result<()> {
    match output {
        MapOutput::List | MapOutput::Matrix => writeln!(out, "PARTIAL: {WORDS}"),
        MapOutput::Md => writeln!(out, "**Partial:** {WORDS}.\n"),
        MapOutput::Mermaid => writeln!(out, "%% PARTIAL: {WORDS}"),
        MapOutput::Dot => writeln!(out, "// PARTIAL: {WORDS}"),
        MapOutput::Csv | MapOutput::Svg | MapOutput::Json | MapOutput::Yaml => Ok(()),
    }
}
