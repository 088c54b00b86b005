//! Names as they may be shown: files and dumps can hold any text where a name should be.

use std::borrow::Cow;

/// The text with everything spelled out that would not be seen, or would move what is seen: line breaks, escape sequences,
/// changes of the writing direction.
#[must_use]
pub fn printable(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()) {
        return text.into();
    }
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' | '\'' | '\\' => shown.push(c),
            _ => shown.extend(c.escape_debug()),
        }
    }
    shown.into()
}

#[cfg(test)]
mod tests {
    use super::printable;

    #[test]
    fn what_cannot_be_seen_is_spelled_out() {
        assert_eq!(printable("shop \"api\" [x]\\"), "shop \"api\" [x]\\");
        // Quotes and the like stay as they are, also beside what is no ASCII.
        assert_eq!(printable("l'\u{e9}t\u{e9} \"x\" \\"), "l'\u{e9}t\u{e9} \"x\" \\");
        assert_eq!(printable("a\nb\u{1b}[31m\u{202e}é"), "a\\nb\\u{1b}[31m\\u{202e}é");
    }
}
