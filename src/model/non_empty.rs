//! Lists that cannot be empty.

use std::ops::Deref;

/// A list with at least one element.
///
/// In a NetworkPolicy an empty list of peers means "everyone" and an empty list of ports "any port". With this
/// type a rule that lost its last peer cannot be written down, so it cannot open anything.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NonEmpty<T>(Vec<T>);

impl<T> NonEmpty<T> {
    /// The list, or nothing when it is empty.
    #[must_use]
    pub fn new(items: Vec<T>) -> Option<Self> {
        (!items.is_empty()).then_some(Self(items))
    }

    /// A list of one.
    #[must_use]
    pub fn one(item: T) -> Self {
        Self(vec![item])
    }

    /// This list and one more element.
    #[must_use]
    pub fn and(mut self, item: T) -> Self {
        self.0.push(item);
        self
    }

    /// Maps each element; the result is as long as the input.
    #[must_use]
    pub fn map<U>(&self, f: impl FnMut(&T) -> U) -> NonEmpty<U> {
        NonEmpty(self.0.iter().map(f).collect())
    }

    /// The list as an ordinary one.
    #[must_use]
    pub fn into_vec(self) -> Vec<T> {
        self.0
    }
}

impl<T: Ord> NonEmpty<T> {
    /// Sorted and without repetition.
    #[must_use]
    pub fn sorted(mut self) -> Self {
        self.0.sort();
        self.0.dedup();
        self
    }
}

impl<T> Deref for NonEmpty<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<'a, T> IntoIterator for &'a NonEmpty<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}
