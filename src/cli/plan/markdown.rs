//! The plan as a comment on a pull request.

use std::io::{self, Write};

use super::{Document, text};

/// Writes the plan.
///
/// # Errors
/// When it cannot be written.
pub(super) fn write(document: &Document, all: bool, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "### Network plan\n")?;
    if document.partial {
        writeln!(out, "**Partial:** something could not be read; the plan is about the rest.\n")?;
    }
    if document.is_empty() {
        return writeln!(out, "Nothing changes.");
    }
    writeln!(out, "- {}\n- {}", text::objects_line(&document.summary), text::flows_line(&document.summary))?;
    if !document.ways.is_empty() {
        writeln!(out, "\n#### Through Services and ways in\n\n| | flow | because |\n|---|---|---|")?;
        let shown = if all { document.ways.len() } else { text::WAYS };
        for row in document.ways.iter().take(shown) {
            writeln!(out, "| {} | {} | {} |", row.effect, cell(&text::way(row)), cell(&row.because.join("; ")))?;
        }
    }
    if !all && document.ways.len() > text::WAYS {
        writeln!(out, "\nAnd {} more; `--all` shows them.", document.ways.len() - text::WAYS)?;
    }
    if !document.flows.is_empty() {
        writeln!(out, "\n<details><summary>All flows</summary>\n\n| | flow | because |\n|---|---|---|")?;
        for row in &document.flows {
            writeln!(out, "| {} | {} | {} |", row.effect, cell(&text::flow(row)), cell(&row.because.join("; ")))?;
        }
        writeln!(out, "\n</details>")?;
    }
    if !document.objects.is_empty() {
        writeln!(out, "\n<details><summary>Objects</summary>\n")?;
        document.objects.iter().try_for_each(|row| writeln!(out, "- {}", cell(&text::object(row))))?;
        writeln!(out, "\n</details>")?;
    }
    Ok(())
}

/// A bar would end the cell, and brackets could be taken for a link.
fn cell(text: &str) -> String {
    let mut kept = String::new();
    for c in text.chars() {
        if matches!(c, '|' | '[' | ']' | '<' | '*' | '_' | '`') {
            kept.push('\\');
        }
        kept.push(c);
    }
    kept
}
