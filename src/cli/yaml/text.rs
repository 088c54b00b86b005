//! From bytes to text that both `kubectl` and our parser read the same way.

use super::{Flaw, Position};

/// The text of a file.
///
/// # Errors
/// Where it is not UTF-8, or not [`plain`].
pub fn text(bytes: &[u8]) -> Result<&str, Flaw> {
    let text = utf8(bytes)?;
    plain(text, Position::START).map(|()| text)
}

/// The text of a file, without the mark that may stand before it.
///
/// # Errors
/// Where it is not UTF-8.
pub fn utf8(bytes: &[u8]) -> Result<&str, Flaw> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let (good, _) = bytes.split_at(error.valid_up_to());
        let at = Position::START.after(&String::from_utf8_lossy(good));
        Flaw::new(at, "must be UTF-8, and is not from here on; save the file as UTF-8")
    })?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

/// Refuses characters that YAML parsers read differently.
///
/// Some characters end a line for one YAML parser and are ordinary for another, or are refused by one and not by the
/// other. They have no business in a profile, so they are refused here and cannot make the two differ.
///
/// # Errors
/// Where such a character stands, if the text begins at this place.
pub fn plain(text: &str, begin: Position) -> Result<(), Flaw> {
    // Nearly all text is ASCII, and bytes are looked at much faster than characters.
    if text.bytes().all(|byte| matches!(byte, b'\t' | b'\n' | b'\r' | b' '..=b'~')) {
        return Ok(());
    }
    match text.char_indices().find(|(_, c)| !is_plain(*c)) {
        None => Ok(()),
        Some((offset, c)) => {
            let at = begin.after(&text[..offset]);
            let code = u32::from(c);
            Err(Flaw::new(
                at,
                format!(
                    "must not have the character U+{code:04X}, which YAML parsers read differently; remove it, or write it as an escape in double quotes"
                ),
            ))
        }
    }
}

/// Is this a character that every YAML parser takes, and takes for the same?
const fn is_plain(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='~' | '\u{a0}'..='\u{2027}' | '\u{202a}'..='\u{d7ff}' | '\u{e000}'..='\u{fefe}' | '\u{ff00}'..='\u{fffd}' | '\u{10000}'..)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_not_utf8_are_refused_where_they_begin() {
        let flaw = text(b"a: 1\nb: caf\xe9\n").expect_err("latin-1");
        assert_eq!(flaw.at, Position { line: 2, column: 7 });
        let flaw = text(b"\xff\xfea\0").expect_err("UTF-16");
        assert_eq!(flaw.at, Position::START);
    }

    #[test]
    fn a_byte_order_mark_is_skipped_at_the_start_and_refused_elsewhere() {
        assert_eq!(text("\u{feff}a: 1".as_bytes()), Ok("a: 1"));
        let flaw = text("a: 1\nb:\u{feff} 2".as_bytes()).expect_err("in the middle");
        assert_eq!(flaw.at, Position { line: 2, column: 3 });
    }

    #[test]
    fn characters_that_end_a_line_in_some_parsers_only_are_refused() {
        for c in ['\u{85}', '\u{2028}', '\u{2029}', '\0', '\u{7f}', '\u{b}', '\u{9f}', '\u{ffff}'] {
            assert!(text(format!("a: x{c}y").as_bytes()).is_err(), "{c:?}");
        }
        assert!(text("a: ü 漢 🙂 \u{a0}\r\n".as_bytes()).is_ok());
    }
}
