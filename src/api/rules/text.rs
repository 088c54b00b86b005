//! The sentences. "must" says what is needed; field names stand in back-quotes, literals in single quotes.

/// A name that becomes part of other names and of label values.
pub const DNS_LABEL: &str = "must be a DNS label: lower-case letters, digits and '-', with a letter or digit at both ends, at most 63 characters";
/// The profile's own name.
pub const PROFILE_NAME: &str = "`metadata.name` must be at most 63 characters, because it becomes a label value on every policy; choose a shorter name";
/// The name of any object.
pub const DNS_SUBDOMAIN: &str = "must be a DNS subdomain: lower-case letters, digits, '-' and '.', with a letter or digit at both ends of each part, at most 253 characters";
/// All annotations together.
pub const ANNOTATIONS_TOO_LARGE: &str = "must hold at most 256 KiB, keys and values together";
/// A port number or name.
pub const PORT: &str = "must be a number from 1 to 65535 (without quotes), or the name of a container port: at most 15 lower-case letters, digits and '-', with at least one letter, no '-' at either end and no two in a row";
/// A port that has no name.
pub const PORT_NUMBER: &str = "must be a number from 1 to 65535";
/// A range needs a number.
pub const END_PORT_NEEDS_NUMBER: &str = "`endPort` must go with a number in `port`; a named port has no range";
/// A range goes upwards.
pub const END_PORT_NOT_BELOW_PORT: &str = "`endPort` must not be below `port`; swap the two or drop `endPort`";
/// An address block.
pub const CIDR: &str = "must be a canonical CIDR such as '203.0.113.0/24' or '2001:db8::/32': no bits set after the prefix, no leading zeros, lower case, no IPv4-mapped IPv6 address, no zone";
/// Exceptions belong to a block.
pub const EXCEPT_NEEDS_CIDR: &str =
    "`except` must go with `cidr`; remove it, or state the block that it is an exception of";
/// Exceptions lie inside.
pub const EXCEPT_INSIDE_CIDR: &str =
    "`except` must hold only blocks that are smaller than `cidr`, lie inside it and are of the same address family";
/// A selector that says something.
pub const SELECTOR_NOT_EMPTY: &str =
    "must have `matchLabels` or `matchExpressions`: an empty selector would match everything";
/// A label's key.
pub const LABEL_KEY: &str = "label keys must be like 'app' or 'example.com/app': an optional DNS subdomain and '/', then at most 63 letters, digits, '-', '_' and '.', with a letter or digit at both ends";
/// A label's value.
pub const LABEL_VALUE: &str =
    "label values must be at most 63 letters, digits, '-', '_' and '.', with a letter or digit at both ends";
/// In and `NotIn`.
pub const OPERATOR_NEEDS_VALUES: &str = "`values` must be given with operator 'In' or 'NotIn'";
/// Exists and `DoesNotExist`.
pub const OPERATOR_TAKES_NO_VALUES: &str = "`values` must be left out with operator 'Exists' or 'DoesNotExist'";
/// Kinds of callers.
pub const ONE_KIND_OF_SOURCE: &str = "must have exactly one of `tier`, `pods` and `cidr`; write one entry for each";
/// Kinds of destinations.
pub const ONE_KIND_OF_DESTINATION: &str =
    "must have exactly one of `pods`, `cidr`, `service` and `apiServer`; write one entry for each";
/// Kinds of resolvers.
pub const ONE_KIND_OF_RESOLVER: &str = "must have exactly one of `pods` and `cidr`; write one entry for each";
/// Kinds of platform peers.
pub const ONE_KIND_OF_PLATFORM_PEER: &str = "must have exactly one of `podSelector`, `allPods: true` and `cidr` (with `cidr` no namespace); write one entry for each";
/// A namespace by name or by label.
pub const ONE_KIND_OF_NAMESPACE: &str =
    "must have at most one of `namespace` and `namespaceSelector`; leave out both for the profile's own namespace";
/// All Pods only on request.
pub const PODS_ARE_SELECTED: &str = "must have exactly one of `podSelector` and `allPods: true`";
/// Somebody calls, but where?
pub const CALLERS_NEED_DECLARED_PORTS: &str = "`ports` must declare at least one port, because the tier has `from`, `exposed` or `metrics`; there is no \"any port\"";
/// Port names in `from`.
pub const FROM_NAMES_DECLARED_PORTS: &str = "`from[].ports` must name ports that this tier declares in `ports`";
/// Port names in `exposed`.
pub const EXPOSED_NAMES_DECLARED_PORTS: &str = "`exposed.ports` must name ports that this tier declares in `ports`";
/// Port names in `metrics`.
pub const METRICS_NAMES_DECLARED_PORTS: &str = "`metrics.ports` must name ports that this tier declares in `ports`";
/// Tiers in `from`.
pub const TIERS_IN_FROM_EXIST: &str =
    "`tiers[].from[].tier` must name a tier of this profile; for other Pods use `pods`";
/// Ports of destinations.
pub const DESTINATION_NEEDS_PORTS: &str = "`ports` must be given with `pods` and `cidr`; there is no \"any port\"";
/// The API server's ports come from the cluster.
pub const API_SERVER_TAKES_NO_PORTS: &str =
    "`ports` must be left out with `apiServer`: its ports come from the cluster";
/// Names cannot be looked up outside.
pub const CIDR_PORTS_ARE_NUMBERS: &str =
    "`ports` must be numbers with `cidr`: a port's name cannot be looked up outside the cluster";
/// Explicit needs a list.
pub const EXPLICIT_DNS_NEEDS_RESOLVERS: &str = "`resolvers` must be given with mode 'Explicit'";
/// The other modes take none.
pub const ONLY_EXPLICIT_DNS_TAKES_RESOLVERS: &str = "`resolvers` must be left out unless `mode` is 'Explicit'";
/// Two entries of a list with the same key.
pub const DUPLICATE: &str = "must not appear twice in its list; remove one or rename it";
/// Services in the platform's configuration.
pub const PLATFORM_SERVICE_NEEDS_NAMESPACE: &str =
    "must be given in the platform's configuration, which has no namespace of its own";

/// An entry with the key of another.
#[must_use]
pub fn duplicate(value: &str) -> String {
    format!("'{value}' {DUPLICATE}")
}

/// A list, map or text that is too short. `of` is what its length counts, in the plural.
#[must_use]
pub fn too_short(least: usize, of: &str) -> String {
    match least {
        1 => "must not be empty; leave it out where it is optional".into(),
        _ => format!("must have at least {least} {of}"),
    }
}

/// A list, map or text that is too long.
#[must_use]
pub fn too_long(most: usize, of: &str, found: usize) -> String {
    format!("must have at most {most} {of}, and has {found}")
}
