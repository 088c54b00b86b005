//! What is wrong with the profiles of files, and with the text of the files.

use std::collections::HashSet;

use crate::cli::{
    Checker, Finding, Input, Manifest,
    inputs::MANIFESTS,
    manifests,
    yaml::{self, Flaw},
};

/// What was found in all files so far.
#[derive(Debug, Default)]
pub struct Report {
    /// What is wrong, in the order of the files and their lines.
    pub findings: Vec<Finding>,
    /// How many profiles were checked.
    pub profiles: usize,
    /// How many objects are of other kinds.
    pub others: usize,
}

impl Report {
    /// Checks one more input.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn add(&mut self, input: &Input, checker: &Checker) -> Result<(), String> {
        self.add_bytes(&input.name(), &input.read(MANIFESTS)?, checker);
        Ok(())
    }

    /// Checks the content of a file.
    pub fn add_bytes(&mut self, file: &str, bytes: &[u8], checker: &Checker) {
        let mut findings = match yaml::text(bytes) {
            Ok(text) => self.check(file, text, checker),
            Err(flaw) => vec![Finding::of_flaw(file, flaw)],
        };
        findings.sort();
        findings.dedup();
        self.findings.append(&mut findings);
    }

    fn check(&mut self, file: &str, text: &str, checker: &Checker) -> Vec<Finding> {
        let (documents, flaws) = yaml::documents(text);
        let mut findings: Vec<_> = flaws.into_iter().map(|flaw| Finding::of_flaw(file, flaw)).collect();
        for document in documents {
            let (profiles, others) = document.root.as_deref().map(manifests).unwrap_or_default();
            self.profiles += profiles.len();
            self.others += others;
            // The text of other kinds is none of our business, unless it keeps us from knowing the kind.
            if document.root.is_none() || !profiles.is_empty() {
                findings.extend(document.flaws.iter().map(|flaw| Finding::of_flaw(file, flaw.clone())));
            }
            for profile in profiles {
                findings.extend(of_profile(file, &profile, checker, &document.flaws));
            }
        }
        findings
    }
}

pub(super) fn of_profile(file: &str, profile: &Manifest<'_>, checker: &Checker, flaws: &[Flaw]) -> Vec<Finding> {
    let problems = checker.check_named(&profile.node.to_value(), profile.misnamed.as_ref()).problems;
    // A word that could not be read was left out of the value; what follows from that is no news.
    let flawed: HashSet<_> = flaws.iter().map(|flaw| flaw.path.as_str()).filter(|path| !path.is_empty()).collect();
    let findings = problems.into_iter().map(|mut problem| {
        let at = profile.node.locate(&problem.path);
        problem.path.insert_str(0, &profile.prefix);
        Finding::of_problem(file, at, problem)
    });
    findings.filter(|finding| !flawed.contains(finding.path.as_str())).collect()
}
