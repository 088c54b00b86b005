//! Small tables, and what of many values is worth saying.

use std::fmt::Display;

/// Values in order.
pub struct Values(Vec<f64>);

impl Values {
    pub fn new(values: impl IntoIterator<Item = f64>) -> Self {
        let mut values: Vec<_> = values.into_iter().collect();
        assert!(!values.is_empty(), "something was measured");
        values.sort_by(f64::total_cmp);
        Self(values)
    }

    /// The smallest value that `percent` of all do not exceed.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
    pub fn percentile(&self, percent: f64) -> f64 {
        let rank = (percent / 100.0 * self.0.len() as f64).ceil() as usize;
        self.0[rank.clamp(1, self.0.len()) - 1]
    }

    pub fn median(&self) -> f64 {
        self.percentile(50.0)
    }

    pub fn min(&self) -> f64 {
        self.percentile(0.0)
    }

    pub fn max(&self) -> f64 {
        self.percentile(100.0)
    }

    /// `min / median / max`.
    pub fn spread(&self) -> String {
        format!("{:.2} / {:.2} / {:.2}", self.min(), self.median(), self.max())
    }
}

/// Prints a table.
pub fn print(title: &str, head: &[&str], rows: &[Vec<String>]) {
    let head: Vec<_> = head.iter().map(ToString::to_string).collect();
    let lines: Vec<_> = std::iter::once(&head).chain(rows).collect();
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or_default();
    println!("\n{title}");
    for line in &lines {
        let cells: Vec<_> = line.iter().enumerate().map(|(at, cell)| format!("{cell:<0$}", width(at))).collect();
        println!("  {}", cells.join("   ").trim_end());
    }
}

/// Prints whether a goal is met.
pub fn goal(what: &str, measured: impl Display, limit: impl Display, met: bool) {
    println!("goal: {what} <= {limit}; measured {measured}: {}", if met { "met" } else { "MISSED" });
}
