//! Where policies and profiles stand in the files that were read.

use crate::{
    cli::{
        read::{FoundProfile, Reading},
        yaml::Position,
    },
    explain::Sources,
};

/// The files that were read.
pub struct Files<'r> {
    /// What was read.
    pub reading: &'r Reading,
    /// The namespace of profiles that name none.
    pub namespace: &'r str,
}

impl Files<'_> {
    fn found(&self, namespace: &str, name: &str) -> Option<&FoundProfile> {
        self.reading.profiles.iter().find(|profile| profile.key(self.namespace) == Some((namespace, name)))
    }
}

fn place(file: &str, at: Position) -> String {
    format!("{file}:{}", at.line)
}

impl Sources for Files<'_> {
    fn policy(&self, namespace: &str, name: &str, path: &str) -> Option<String> {
        let source = self.reading.policy(namespace, name)?;
        let at = if path.is_empty() { source.at } else { source.locate(path) };
        Some(place(&source.file, at))
    }

    fn label(&self, namespace: &str, name: &str, key: &str) -> Option<String> {
        self.reading.policy(namespace, name)?.metadata("labels", key).map(str::to_owned)
    }

    fn annotation(&self, namespace: &str, name: &str, key: &str) -> Option<String> {
        self.reading.policy(namespace, name)?.metadata("annotations", key).map(str::to_owned)
    }

    fn profile(&self, namespace: &str, name: &str, path: &str) -> Option<String> {
        let found = self.found(namespace, name)?;
        Some(place(&found.file, found.node.locate(path)))
    }
}
