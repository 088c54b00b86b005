//! Finds the name that someone probably meant.

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
        .map(|known| (distance(&typed, &known.to_lowercase()), known))
        .filter(|(distance, known)| *distance <= known.len().min(typed.len()).div_ceil(3))
        .min()
        .map(|(_, known)| known)
}

/// How many characters must be changed, added, removed or swapped with their neighbour.
fn distance(from: &str, to: &str) -> usize {
    let from: Vec<char> = from.chars().collect();
    let to: Vec<char> = to.chars().collect();
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, b) in to.iter().enumerate() {
            let mut best = (last[j] + usize::from(a != b)).min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *a == to[j - 1] && from[i - 1] == *b {
                best = best.min(before_last[j - 1] + 1);
            }
            row.push(best);
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or_default()
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
