//! Results as `JUnit` writes them.

use std::io::{self, Write};

use crate::verify::{Checked, Expected, Verdict};

/// Writes a test case for each connection.
///
/// # Errors
/// When `out` cannot be written.
pub fn write(checked: &[Checked], out: &mut impl Write) -> io::Result<()> {
    let count = |verdict| checked.iter().filter(|one| one.verdict == verdict).count();
    let (failures, skipped) = (count(Verdict::Differs), count(Verdict::Inconclusive) + count(Verdict::NotTried));
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(
        out,
        "<testsuite name=\"appnet verify\" tests=\"{}\" failures=\"{failures}\" skipped=\"{skipped}\" errors=\"0\">",
        checked.len()
    )?;
    for one in checked {
        let expected = if one.edge.expected == Expected::Allowed { "allowed" } else { "denied" };
        let name = format!("{} to {} at {} is {expected}", one.edge.from, one.edge.to, one.edge.port);
        write!(out, "  <testcase classname=\"{}\" name=\"{}\"", escaped(&one.edge.from), escaped(&name))?;
        match one.verdict {
            Verdict::Agrees => writeln!(out, "/>")?,
            Verdict::Differs => writeln!(out, "><failure message=\"{}\"/></testcase>", escaped(&one.why))?,
            Verdict::Inconclusive | Verdict::NotTried => {
                writeln!(out, "><skipped message=\"{}\"/></testcase>", escaped(&one.why))?;
            }
        }
    }
    writeln!(out, "</testsuite>")
}

/// As an attribute of XML takes it.
fn escaped(text: &str) -> String {
    text.chars().fold(String::new(), |mut all, letter| {
        match letter {
            '&' => all.push_str("&amp;"),
            '<' => all.push_str("&lt;"),
            '>' => all.push_str("&gt;"),
            '"' => all.push_str("&quot;"),
            other => all.push(other),
        }
        all
    })
}
