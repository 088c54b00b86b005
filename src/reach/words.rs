//! Label keys, label values and names as numbers, and selectors that compare numbers.

use indexmap::IndexSet;
use rustc_hash::FxBuildHasher;

use crate::model::{Labels, Selector, selector::Expression};

/// A word's number.
pub(super) type Word = u32;
/// A label: key and value.
pub(super) type Label = (Word, Word);

/// Every word once.
#[derive(Clone, Debug, Default)]
pub(super) struct Words(IndexSet<Box<str>, FxBuildHasher>);

impl Words {
    pub(super) fn id(&mut self, word: &str) -> Word {
        match self.0.get_index_of(word) {
            Some(index) => number(index),
            None => number(self.0.insert_full(word.into()).0),
        }
    }

    pub(super) fn find(&self, word: &str) -> Option<Word> {
        self.0.get_index_of(word).map(number)
    }

    pub(super) fn get(&self, word: Word) -> &str {
        &self.0[word as usize]
    }

    pub(super) fn ids(&mut self, words: &[String]) -> Box<[Word]> {
        words.iter().map(|word| self.id(word)).collect()
    }

    /// Labels, sorted by the numbers of their keys.
    pub(super) fn labels(&mut self, labels: &Labels) -> Box<[Label]> {
        let mut found: Vec<_> = labels.iter().map(|(key, value)| (self.id(key), self.id(value))).collect();
        found.sort_unstable();
        found.into()
    }
}

/// A position as a number of 32 bits: more things than that fit into no memory.
pub(super) fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

/// A selector in numbers. All parts must hold; without any it matches everything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Matcher {
    equal: Box<[Label]>,
    tests: Box<[Test]>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Test {
    In(Word, Box<[Word]>),
    NotIn(Word, Box<[Word]>),
    Exists(Word),
    DoesNotExist(Word),
}

impl Matcher {
    pub(super) fn new(selector: &Selector, words: &mut Words) -> Self {
        let mut equal: Vec<_> = selector.labels().iter().map(|(key, value)| (words.id(key), words.id(value))).collect();
        equal.sort_unstable();
        let tests = selector.expressions().iter().map(|expression| match expression {
            Expression::In(key, values) => Test::In(words.id(key), words.ids(values)),
            Expression::NotIn(key, values) => Test::NotIn(words.id(key), words.ids(values)),
            Expression::Exists(key) => Test::Exists(words.id(key)),
            Expression::DoesNotExist(key) => Test::DoesNotExist(words.id(key)),
        });
        Self { tests: tests.collect(), equal: equal.into() }
    }

    /// Does something with these labels match?
    pub(super) fn matches(&self, labels: &[Label]) -> bool {
        self.equal.iter().all(|label| labels.binary_search(label).is_ok())
            && self.tests.iter().all(|test| test.holds(labels))
    }

    /// Every key that it looks at.
    pub(super) fn keys(&self) -> impl Iterator<Item = Word> {
        let of_tests = self.tests.iter().map(|test| match test {
            Test::In(key, _) | Test::NotIn(key, _) | Test::Exists(key) | Test::DoesNotExist(key) => *key,
        });
        self.equal.iter().map(|(key, _)| *key).chain(of_tests)
    }

    /// Lists of labels; whatever matches has a label of each list.
    pub(super) fn needs(&self) -> impl Iterator<Item = Vec<Label>> {
        let of_tests = self.tests.iter().filter_map(|test| match test {
            Test::In(key, values) => Some(values.iter().map(|value| (*key, *value)).collect()),
            Test::NotIn(..) | Test::Exists(_) | Test::DoesNotExist(_) => None,
        });
        self.equal.iter().map(|label| vec![*label]).chain(of_tests)
    }
}

impl Test {
    /// `NotIn` and `DoesNotExist` hold for what does not have the key (API text of `LabelSelectorRequirement`).
    fn holds(&self, labels: &[Label]) -> bool {
        let value =
            |key: &Word| labels.binary_search_by_key(key, |(key, _)| *key).ok().map(|position| labels[position].1);
        match self {
            Self::In(key, values) => value(key).is_some_and(|value| values.contains(&value)),
            Self::NotIn(key, values) => value(key).is_none_or(|value| !values.contains(&value)),
            Self::Exists(key) => value(key).is_some(),
            Self::DoesNotExist(key) => value(key).is_none(),
        }
    }
}
