//! The rules as CEL, for the schema. The API server refuses a profile that breaks one.
//!
//! Every list and string that a rule walks has a maximum in the schema: without it the API server
//! assumes the worst and refuses the whole definition for its cost.
//!
//! The keys and values of `matchExpressions` are the exception: a profile may hold half a million values, too many
//! for any rule. A `pattern` in the schema is not counted as cost; the price is that it has no sentence of its own.
//!
//! `namespace` is a reserved word of CEL, so the field is `__namespace__` in a rule.

use kube::core::Rule;
use serde_json::json;

use super::text;

/// A label's value, as a regular expression.
pub const LABEL_VALUE_PATTERN: &str = "^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$";

/// A label's key, as a regular expression.
pub const LABEL_KEY_PATTERN: &str = "^([a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9]$";

fn rule(expression: &str, message: &str) -> Rule {
    Rule::new(expression).message(message)
}

/// [`text::PROFILE_NAME`]; on the whole object.
#[must_use]
pub fn profile_name() -> Rule {
    rule("self.metadata.name.size() <= 63", text::PROFILE_NAME)
}

/// [`text::DNS_LABEL`]; on a string.
#[must_use]
pub fn dns_label() -> Rule {
    rule("self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')", text::DNS_LABEL)
}

/// [`text::PORT`]; on a number or string.
///
/// API servers before Kubernetes 1.34 do not look at the maximum length of a value that may be either, assume 3 MB of
/// text, and refuse the definition for this rule's cost.
#[must_use]
pub fn port() -> Rule {
    rule(
        "type(self) == int ? self >= 1 && self <= 65535 : \
         self.size() <= 15 && self.matches('^[a-z0-9]+(-[a-z0-9]+)*$') && self.matches('[a-z]')",
        text::PORT,
    )
}

/// [`text::END_PORT_NEEDS_NUMBER`]; on a port.
#[must_use]
pub fn end_port_needs_number() -> Rule {
    rule("!has(self.endPort) || type(self.port) == int", text::END_PORT_NEEDS_NUMBER)
}

/// [`text::END_PORT_NOT_BELOW_PORT`]; on a port.
#[must_use]
pub fn end_port_not_below_port() -> Rule {
    rule("!has(self.endPort) || type(self.port) != int || self.endPort >= self.port", text::END_PORT_NOT_BELOW_PORT)
}

const CANONICAL: &str = "isCIDR(self) && cidr(self).masked() == cidr(self) && string(cidr(self)) == self";

/// [`text::CIDR`]; on a string.
#[must_use]
pub fn cidr() -> Rule {
    rule(CANONICAL, text::CIDR)
}

/// [`text::CIDR`]; on a list of strings.
#[must_use]
pub fn cidr_list() -> Rule {
    rule("self.all(c, isCIDR(c) && cidr(c).masked() == cidr(c) && string(cidr(c)) == c)", text::CIDR)
}

/// [`text::EXCEPT_NEEDS_CIDR`]; on a source or destination.
#[must_use]
pub fn except_needs_cidr() -> Rule {
    rule("!has(self.except) || self.except.size() == 0 || has(self.cidr)", text::EXCEPT_NEEDS_CIDR)
}

/// [`text::EXCEPT_INSIDE_CIDR`]; on a source or destination. Blocks that are no CIDRs are left to [`cidr_list`].
#[must_use]
pub fn except_inside_cidr() -> Rule {
    rule(
        "!has(self.except) || !has(self.cidr) || !isCIDR(self.cidr) || \
         self.except.all(e, !isCIDR(e) || (cidr(self.cidr).containsCIDR(e) && cidr(e).prefixLength() > cidr(self.cidr).prefixLength()))",
        text::EXCEPT_INSIDE_CIDR,
    )
}

/// [`text::SELECTOR_NOT_EMPTY`]; on a selector.
#[must_use]
pub fn selector_not_empty() -> Rule {
    rule(
        "(has(self.matchLabels) && self.matchLabels.size() > 0) || (has(self.matchExpressions) && self.matchExpressions.size() > 0)",
        text::SELECTOR_NOT_EMPTY,
    )
}

/// [`text::LABEL_KEY`]; on a map of labels.
#[must_use]
pub fn label_keys() -> Rule {
    rule("self.all(k, k.size() <= 317 && !format.qualifiedName().validate(k).hasValue())", text::LABEL_KEY)
}

/// [`text::LABEL_VALUE`]; on a string.
fn label_value() -> Rule {
    rule(&format!("self.matches('{LABEL_VALUE_PATTERN}')"), text::LABEL_VALUE)
}

/// The schema of a value in a map of labels: schemars' `inner` reaches into lists only.
#[must_use]
pub fn label_value_schema() -> serde_json::Value {
    json!({ "type": "string", "maxLength": 63, "x-kubernetes-validations": [label_value()] })
}

/// [`text::LABEL_KEY`], for the part that [`LABEL_KEY_PATTERN`] cannot say; on a string.
#[must_use]
pub fn label_key_prefix() -> Rule {
    rule("self.indexOf('/') <= 253", text::LABEL_KEY)
}

/// [`text::OPERATOR_NEEDS_VALUES`]; on a requirement.
#[must_use]
pub fn operator_needs_values() -> Rule {
    rule(
        "!(self.operator in ['In', 'NotIn']) || (has(self.values) && self.values.size() > 0)",
        text::OPERATOR_NEEDS_VALUES,
    )
}

/// [`text::OPERATOR_TAKES_NO_VALUES`]; on a requirement.
#[must_use]
pub fn operator_takes_no_values() -> Rule {
    rule(
        "!(self.operator in ['Exists', 'DoesNotExist']) || !has(self.values) || self.values.size() == 0",
        text::OPERATOR_TAKES_NO_VALUES,
    )
}

