//! What an unquoted word means, as `kubectl` decides it: by YAML 1.1, with the habits of its parser.
//!
//! `on` is a boolean, `0777` is 511, `1_000` is 1000, `1e3` is 1000 and `12:30` is text. With the rules of YAML 1.2
//! the plugin would check another value than the one that `kubectl` sends.

use serde_json::Value;

/// The value of an unquoted word.
///
/// # Errors
/// When `kubectl` cannot send the value.
pub(super) fn plain(word: &str) -> Result<Value, String> {
    match word {
        "" | "~" | "null" | "Null" | "NULL" => Ok(Value::Null),
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Ok(true.into()),
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => Ok(false.into()),
        ".nan" | ".NaN" | ".NAN" | ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" | "-.inf" | "-.Inf"
        | "-.INF" => Err(format!("'{word}' must be in quotes: without them it is a number that JSON does not have")),
        _ => Ok(number(word).unwrap_or_else(|| word.into())),
    }
}

fn number(word: &str) -> Option<Value> {
    let first = word.bytes().next()?;
    // A dot may begin a fraction, and only digits may follow it: underscores are no part of it.
    if first == b'.' {
        return fraction(word);
    }
    if !(first.is_ascii_digit() || matches!(first, b'+' | b'-')) {
        return None;
    }
    let digits = word.replace('_', "");
    integer(&digits).or_else(|| fraction(&digits))
}

/// An integer with its base in front: `0x`, `0b`, `0o`, and a bare `0` for octal.
fn integer(digits: &str) -> Option<Value> {
    let (negative, unsigned) = match digits.as_bytes().first()? {
        b'-' => (true, &digits[1..]),
        b'+' => (false, &digits[1..]),
        _ => (false, digits),
    };
    let lower = unsigned.to_ascii_lowercase();
    let (base, rest) = if let Some(rest) = lower.strip_prefix("0x") {
        (16, rest)
    } else if let Some(rest) = lower.strip_prefix("0b") {
        (2, rest)
    } else if let Some(rest) = lower.strip_prefix("0o") {
        (8, rest)
    } else if lower.len() > 1 && lower.starts_with('0') {
        (8, &lower[1..])
    } else {
        (10, &*lower)
    };
    // Rust would take one more sign here.
    if !rest.bytes().next()?.is_ascii_alphanumeric() {
        return None;
    }
    if negative {
        return i64::from_str_radix(&format!("-{rest}"), base).ok().map(Value::from);
    }
    match u64::from_str_radix(rest, base) {
        Ok(number) if digits.starts_with('+') => i64::try_from(number).ok().map(Value::from),
        Ok(number) => Some(Value::from(number)),
        Err(_) => None,
    }
}

/// A decimal number with a fraction or an exponent. Without a rest it is sent as an integer: `8e1` arrives as 80.
fn fraction(digits: &str) -> Option<Value> {
    let unsigned = digits.strip_prefix(['+', '-']).unwrap_or(digits);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.strip_prefix(['+', '-']).unwrap_or(exponent))),
        None => (unsigned, None),
    };
    let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let are_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if !are_digits(whole) || !are_digits(part) || (whole.is_empty() && part.is_empty()) {
        return None;
    }
    if exponent.is_some_and(|exponent| exponent.is_empty() || !are_digits(exponent)) {
        return None;
    }
    let number: f64 = digits.parse().ok().filter(|number: &f64| number.is_finite())?;
    Some(whole_number(number).map_or_else(|| Value::from(number), Value::from))
}

/// The number as an integer, when it has no rest and JSON would write it without an exponent.
#[allow(clippy::cast_possible_truncation)] // Guarded: every such number fits.
fn whole_number(number: f64) -> Option<i64> {
    (number.fract() == 0.0 && number.abs() < 9.0e18).then_some(number as i64)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn words_mean_what_they_mean_to_kubectl() {
        let table = [
            ("http", json!("http")),
            ("yes", json!(true)),
            ("n", json!(false)),
            ("Off", json!(false)),
            ("nO", json!("nO")),
            ("~", json!(null)),
            ("", json!(null)),
            ("80", json!(80)),
            ("+80", json!(80)),
            ("-1", json!(-1)),
            ("--1", json!("--1")),
            ("+-1", json!("+-1")),
            ("0777", json!(511)),
            ("-0777", json!(-511)),
            ("0o17", json!(15)),
            ("08", json!(8)),
            ("0x1F", json!(31)),
            ("0x", json!("0x")),
            ("0b101", json!(5)),
            ("1_000", json!(1000)),
            ("8e1", json!(80)),
            ("80.0", json!(80)),
            ("80.5", json!(80.5)),
            ("80.", json!(80)),
            (".5", json!(0.5)),
            (".5_0", json!(".5_0")),
            (".", json!(".")),
            ("1.2.3", json!("1.2.3")),
            ("12:30", json!("12:30")),
            ("2024-01-02", json!("2024-01-02")),
            ("9223372036854775807", json!(9_223_372_036_854_775_807_i64)),
            ("18446744073709551615", json!(18_446_744_073_709_551_615_u64)),
            ("1e400", json!("1e400")),
            ("10.0.0.0/8", json!("10.0.0.0/8")),
            ("<<", json!("<<")),
        ];
        for (word, value) in table {
            assert_eq!(plain(word), Ok(value), "{word}");
        }
        assert!(plain(".inf").is_err());
    }
}
