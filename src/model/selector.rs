//! Label selectors that select something in particular.

use std::{collections::BTreeMap, fmt};

use crate::{
    api::{self, RequirementOperator},
    model::NonEmpty,
};

/// The labels of a Pod or Namespace.
pub type Labels = BTreeMap<String, String>;

/// A selector with at least one requirement. What matches everything is [`crate::model::PodMatch::All`], in so many words.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Selector {
    labels: BTreeMap<String, String>,
    expressions: Vec<Expression>,
}

/// A requirement on one label.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Expression {
    /// There, with one of these values.
    In(String, NonEmpty<String>),
    /// Not there, or with none of these values.
    NotIn(String, NonEmpty<String>),
    /// There.
    Exists(String),
    /// Not there.
    DoesNotExist(String),
}

impl Selector {
    /// Parses a selector; nothing when it is empty or a requirement has values where it must not, or none where it must.
    #[must_use]
    pub fn parse(selector: &api::LabelSelector) -> Option<Self> {
        let mut expressions = selector
            .match_expressions
            .iter()
            .map(|requirement| {
                let key = requirement.key.clone();
                let mut values = requirement.values.clone();
                values.sort();
                let values = NonEmpty::new(values);
                match (requirement.operator, values) {
                    (RequirementOperator::In, Some(values)) => Some(Expression::In(key, values)),
                    (RequirementOperator::NotIn, Some(values)) => Some(Expression::NotIn(key, values)),
                    (RequirementOperator::Exists, None) => Some(Expression::Exists(key)),
                    (RequirementOperator::DoesNotExist, None) => Some(Expression::DoesNotExist(key)),
                    _ => None,
                }
            })
            .collect::<Option<Vec<_>>>()?;
        // Requirements are joined by "and": order and repetition say nothing, and would make equal policies differ.
        expressions.sort();
        expressions.dedup();
        let labels = selector.match_labels.clone();
        (!labels.is_empty() || !expressions.is_empty()).then_some(Self { labels, expressions })
    }

    /// Selects by exact labels; nothing when there are none.
    #[must_use]
    pub fn of_labels(labels: BTreeMap<String, String>) -> Option<Self> {
        (!labels.is_empty()).then_some(Self { labels, expressions: Vec::new() })
    }

    /// Selects by one exact label.
    #[must_use]
    pub fn of_label(key: &str, value: &str) -> Self {
        Self { labels: BTreeMap::from([(key.to_owned(), value.to_owned())]), expressions: Vec::new() }
    }

    /// Does an object with these labels match? Expressions with `NotIn` and `DoesNotExist` match objects without the key.
    #[must_use]
    pub fn matches(&self, labels: &Labels) -> bool {
        self.labels.iter().all(|(key, value)| labels.get(key) == Some(value))
            && self.expressions.iter().all(|expression| match expression {
                Expression::In(key, values) => labels.get(key).is_some_and(|value| values.contains(value)),
                Expression::NotIn(key, values) => labels.get(key).is_none_or(|value| !values.contains(value)),
                Expression::Exists(key) => labels.contains_key(key),
                Expression::DoesNotExist(key) => !labels.contains_key(key),
            })
    }

    /// The labels that must be there with exactly these values.
    #[must_use]
    pub fn labels(&self) -> &BTreeMap<String, String> {
        &self.labels
    }

    pub(crate) fn expressions(&self) -> &[Expression] {
        &self.expressions
    }

    /// Could an object match both? False only when it is certain that none can.
    #[must_use]
    pub fn may_overlap(&self, other: &Self) -> bool {
        let clash = |a: &Self, b: &Self| {
            a.labels.iter().any(|(key, value)| {
                b.labels.get(key).is_some_and(|other| other != value)
                    || b.expressions.iter().any(|expression| match expression {
                        Expression::In(k, values) => k == key && !values.contains(value),
                        Expression::NotIn(k, values) => k == key && values.contains(value),
                        Expression::DoesNotExist(k) => k == key,
                        Expression::Exists(_) => false,
                    })
            })
        };
        !clash(self, other) && !clash(other, self)
    }

    /// Matches what both match: requirements are joined by "and", so the two lists together say it exactly.
    /// Nothing when the same label would have to have two values.
    #[must_use]
    pub fn and(&self, other: &Self) -> Option<Self> {
        if !self.may_overlap(other) {
            return None;
        }
        let mut labels = self.labels.clone();
        labels.extend(other.labels.clone());
        let mut expressions = [self.expressions.clone(), other.expressions.clone()].concat();
        expressions.sort();
        expressions.dedup();
        Some(Self { labels, expressions })
    }
}

impl fmt::Display for Selector {
    /// As `kubectl -l` takes it: `app=api,tier in (a,b),!legacy`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let labels = self.labels.iter().map(|(key, value)| format!("{key}={value}"));
        let expressions = self.expressions.iter().map(|expression| match expression {
            Expression::In(key, values) => format!("{key} in ({})", values.join(",")),
            Expression::NotIn(key, values) => format!("{key} notin ({})", values.join(",")),
            Expression::Exists(key) => key.clone(),
            Expression::DoesNotExist(key) => format!("!{key}"),
        });
        f.write_str(&labels.chain(expressions).collect::<Vec<_>>().join(","))
    }
}
