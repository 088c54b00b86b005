//! What somebody may have meant.

use strsim::osa_distance;

/// How many names an error lists.
const MOST: usize = 6;

/// An end of a sentence that says what there is: near names first, else some of those that exist.
#[must_use]
pub fn there_is(asked: &str, what: &str, exist: &[String]) -> String {
    let mut near: Vec<_> = exist.iter().map(|name| (osa_distance(asked, name), name)).collect();
    near.sort();
    let close: Vec<_> = near
        .iter()
        .filter(|(distance, name)| *distance * 3 <= asked.len().max(3) || name.contains(asked))
        .map(|(_, name)| format!("'{name}'"))
        .take(MOST)
        .collect();
    if !close.is_empty() {
        return format!("did you mean {}?", close.join(" or "));
    }
    if exist.is_empty() {
        return format!("there is no {what} at all");
    }
    let mut some: Vec<_> = exist.iter().take(MOST).map(|name| format!("'{name}'")).collect();
    if exist.len() > MOST {
        some.push(format!("{} more", exist.len() - MOST));
    }
    format!("there is {}", some.join(", "))
}

/// May one have been meant by the other?
#[must_use]
pub fn is_near(one: &str, other: &str) -> bool {
    osa_distance(one, other) * 3 <= one.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typing_error_is_answered_with_the_name_that_was_meant() {
        let exist = ["frontend", "api", "database"].map(str::to_owned);
        assert_eq!(there_is("frontned", "Pod", &exist), "did you mean 'frontend'?");
        assert_eq!(there_is("zzz", "Pod", &exist), "there is 'frontend', 'api', 'database'");
        assert_eq!(there_is("zzz", "Pod", &[]), "there is no Pod at all");
    }
}
