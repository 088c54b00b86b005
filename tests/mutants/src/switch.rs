//! Where in a source each mistake goes, and how it is switched on.

use std::{
    collections::{BTreeMap, HashMap},
    ops::Range,
};

use syn::{
    Expr,
    spanned::Spanned,
    visit::{self, Visit},
};

use crate::{
    error::Error,
    list::Mutant,
    place::{Lines, Span},
    wraps::{Piece, Wrap},
};

/// The wraps of a source, and which mistakes have none, each with the reason.
pub type Switches = (Vec<Wrap>, BTreeMap<usize, String>);

/// Finds the wraps for the mistakes of a source.
pub fn switches(source: &str, mutants: &[(usize, &Mutant)]) -> Result<Switches, Error> {
    let lines = Lines::new(source);
    let file = mutants.first().map_or("", |(_, mutant)| mutant.file.as_str());
    let syntax = syn::parse_file(source).map_err(|error| Error::Source(file.to_owned(), error))?;
    let mut wanted: HashMap<(&str, Span), Vec<(usize, &Mutant)>> = HashMap::new();
    for &(id, mutant) in mutants {
        wanted.entry((mutant.genre.as_str(), mutant.span)).or_default().push((id, mutant));
    }
    let wanted_before = wanted.keys().map(|(_, span)| *span).collect();
    let mut finder = Finder { lines: &lines, wanted, wanted_before, wraps: Vec::new(), refused: BTreeMap::new() };
    finder.functions();
    finder.visit_file(&syntax);
    let Finder { wanted, wraps, mut refused, .. } = finder;
    for (id, _) in wanted.into_values().flatten() {
        refused.entry(id).or_insert_with(|| "it stands where no switch can stand".to_owned());
    }
    Ok((wraps, refused))
}

struct Finder<'s> {
    lines: &'s Lines<'s>,
    wanted: HashMap<(&'s str, Span), Vec<(usize, &'s Mutant)>>,
    /// All places of mistakes.
    wanted_before: Vec<Span>,
    wraps: Vec<Wrap>,
    refused: BTreeMap<usize, String>,
}

fn on(id: usize) -> String {
    format!("crate::mutant({id})")
}

fn piece(id: usize, text: String) -> Piece {
    Piece { id: Some(id), text }
}

fn plain(text: &str) -> Piece {
    Piece { id: None, text: text.to_owned() }
}

/// A chain with `let` cannot stand in brackets.
fn has_let(expr: &Expr) -> bool {
    match expr {
        Expr::Let(_) => true,
        Expr::Binary(binary) => has_let(&binary.left) || has_let(&binary.right),
        _ => false,
    }
}

impl<'s> Finder<'s> {
    fn take(&mut self, genre: &'static str, span: impl Into<Span>) -> Vec<(usize, &'s Mutant)> {
        self.wanted.remove(&(genre, span.into())).unwrap_or_default()
    }

    fn part(&self, span: proc_macro2::Span) -> Range<usize> {
        let (start, end) = self.lines.bytes(span.into());
        start..end
    }

    fn wrap(&mut self, part: Range<usize>, open: Vec<Piece>, close: &str) {
        self.wraps.push(Wrap { part, open, close: close.to_owned(), rank: 1 });
    }

    /// A function's value: it returns before it begins.
    fn functions(&mut self) {
        let all: Vec<_> = self.wanted.keys().filter(|(genre, _)| *genre == "FnValue").copied().collect();
        for key in all {
            let mutants = self.wanted.remove(&key).unwrap_or_default();
            let (start, end) = self.lines.bytes(key.1);
            let (iterators, values): (Vec<_>, Vec<_>) =
                mutants.into_iter().partition(|(_, mutant)| mutant.replacement.starts_with("::std::iter::"));
            for (id, mutant) in iterators {
                self.iterator(start..end, id, &mutant.replacement);
            }
            let open = values
                .into_iter()
                .map(|(id, mutant)| piece(id, format!("if {} {{ return {}; }} ", on(id), mutant.replacement)))
                .collect();
            self.wraps.push(Wrap { part: start..end, open, close: String::new(), rank: 0 });
        }
    }

    /// A function's iterator: all ways out of it have one type, so it loses its items instead, and may get one.
    fn iterator(&mut self, part: Range<usize>, id: usize, replacement: &str) {
        let on = on(id);
        let one = replacement.strip_prefix("::std::iter::once(").and_then(|rest| rest.strip_suffix(')'));
        let more = one.map(|one| format!(".chain({on}.then(|| {one}))")).unwrap_or_default();
        let close = format!(" }}).filter(|_| !{on}){more}");
        self.wraps.push(Wrap { part, open: vec![piece(id, "({ ".to_owned())], close, rank: 0 });
    }

