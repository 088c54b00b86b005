//! Finds the profiles among the documents of a file.

use super::yaml::Node;
use crate::{api::Reason, model::Problem};

const GROUP: &str = "appnet.dev";
const VERSION: &str = "appnet.dev/v1alpha1";
const KIND: &str = "AppNetworkProfile";

/// A profile in a document, or something that was meant to be one.
#[derive(Debug)]
pub struct Manifest<'a> {
    /// The object.
    pub node: &'a Node,
    /// Where it stands in the document: nothing, or as `items[2]` in a list.
    pub prefix: String,
    /// What is wrong with `apiVersion` or `kind`.
    pub misnamed: Option<Problem>,
}

/// The profiles of a document, and how many other objects it has.
#[must_use]
pub fn manifests(root: &Node) -> (Vec<Manifest<'_>>, usize) {
    let mut found = Vec::new();
    let mut others = 0;
    collect(root, String::new(), false, &mut found, &mut others);
    (found, others)
}

/// `of_profiles`: the object stands in a list that can hold nothing but profiles.
fn collect<'a>(node: &'a Node, prefix: String, of_profiles: bool, found: &mut Vec<Manifest<'a>>, others: &mut usize) {
    let version = node.text("apiVersion").unwrap_or_default();
    let kind = node.text("kind").unwrap_or_default();
    let list_of_profiles = lists_profiles(kind);
    match node.get("items").and_then(Node::items).filter(|_| kind == "List" || list_of_profiles) {
        Some(items) => {
            for (position, item) in items.iter().enumerate() {
                let prefix = format!("{prefix}items[{position}].");
                collect(item, prefix, list_of_profiles, found, others);
            }
        }
        None if of_profiles || is_meant(version, kind) => {
            found.push(Manifest { node, prefix, misnamed: misnamed(version, kind) });
        }
        None => *others += 1,
    }
}

/// Is an object meant to be a profile?
pub(super) fn is_meant(version: &str, kind: &str) -> bool {
    version.split('/').next() == Some(GROUP) || kind == KIND
}

/// Can a list of this kind hold nothing but profiles?
pub(super) fn lists_profiles(kind: &str) -> bool {
    kind.strip_suffix("List") == Some(KIND)
}

/// What is wrong with the apiVersion or kind of something that is meant to be a profile.
pub(super) fn misnamed(version: &str, kind: &str) -> Option<Problem> {
    let (field, wanted, found) = match (version == VERSION, kind == KIND) {
        (true, true) => return None,
        (true, false) => ("kind", KIND, kind),
        (false, _) => ("apiVersion", VERSION, version),
    };
    let found = if found.is_empty() { String::new() } else { format!(", and is '{found}'") };
    Some(Problem { path: field.into(), message: format!("must be '{wanted}'{found}"), reason: Reason::InvalidSpec })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::yaml::documents;

    /// The prefixes of the profiles in a document, the fields that are misnamed, and the count of the others.
    fn found(text: &str) -> (Vec<(String, Option<String>)>, usize) {
        let (documents, _) = documents(text);
        let root = documents[0].root.clone().expect("a document");
        let (manifests, others) = manifests(&root);
        let found =
            manifests.into_iter().map(|manifest| (manifest.prefix, manifest.misnamed.map(|problem| problem.path)));
        (found.collect(), others)
    }

    #[test]
    fn profiles_are_found_alone_and_in_lists_and_others_are_counted() {
        let profile = "{apiVersion: appnet.dev/v1alpha1, kind: AppNetworkProfile}";
        assert_eq!(found(profile), (vec![(String::new(), None)], 0));
        let list = format!("kind: List\nitems: [{{kind: Pod}}, {profile}, {{kind: Service}}]\n");
        assert_eq!(found(&list), (vec![("items[1].".into(), None)], 2));
        assert_eq!(found("replicas: 3\n"), (vec![], 1));
        let list = format!("kind: AppNetworkProfileList\nitems: [{profile}, {{spec: {{}}}}]\n");
        assert_eq!(found(&list).0[1], ("items[1].".into(), Some("apiVersion".into())));
        // Its items are data of a kind that happens to have such a field.
        assert_eq!(found("kind: Menu\nitems: [{kind: AppNetworkProfile}]\n"), (vec![], 1));
    }

    #[test]
    fn what_was_meant_to_be_a_profile_is_told_apart_from_other_kinds() {
        let field = |text| found(text).0.remove(0).1;
        assert_eq!(field("apiVersion: appnet.dev/v1\nkind: AppNetworkProfile\n"), Some("apiVersion".into()));
        assert_eq!(field("kind: AppNetworkProfile\n"), Some("apiVersion".into()));
        assert_eq!(field("apiVersion: appnet.dev/v1alpha1\nkind: AppNetworkprofile\n"), Some("kind".into()));
        assert_eq!(field("apiVersion: appnet.dev/v1alpha1\n"), Some("kind".into()));
        assert_eq!(found("apiVersion: appnet.development/v1\nkind: Other\n"), (vec![], 1));
    }
}
