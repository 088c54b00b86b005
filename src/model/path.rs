//! Where a value stands in a resource.

use std::fmt;

/// One step from a value to one that it holds.
#[derive(Clone, Copy, Debug)]
pub enum Step<'a> {
    /// To a field of an object, or a key of a map.
    Field(&'a str),
    /// To an entry of a list.
    Item(usize),
}

impl Step<'_> {
    /// Adds the step to a path that was written out so far.
    pub fn write_to(self, path: &mut String) {
        match self {
            Self::Item(position) => path.extend(["[", &position.to_string(), "]"]),
            Self::Field(name) if !is_plain(name) => path.extend(["[", name, "]"]),
            Self::Field(name) => {
                if !path.is_empty() {
                    path.push('.');
                }
                *path += name;
            }
        }
    }
}

/// The way from the top of a resource to a value. It is written out only when there is something to say about the
/// value, so walking a large resource costs nothing.
#[derive(Clone, Copy, Debug)]
pub enum Path<'a> {
    /// The resource itself.
    Top,
    /// What a value on the way holds.
    Below(&'a Self, Step<'a>),
}

impl<'a> Path<'a> {
    /// The way to a field of this object.
    #[must_use]
    pub const fn field(&'a self, name: &'a str) -> Self {
        Self::Below(self, Step::Field(name))
    }

    /// The way to an entry of this list.
    #[must_use]
    pub const fn item(&'a self, position: usize) -> Self {
        Self::Below(self, Step::Item(position))
    }
}

impl fmt::Display for Path<'_> {
    /// As the API server writes it: `spec.tiers[1].podSelector.matchLabels[example.com/app]`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut steps = Vec::new();
        let mut path = self;
        while let Self::Below(above, step) = path {
            steps.push(*step);
            path = above;
        }
        let mut written = String::new();
        steps.into_iter().rev().for_each(|step| step.write_to(&mut written));
        f.write_str(&written)
    }
}

/// Can the name stand after a dot, so that nobody takes a part of it for another step?
fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

/// The steps of a path that was written out, from the top.
pub fn steps(path: &str) -> impl Iterator<Item = &str> {
    let mut rest = path;
    std::iter::from_fn(move || {
        rest = rest.strip_prefix('.').unwrap_or(rest);
        let step;
        if let Some(inside) = rest.strip_prefix('[') {
            (step, rest) = inside.split_once(']').unwrap_or((inside, ""));
        } else {
            (step, rest) = rest.split_at(rest.find(['.', '[']).unwrap_or(rest.len()));
        }
        (!step.is_empty()).then_some(step)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_reads_like_one_of_the_api_server_and_can_be_walked_again() {
        let top = Path::Top;
        let spec = top.field("spec");
        let tiers = spec.field("tiers");
        let tier = tiers.item(12);
        let labels = tier.field("matchLabels");
        let label = labels.field("example.com/app");
        let written = label.to_string();
        assert_eq!(written, "spec.tiers[12].matchLabels[example.com/app]");
        assert_eq!(steps(&written).collect::<Vec<_>>(), ["spec", "tiers", "12", "matchLabels", "example.com/app"]);
        assert_eq!(steps("").count(), 0);
    }
}