    /// A switch asks what is not known when the program is built.
    fn no_constant(&mut self, signature: &syn::Signature, body: proc_macro2::Span) {
        let inside = |span: &Span| {
            let (inner, outer) = (self.lines.bytes(*span), self.part(body));
            outer.start <= inner.0 && inner.1 <= outer.end
        };
        if let Some(word) = signature.constness.filter(|_| self.wanted_before.iter().any(inside)) {
            let part = self.part(word.span());
            self.wraps.push(Wrap { part, open: vec![plain("/* ")], close: " */".to_owned(), rank: 1 });
        }
    }

    /// `(if on { mistake } else { ` ... ` })`.
    fn choice(&mut self, part: Range<usize>, mistakes: Vec<(usize, String)>) {
        let mut open = vec![plain("(")];
        open.extend(mistakes.into_iter().map(|(id, text)| piece(id, format!("if {} {{ {text} }} else ", on(id)))));
        open.push(plain("{ "));
        self.wrap(part, open, " })");
    }
}

impl<'ast> Visit<'ast> for Finder<'_> {
    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        self.no_constant(&function.sig, function.block.span());
        visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        self.no_constant(&function.sig, function.block.span());
        visit::visit_impl_item_fn(self, function);
    }

    fn visit_expr_binary(&mut self, binary: &'ast syn::ExprBinary) {
        let mutants = self.take("BinaryOperator", binary.op.span());
        if !mutants.is_empty() {
            if has_let(&binary.left) || has_let(&binary.right) {
                let why = "it is part of a chain with `let`";
                self.refused.extend(mutants.iter().map(|(id, _)| (*id, why.to_owned())));
            } else {
                let (left, right) = (self.part(binary.left.span()), self.part(binary.right.span()));
                let text = |part: &Range<usize>| &self.lines.text[part.clone()];
                let mistakes = mutants
                    .into_iter()
                    .map(|(id, mutant)| (id, format!("{} {} {}", text(&left), mutant.replacement, text(&right))))
                    .collect();
                self.choice(left.start..right.end, mistakes);
            }
        }
        visit::visit_expr_binary(self, binary);
    }

    fn visit_expr_unary(&mut self, unary: &'ast syn::ExprUnary) {
        let mutants = self.take("UnaryOperator", unary.op.span());
        if !mutants.is_empty() {
            let inner = self.lines.of(unary.expr.span().into());
            let part = self.part(unary.span());
            self.choice(part, mutants.into_iter().map(|(id, _)| (id, inner.to_owned())).collect());
        }
        visit::visit_expr_unary(self, unary);
    }

    fn visit_arm(&mut self, arm: &'ast syn::Arm) {
        let mutants = self.take("MatchArm", arm.span());
        if !mutants.is_empty() {
            let end = self.part(arm.pat.span()).end;
            let open = mutants.into_iter().map(|(id, _)| piece(id, format!(" if !{}", on(id)))).collect();
            self.wrap(end..end, open, "");
        }
        if let Some((_, guard)) = &arm.guard {
            let mutants = self.take("MatchArmGuard", guard.span());
            if !mutants.is_empty() && has_let(guard) {
                self.refused.extend(mutants.iter().map(|(id, _)| (*id, "it is a guard with `let`".to_owned())));
            } else if !mutants.is_empty() {
                let part = self.part(guard.span());
                self.choice(part, mutants.into_iter().map(|(id, one)| (id, one.replacement.clone())).collect());
            }
        }
        visit::visit_arm(self, arm);
    }

    fn visit_expr_struct(&mut self, expr: &'ast syn::ExprStruct) {
        if let Some(rest) = &expr.rest {
            let (path, rest) = (self.lines.of(expr.path.span().into()), self.lines.of(rest.span().into()));
            let base = if rest == "Default::default()" {
                format!("<{path} as Default>::default()")
            } else {
                format!("({rest})")
            };
            for pair in expr.fields.pairs() {
                let field = pair.value();
                let start = field.span();
                let end = pair.punct().map_or_else(|| start.end(), |comma| comma.span().end());
                let span = Span { start: start.start().into(), end: end.into() };
                let syn::Member::Named(name) = &field.member else { continue };
                let name = name.to_string();
                for (id, _) in self.take("StructField", span) {
                    let lead = if field.colon_token.is_some() { String::new() } else { format!("{name}: ") };
                    let part = self.part(field.expr.span());
                    self.wrap(part, vec![piece(id, format!("{lead}if {} {{ {base}.{name} }} else {{ ", on(id)))], " }");
                }
            }
        }
        visit::visit_expr_struct(self, expr);
    }
}
