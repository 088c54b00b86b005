//! How much aliases may add to a document.

/// The share of a document's values that may come from aliases, as the parser of `kubectl` limits it: nearly all in a
/// small document, a tenth in a large one. A bomb of a few lines stands for billions of values; whoever follows its
/// aliases runs out of memory.
#[derive(Debug, Default)]
pub(super) struct AliasBudget {
    all: u64,
    from_aliases: u64,
}

const SMALL: u64 = 400_000;
const LARGE: u64 = 4_000_000;

impl AliasBudget {
    /// One more value that is written out.
    pub(super) const fn written(&mut self) {
        self.all = self.all.saturating_add(1);
    }

    /// An alias for this many values. False: that is too much.
    #[must_use]
    pub(super) fn alias(&mut self, cost: u64) -> bool {
        self.all = self.all.saturating_add(cost).saturating_add(1);
        self.from_aliases = self.from_aliases.saturating_add(cost);
        self.from_aliases <= 100 || self.all <= 1000 || self.share() <= allowed(self.all)
    }

    #[allow(clippy::cast_precision_loss)] // A share near the limit needs no more than a double holds.
    fn share(&self) -> f64 {
        self.from_aliases as f64 / self.all as f64
    }
}

#[allow(clippy::cast_precision_loss)]
fn allowed(all: u64) -> f64 {
    match all {
        ..=SMALL => 0.99,
        LARGE.. => 0.10,
        _ => 0.89f64.mul_add(-((all - SMALL) as f64 / (LARGE - SMALL) as f64), 0.99),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_aliases_are_fine_and_a_bomb_is_not() {
        let mut budget = AliasBudget::default();
        (0..200).for_each(|_| budget.written());
        assert!((0..30).all(|_| budget.alias(90)));
        assert!(!budget.alias(u64::MAX));
    }
}
