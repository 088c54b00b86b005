//! Finds the name that someone probably meant.

use strsim::osa_distance;

/// The known name that is closest to this one, if any is close: the same in other letters' case, or with a few
/// characters changed.
pub(crate) fn closest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Longer ones are no typing mistakes, and comparing them costs their product.
    const LONGEST: usize = 64;
    if name.len() > LONGEST {
        return None;
    }
    let typed = name.to_lowercase();
    known
        .into_iter()
        .map(|known| (osa_distance(&typed, &known.to_lowercase()), known))
        .filter(|(distance, known)| *distance <= known.len().min(typed.len()).div_ceil(3))
        .min()
        .map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIELDS: [&str; 8] = ["name", "podSelector", "ports", "from", "exposed", "metrics", "to", "namespaceSelector"];

    #[test]
    fn a_typing_mistake_leads_to_the_field_that_was_meant() {
        for (typed, meant) in [
            ("podselector", "podSelector"),
            ("pod_selector", "podSelector"),
            ("prots", "ports"),
            ("port", "ports"),
            ("form", "from"),
            ("metric", "metrics"),
            ("expose", "exposed"),
        ] {
            assert_eq!(closest(typed, FIELDS), Some(meant), "{typed}");
        }
    }

    #[test]
    fn a_name_that_is_far_from_all_leads_nowhere() {
        for typed in ["ingress", "replicas", "x", "", &"podSelector".repeat(20)] {
            assert_eq!(closest(typed, FIELDS), None, "{typed}");
        }
    }
}
