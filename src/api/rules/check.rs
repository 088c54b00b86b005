//! The rules on single values, for `garde`. Relations between values are checked where they are parsed, in `model`.

use std::collections::BTreeMap;

use garde::{Error, Result};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::text;
use crate::model::{Cidr, PortName};

fn must(holds: bool, sentence: &'static str) -> Result {
    if holds { Ok(()) } else { Err(Error::new(sentence)) }
}

fn alphanumeric_at_both_ends(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.first().is_some_and(u8::is_ascii_alphanumeric) && bytes.last().is_some_and(u8::is_ascii_alphanumeric)
}

/// Is this a DNS label (RFC 1123): what Kubernetes asks of names of namespaces and Services?
#[must_use]
pub fn is_dns_label(name: &str) -> bool {
    name.len() <= 63
        && alphanumeric_at_both_ends(name)
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// Is this a DNS subdomain (RFC 1123): what Kubernetes asks of names of most objects?
#[must_use]
pub fn is_dns_subdomain(name: &str) -> bool {
    name.len() <= 253 && name.split('.').all(is_subdomain_part)
}

fn is_qualified_part(name: &str) -> bool {
    name.len() <= 63
        && alphanumeric_at_both_ends(name)
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

fn is_label_key(key: &str) -> bool {
    match key.split_once('/') {
        None => is_qualified_part(key),
        Some((prefix, name)) => is_dns_subdomain(prefix) && is_qualified_part(name),
    }
}

// A subdomain's parts have no limit of their own in Kubernetes, only the whole has.
fn is_subdomain_part(part: &str) -> bool {
    alphanumeric_at_both_ends(part) && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

fn is_label_value(value: &str) -> bool {
    value.is_empty() || is_qualified_part(value)
}

/// [`text::DNS_LABEL`].
///
/// # Errors
/// When the name is no DNS label.
pub fn check_dns_label(name: &str, _: &()) -> Result {
    must(is_dns_label(name), text::DNS_LABEL)
}

/// [`text::PORT`].
///
/// # Errors
/// When it is neither a port number nor a port name.
pub fn check_port(port: &IntOrString, _: &()) -> Result {
    must(
        match port {
            IntOrString::Int(number) => (1..=65535).contains(number),
            IntOrString::String(name) => PortName::parse(name).is_some(),
        },
        text::PORT,
    )
}

/// [`text::CIDR`].
///
/// # Errors
/// When it is no CIDR, or not in canonical form.
pub fn check_cidr(cidr: &str, _: &()) -> Result {
    must(Cidr::parse(cidr).is_some(), text::CIDR)
}

/// [`text::LABEL_KEY`].
///
/// # Errors
/// When it is no label key.
pub fn check_label_key(key: &str, _: &()) -> Result {
    must(is_label_key(key), text::LABEL_KEY)
}

/// [`text::LABEL_VALUE`].
///
/// # Errors
/// When it is no label value.
pub fn check_label_value(value: &str, _: &()) -> Result {
    must(is_label_value(value), text::LABEL_VALUE)
}

/// [`text::LABEL_KEY`], for a map of labels.
///
/// # Errors
/// When a key of the map is no label key.
pub fn check_label_keys(labels: &BTreeMap<String, String>, _: &()) -> Result {
    must(labels.keys().all(|key| is_label_key(key)), text::LABEL_KEY)
}

/// [`text::LABEL_VALUE`], for a map of labels.
///
/// # Errors
/// When a value of the map is no label value.
pub fn check_label_values(labels: &BTreeMap<String, String>, _: &()) -> Result {
    must(labels.values().all(|value| is_label_value(value)), text::LABEL_VALUE)
}

/// A last port of a range, or a port that has no name.
///
/// # Errors
/// When it is not from 1 to 65535.
pub fn check_port_number(number: &impl Number, _: &()) -> Result {
    must(number.number().is_none_or(|n| (1..=65535).contains(&n)), text::PORT_NUMBER)
}

/// A number that may be left out.
pub trait Number {
    /// The number, if there is one.
    fn number(&self) -> Option<i32>;
}

impl Number for i32 {
    fn number(&self) -> Option<i32> {
        Some(*self)
    }
}

impl Number for Option<i32> {
    fn number(&self) -> Option<i32> {
        *self
    }
}

/// Something with a length that the schema bounds.
pub trait Length {
    /// What the length counts, in the plural.
    const OF: &'static str;
    /// The length, or nothing when the field was left out.
    fn length(&self) -> Option<usize>;
}

impl<T> Length for Vec<T> {
    const OF: &'static str = "entries";
    fn length(&self) -> Option<usize> {
        Some(self.len())
    }
}

impl<K, V> Length for BTreeMap<K, V> {
    const OF: &'static str = "entries";
    fn length(&self) -> Option<usize> {
        Some(self.len())
    }
}

impl<T: Length> Length for Option<T> {
    const OF: &'static str = T::OF;
    fn length(&self) -> Option<usize> {
        self.as_ref().and_then(Length::length)
    }
}

/// A check that a list or map has from `min` to `max` entries. Texts need none: what they must be says how long.
pub fn length<T: Length>(min: usize, max: usize) -> impl Fn(&T, &()) -> Result {
    move |value, ()| match value.length() {
        Some(length) if length < min => Err(Error::new(text::too_short(min, T::OF))),
        Some(length) if length > max => Err(Error::new(text::too_long(max, T::OF, length))),
        _ => Ok(()),
    }
}
