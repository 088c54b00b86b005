//! Fields that policies do not have. The API server drops them where nobody asks it to be strict, and a rule without the `from`
//! that was misspelt is a rule for everyone.

use crate::{
    cli::{Finding, read::Reading, state::CLUSTER},
    model::shape::Schema,
};

/// Every unknown field of every policy that stands in a file.
pub(super) fn unknown(reading: &Reading) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut schema = None;
    for policy in &reading.picture.policies {
        // What the API server returns has only fields that it knows, and may know more than we do.
        let source = reading.policy(&policy.namespace, &policy.name).filter(|source| *source.file != *CLUSTER);
        let Some(source) = source else { continue };
        let Some(value) = source.read() else { continue };
        let shape = schema.get_or_insert_with(Schema::of_policies).check(&value);
        findings.extend(shape.unknown.into_iter().map(|mut problem| {
            let at = source.locate(&problem.path);
            problem.path.insert_str(0, &source.prefix);
            Finding::of_problem(&source.file, at, problem)
        }));
    }
    findings
}
