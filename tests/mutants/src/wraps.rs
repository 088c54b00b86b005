//! Text that is put around parts of a source. Nothing of the source is taken away, so parts may hold parts.

use std::ops::Range;

/// A piece of text, and the mistake that it belongs to, if it belongs to one.
#[derive(Clone, Debug)]
pub struct Piece {
    /// The mistake.
    pub id: Option<usize>,
    /// The text.
    pub text: String,
}

/// What is put around a part of a source.
#[derive(Clone, Debug)]
pub struct Wrap {
    /// The part, in bytes.
    pub part: Range<usize>,
    /// Before it.
    pub open: Vec<Piece>,
    /// After it.
    pub close: String,
    /// Of two around the same part, the one with the lower rank is outside.
    pub rank: u8,
}

/// A source with what was put into it.
#[derive(Debug, Default)]
pub struct Wrapped {
    /// The new text.
    pub text: String,
    /// Where the pieces of a mistake are.
    pub pieces: Vec<(usize, Range<usize>)>,
    /// Everything from before a part to after it, with its mistakes.
    pub parts: Vec<(Vec<usize>, Range<usize>)>,
}

/// Puts all wraps around their parts.
pub fn apply(source: &str, wraps: &[Wrap]) -> Wrapped {
    // What ends somewhere comes before what begins there; of what begins, the larger part first; of what ends, the smaller.
    let mut opens: Vec<_> = (0..wraps.len()).collect();
    opens.sort_by_key(|&at| (wraps[at].part.start, usize::MAX - wraps[at].part.end, wraps[at].rank));
    let mut closes = opens.clone();
    closes.reverse();
    closes.sort_by_key(|&at| (wraps[at].part.end, usize::MAX - wraps[at].part.start));
    let mut done = Wrapped::default();
    let mut begun = vec![0; wraps.len()];
    let (mut opens, mut closes) = (opens.into_iter().peekable(), closes.into_iter().peekable());
    let mut read = 0;
    loop {
        let open = opens.peek().map(|&at| wraps[at].part.start);
        let close = closes.peek().map(|&at| wraps[at].part.end);
        // An empty part begins before it ends.
        let closing = match (open, close) {
            (None, None) => break,
            (Some(open), Some(close)) => {
                close < open || (close == open && closes.peek().is_some_and(|&at| !wraps[at].part.is_empty()))
            }
            (open, _) => open.is_none(),
        };
        let Some(at) = (if closing { closes.next() } else { opens.next() }) else { break };
        let wrap = &wraps[at];
        let upto = if closing { wrap.part.end } else { wrap.part.start };
        done.text.push_str(&source[read..upto]);
        read = upto;
        if closing {
            done.text.push_str(&wrap.close);
            let ids = wrap.open.iter().filter_map(|piece| piece.id).collect();
            done.parts.push((ids, begun[at]..done.text.len()));
        } else {
            begun[at] = done.text.len();
            for piece in &wrap.open {
                let start = done.text.len();
                done.text.push_str(&piece.text);
                done.pieces.extend(piece.id.map(|id| (id, start..done.text.len())));
            }
        }
    }
    done.text.push_str(&source[read..]);
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrap(part: Range<usize>, open: &str, close: &str) -> Wrap {
        Wrap { part, open: vec![Piece { id: Some(0), text: open.into() }], close: close.into(), rank: 1 }
    }

    #[test]
    fn parts_may_hold_parts_and_begin_or_end_together() {
        let wraps = [wrap(0..5, "(", ")"), wrap(0..1, "<", ">"), wrap(4..5, "[", "]"), wrap(1..1, "*", "")];
        assert_eq!(apply("a + b", &wraps).text, "(<a>* + [b])");
    }
}
