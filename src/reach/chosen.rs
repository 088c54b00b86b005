//! Which lines of the map are wanted.

/// Which lines are wanted, by position of nodes in [`super::Nodes::all`]. What is not set asks for nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chosen {
    /// The caller is one of these nodes.
    pub from: Option<Box<[bool]>>,
    /// The called is one of these nodes.
    pub to: Option<Box<[bool]>>,
    /// At least one end is one of these nodes.
    pub either: Option<Box<[bool]>>,
}

/// What is no node is never one of some nodes.
fn is_in(nodes: &[bool], end: Option<usize>) -> bool {
    end.and_then(|position| nodes.get(position)).is_some_and(|chosen| *chosen)
}

impl Chosen {
    /// Is every line wanted?
    #[must_use]
    pub const fn is_everything(&self) -> bool {
        self.from.is_none() && self.to.is_none() && self.either.is_none()
    }

    /// Is a line between these ends wanted? An end that is no node has no position.
    #[must_use]
    pub fn has(&self, from: Option<usize>, to: Option<usize>) -> bool {
        self.may_begin(from)
            && self.to.as_ref().is_none_or(|nodes| is_in(nodes, to))
            && self.either.as_ref().is_none_or(|nodes| is_in(nodes, from) || is_in(nodes, to))
    }

    /// Could a line be wanted that begins here?
    #[must_use]
    pub fn may_begin(&self, from: Option<usize>) -> bool {
        self.from.as_ref().is_none_or(|nodes| is_in(nodes, from))
    }

    /// Was this node asked for, whether it speaks with anyone or not?
    #[must_use]
    pub fn names(&self, node: usize) -> bool {
        let ends = [&self.from, &self.to];
        let by_end = ends.iter().all(|nodes| nodes.is_none())
            || ends.iter().any(|nodes| nodes.as_ref().is_some_and(|nodes| is_in(nodes, Some(node))));
        by_end && self.either.as_ref().is_none_or(|nodes| is_in(nodes, Some(node)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_wanted_as_long_as_nothing_is_asked_for() {
        let some = || Some(Box::from([true, false]));
        assert!(Chosen::default().is_everything());
        assert!(!Chosen { from: some(), ..Chosen::default() }.is_everything());
        assert!(!Chosen { to: some(), ..Chosen::default() }.is_everything());
        assert!(!Chosen { either: some(), ..Chosen::default() }.is_everything());
    }
}