/// [`text::ONE_KIND_OF_SOURCE`]; on a source.
#[must_use]
pub fn one_kind_of_source() -> Rule {
    rule("[has(self.tier), has(self.pods), has(self.cidr)].exists_one(x, x)", text::ONE_KIND_OF_SOURCE)
}

/// [`text::ONE_KIND_OF_DESTINATION`]; on a destination.
#[must_use]
pub fn one_kind_of_destination() -> Rule {
    rule(
        "[has(self.pods), has(self.cidr), has(self.service), has(self.apiServer)].exists_one(x, x)",
        text::ONE_KIND_OF_DESTINATION,
    )
}

/// [`text::ONE_KIND_OF_RESOLVER`]; on a resolver.
#[must_use]
pub fn one_kind_of_resolver() -> Rule {
    rule("has(self.pods) != has(self.cidr)", text::ONE_KIND_OF_RESOLVER)
}

/// [`text::ONE_KIND_OF_PLATFORM_PEER`]; on a platform peer.
#[must_use]
pub fn one_kind_of_platform_peer() -> Rule {
    rule(
        "[has(self.podSelector), has(self.allPods) && self.allPods, has(self.cidr)].exists_one(x, x) && \
         !(has(self.cidr) && (has(self.__namespace__) || has(self.namespaceSelector)))",
        text::ONE_KIND_OF_PLATFORM_PEER,
    )
}

/// [`text::ONE_KIND_OF_NAMESPACE`]; on a Pods peer.
#[must_use]
pub fn one_kind_of_namespace() -> Rule {
    rule("!(has(self.__namespace__) && has(self.namespaceSelector))", text::ONE_KIND_OF_NAMESPACE)
}

/// [`text::PODS_ARE_SELECTED`]; on a Pods peer.
#[must_use]
pub fn pods_are_selected() -> Rule {
    rule("has(self.podSelector) != (has(self.allPods) && self.allPods)", text::PODS_ARE_SELECTED)
}

/// [`text::CALLERS_NEED_DECLARED_PORTS`]; on a tier.
#[must_use]
pub fn callers_need_declared_ports() -> Rule {
    rule(
        "(has(self.ports) && self.ports.size() > 0) || \
         !((has(self.from) && self.from.size() > 0) || has(self.exposed) || has(self.metrics))",
        text::CALLERS_NEED_DECLARED_PORTS,
    )
}

/// [`text::FROM_NAMES_DECLARED_PORTS`]; on a tier. A tier without ports is left to [`callers_need_declared_ports`].
#[must_use]
pub fn from_names_declared_ports() -> Rule {
    rule(
        "!has(self.from) || !has(self.ports) || self.from.all(f, !has(f.ports) || f.ports.all(p, self.ports.exists(d, d.name == p)))",
        text::FROM_NAMES_DECLARED_PORTS,
    )
}

/// [`text::EXPOSED_NAMES_DECLARED_PORTS`]; on a tier.
#[must_use]
pub fn exposed_names_declared_ports() -> Rule {
    rule(
        "!has(self.exposed) || !has(self.exposed.ports) || !has(self.ports) || self.exposed.ports.all(p, self.ports.exists(d, d.name == p))",
        text::EXPOSED_NAMES_DECLARED_PORTS,
    )
}

/// [`text::METRICS_NAMES_DECLARED_PORTS`]; on a tier.
#[must_use]
pub fn metrics_names_declared_ports() -> Rule {
    rule(
        "!has(self.metrics) || !has(self.metrics.ports) || !has(self.ports) || self.metrics.ports.all(p, self.ports.exists(d, d.name == p))",
        text::METRICS_NAMES_DECLARED_PORTS,
    )
}

/// [`text::TIERS_IN_FROM_EXIST`]; on the spec.
#[must_use]
pub fn tiers_in_from_exist() -> Rule {
    rule(
        "self.tiers.all(t, !has(t.from) || t.from.all(f, !has(f.tier) || self.tiers.exists(x, x.name == f.tier)))",
        text::TIERS_IN_FROM_EXIST,
    )
}

/// [`text::DESTINATION_NEEDS_PORTS`]; on a destination.
#[must_use]
pub fn destination_needs_ports() -> Rule {
    rule("!(has(self.pods) || has(self.cidr)) || has(self.ports)", text::DESTINATION_NEEDS_PORTS)
}

/// [`text::API_SERVER_TAKES_NO_PORTS`]; on a destination.
#[must_use]
pub fn api_server_takes_no_ports() -> Rule {
    rule("!has(self.apiServer) || !has(self.ports)", text::API_SERVER_TAKES_NO_PORTS)
}

/// [`text::CIDR_PORTS_ARE_NUMBERS`]; on a destination.
#[must_use]
pub fn cidr_ports_are_numbers() -> Rule {
    rule("!has(self.cidr) || !has(self.ports) || self.ports.all(p, type(p.port) == int)", text::CIDR_PORTS_ARE_NUMBERS)
}

/// [`text::EXPLICIT_DNS_NEEDS_RESOLVERS`]; on the DNS need.
#[must_use]
pub fn explicit_dns_needs_resolvers() -> Rule {
    rule("self.mode != 'Explicit' || has(self.resolvers)", text::EXPLICIT_DNS_NEEDS_RESOLVERS)
}

/// [`text::ONLY_EXPLICIT_DNS_TAKES_RESOLVERS`]; on the DNS need.
#[must_use]
pub fn only_explicit_dns_takes_resolvers() -> Rule {
    rule("self.mode == 'Explicit' || !has(self.resolvers)", text::ONLY_EXPLICIT_DNS_TAKES_RESOLVERS)
}
