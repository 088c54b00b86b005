//! Three sources speak about the same values; the user hears each problem once.

use std::{collections::BTreeMap, ops::Bound};

use crate::model::Problem;

/// Problems by path. A file of 3 MiB can have a hundred thousand, so nothing here looks at all of them for each.
#[derive(Debug, Default)]
pub(super) struct ByPath<'a>(BTreeMap<&'a str, Vec<&'a Problem>>);

impl<'a> ByPath<'a> {
    pub(super) fn new(problems: &'a [Problem]) -> Self {
        let mut by_path: BTreeMap<&str, Vec<&Problem>> = BTreeMap::new();
        for problem in problems {
            by_path.entry(&problem.path).or_default().push(problem);
        }
        Self(by_path)
    }

    /// Is there a problem at this path, or further down?
    pub(super) fn reaches(&self, path: &str) -> bool {
        self.within(path).next().is_some()
    }

    /// Is there a problem with this value, or with the map or list that holds it?
    ///
    /// Then the model has spoken, and has the better sentence for what the schema finds out of bounds.
    pub(super) fn covers_bound(&self, bound: &Problem) -> bool {
        self.0.contains_key(bound.path.as_str()) || self.0.contains_key(holder(&bound.path))
    }

    /// Does a problem say this rule's sentence, at its place, closer to the value, or at the map that holds it?
    pub(super) fn covers_rule(&self, rule: &Problem) -> bool {
        let at_holder = self.0.get(holder(&rule.path)).into_iter().flatten();
        self.within(&rule.path).chain(at_holder.copied()).any(|problem| problem.message.starts_with(&rule.message))
    }

    fn within<'s>(&'s self, path: &'s str) -> impl Iterator<Item = &'a Problem> + use<'a, 's> {
        let from_here = (Bound::Included(path), Bound::Unbounded);
        let candidates =
            self.0.range::<str, _>(from_here).take_while(move |(candidate, _)| candidate.starts_with(path));
        let within = candidates.filter(move |(candidate, _)| {
            let rest = &candidate[path.len()..];
            path.is_empty() || rest.is_empty() || rest.starts_with(['.', '['])
        });
        within.flat_map(|(_, problems)| problems.iter().copied())
    }
}

fn holder(path: &str) -> &str {
    path.rfind(['.', '[']).map_or("", |end| &path[..end])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Reason;

    fn problem(path: &str, message: &str) -> Problem {
        Problem { path: path.into(), message: message.into(), reason: Reason::InvalidSpec }
    }

    #[test]
    fn a_rule_is_covered_by_its_sentence_at_or_below_its_place() {
        let model =
            [problem("spec.tiers[1].from[0].tier", "must name a tier; 'x' is none"), problem("spec.to", "other")];
        let model = ByPath::new(&model);
        assert!(model.covers_rule(&problem("spec", "must name a tier")));
        assert!(!model.covers_rule(&problem("spec", "must be short")));
        assert!(!model.covers_rule(&problem("spec.tiers[0]", "must name a tier")));
    }

    #[test]
    fn a_bound_is_covered_by_anything_at_its_place_or_at_its_holder() {
        let model = [problem("spec.labels", "values must be short")];
        let model = ByPath::new(&model);
        assert!(model.covers_bound(&problem("spec.labels", "too many")));
        assert!(model.covers_bound(&problem("spec.labels.app", "too long")));
        assert!(!model.covers_bound(&problem("spec.label", "too long")));
    }

    #[test]
    fn a_path_reaches_what_is_below_it_and_not_what_begins_like_it() {
        let model = [problem("spec.tiers[12].to", ""), problem("spec.tiersome", "")];
        let model = ByPath::new(&model);
        for (path, reaches) in
            [("", true), ("spec.tiers", true), ("spec.tiers[12]", true), ("spec.tiers[1]", false), ("spec.tier", false)]
        {
            assert_eq!(model.reaches(path), reaches, "{path}");
        }
    }
}
