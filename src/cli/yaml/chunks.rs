//! Splits a file into documents as `kubectl` does: by lines, before any YAML is read.

use super::{Flaw, Position};

/// The text between two lines that begin with `---`.
#[derive(Debug, PartialEq, Eq)]
pub struct Chunk<'a> {
    /// Where it begins.
    pub at: Position,
    /// The text, without the line that ends it.
    pub text: &'a str,
}

/// The chunks of a text that begins at this place, and the separators that `kubectl` would not take for one.
#[must_use]
pub fn chunks(text: &str, start: Position) -> (Vec<Chunk<'_>>, Vec<Flaw>) {
    let mut chunks = Vec::new();
    let mut flaws = Vec::new();
    let mut at = start;
    let (mut begin, mut offset) = (0, 0);
    for (number, line) in text.split_inclusive('\n').enumerate() {
        let next = offset + line.len();
        if let Some(rest) = line.strip_prefix("---") {
            chunks.push(Chunk { at, text: &text[begin..offset] });
            begin = next;
            at = Position { line: start.line + number + 1, column: 1 };
            let after = rest.trim_start();
            if !(after.is_empty() || after.starts_with('#') && after.len() < rest.len()) {
                let at = Position { line: start.line + number, column: 4 };
                flaws.push(Flaw::new(
                    at,
                    "`---` must stand alone on its line: kubectl takes nothing but a comment after it",
                ));
            }
        }
        offset = next;
    }
    chunks.push(Chunk { at, text: &text[begin..] });
    (chunks, flaws)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_know_the_line_they_begin_in() {
        let (chunks, flaws) = chunks("# top\na: 1\n---\nb: 2\n--- # third\nc: 3", Position::START);
        let found: Vec<_> = chunks.iter().map(|chunk| (chunk.at.line, chunk.text)).collect();
        assert_eq!(found, [(1, "# top\na: 1\n"), (4, "b: 2\n"), (6, "c: 3")]);
        assert_eq!(flaws, []);
    }

    #[test]
    fn nothing_but_a_comment_may_follow_a_separator() {
        for separator in ["--- {b: 2}", "---b", "---# c"] {
            let text = format!("a: 1\n{separator}\n");
            let (chunks, flaws) = chunks(&text, Position::START);
            assert_eq!(chunks.len(), 2);
            assert_eq!(flaws[0].at, Position { line: 2, column: 4 });
        }
    }
}
