//! From the parser's events to a tree with places.
//!
//! The open lists and maps stand in a stack of their own: nothing here calls itself, so no file can use up the
//! thread's stack.

use std::{collections::HashMap, rc::Rc};

use granit_parser::{Event, ScalarStyle, Span, StructureStyle, options};
use serde_json::Value;

use super::{
    Document, Flaw, Position, Take,
    aliases::AliasBudget,
    chunks::Chunk,
    dialect::{self, InsideValues},
    events::{Events, Step},
    explain,
    node::{Content, Node},
    open::{Expected, Open, Within},
    scalar,
    skip::Skip,
};
use crate::model::path;

/// A document as a tree.
pub(super) fn compose(chunk: &Chunk<'_>) -> Document {
    Composer::new(chunk, None).finish(chunk).0
}

/// A document whose entries are handed out, and of which only what is needed is kept; nothing when an alias needs what
/// was left out.
pub(super) fn piecewise<'i>(chunk: &Chunk<'i>, take: &'i mut dyn Take) -> Option<Document> {
    let (document, needs_more) = Composer::new(chunk, Some(Skip::new(take))).finish(chunk);
    (!needs_more).then_some(document)
}

/// How deep lists and maps may stand in each other. Profiles need 12 levels and the largest definitions 60; the limit
/// keeps whoever walks the tree from running out of stack.
const DEEPEST: usize = 100;

struct Composer<'i> {
    events: Events<'i>,
    open: Vec<Open>,
    root: Option<Rc<Node>>,
    anchors: HashMap<usize, Rc<Node>>,
    budget: AliasBudget,
    inside_values: InsideValues,
    skip: Option<Skip<'i>>,
    taken: Rc<Node>,
}

impl<'i> Composer<'i> {
    fn new(chunk: &Chunk<'i>, skip: Option<Skip<'i>>) -> Self {
        let options = options! {
            emit_comments: false,
            emit_anchor_events: true,
            // kubectl cuts the file at `---` first, so a directive never stands in the same piece as its document.
            disallow_directives: true,
            block_nesting_limit: DEEPEST,
            flow_nesting_limit: DEEPEST,
        };
        Self {
            events: Events::new(chunk, options),
            open: Vec::new(),
            root: None,
            anchors: HashMap::new(),
            budget: AliasBudget::default(),
            inside_values: InsideValues::default(),
            skip,
            taken: Rc::new(Node::new(chunk.at, Content::Scalar(Value::Null))),
        }
    }

    /// The document, and whether it takes more than was kept.
    fn finish(mut self, chunk: &Chunk<'i>) -> (Document, bool) {
        if let Err(flaw) = self.document() {
            let lost = matches!(&self.skip, Some(skip) if skip.lost_anchor);
            return (Document::unread(flaw), lost);
        }
        let mut flaws = self.events.flaws;
        flaws.extend(dialect::early_end(chunk.text).map(|message| Flaw::new(chunk.at, message)));
        // Where something was left out, nobody knows any more which lines are inside of values.
        let complete = !matches!(&self.skip, Some(skip) if skip.something);
        if let Some(tab) = complete.then(|| self.inside_values.first_tab(chunk.text)).flatten() {
            let at = Position { line: chunk.at.line + tab.line - 1, ..tab };
            flaws.push(Flaw::new(at, explain::TAB));
        }
        (Document { root: self.root, flaws }, false)
    }

    fn document(&mut self) -> Result<(), Flaw> {
        loop {
            let Step { event, span, at } = self.events.next()?;
            if let Some(skip) = &mut self.skip
                && skip.skips(&event, &mut self.open)
            {
                self.budget.written();
                continue;
            }
            if event.tag().is_some() {
                self.flaw(at, dialect::TAG);
            }
            match event {
                Event::StreamEnd => return Ok(()),
                Event::DocumentStart(..) if self.root.is_some() => {
                    self.flaw(at, "must come after a line `---`: kubectl reads nothing between the end of a document and the next `---`");
                    return Ok(());
                }
                Event::Scalar(word, style, anchor, _) => {
                    if let Some(message) = dialect::scalar(&word, style, span, self.in_flow()) {
                        self.flaw(at, message);
                    }
                    if style != ScalarStyle::Plain {
                        self.inside_values.note(span, span);
                    }
                    if let Some(message) = self.expects_key().then(|| dialect::key(span)).flatten() {
                        self.flaw(at, message);
                    }
                    self.scalar(&word, style, anchor, at)?;
                }
                Event::Alias(anchor) => {
                    let target = self.alias(anchor, at)?;
                    self.put(target, at, "")?;
                }
                Event::SequenceStart(style, anchor, _) => {
                    self.begin(Within::List(Vec::new()), style, anchor, (span, at))?;
                }
                Event::MappingStart(style, anchor, _) => {
                    self.begin(Within::map(), style, anchor, (span, at))?;
                }
                Event::SequenceEnd | Event::MappingEnd => {
                    let Some(open) = self.open.pop() else { return Err(explain::unexpected(at)) };
                    if open.style == StructureStyle::Flow {
                        self.inside_values.note(open.span, span);
                    }
                    self.new_object();
                    let (at, anchor) = (open.at, open.anchor);
                    let node = self.known(Node::new(at, open.close()), anchor);
                    self.put(node, at, "")?;
                }
                // Beginnings and ends; all else has no place here, and leaves no value.
                _ => {}
            }
        }
    }

    fn begin(
        &mut self,
        within: Within,
        style: StructureStyle,
        anchor: usize,
        start: (Span, Position),
    ) -> Result<(), Flaw> {
        let (span, at) = start;
        if self.expects_key() {
            return Err(Flaw::new(at, NO_KEY));
        }
        // The parser counts brackets and indentation; some maps have neither.
        if self.open.len() >= DEEPEST {
            return Err(explain::too_deep(at));
        }
        self.budget.written();
        let in_flow = self.in_flow() || style == StructureStyle::Flow;
        self.open.push(Open { at, span, anchor, style, in_flow, within });
        self.new_object();
        Ok(())
    }

    fn scalar(&mut self, word: &str, style: ScalarStyle, anchor: usize, at: Position) -> Result<(), Flaw> {
        self.budget.written();
        if style == ScalarStyle::Plain && word == "<<" && self.expects_key() {
            if let Some(open) = self.open.last_mut() {
                open.expect_merge();
            }
            return Ok(());
        }
        let value = if style == ScalarStyle::Plain { scalar::plain(word) } else { Ok(word.into()) };
        let value = value.unwrap_or_else(|message| {
            self.flaw(at, message);
            Value::Null
        });
        if anchor == 0 && self.expects_key() {
            return self.key(value, at, word);
        }
        let node = self.known(Node::new(at, Content::Scalar(value)), anchor);
        self.put(node, at, word)
    }

    fn new_object(&mut self) {
        if let Some(skip) = &mut self.skip {
            skip.new_object(self.open.len());
        }
    }

    fn key(&mut self, value: Value, at: Position, word: &str) -> Result<(), Flaw> {
        let (key, message) = key(value, at, word)?;
        if let Some(message) = message {
            self.flaw(at, message);
        }
        if let Some(open) = self.open.last_mut() {
            open.expect_value(key, at);
        }
        Ok(())
    }

    fn known(&mut self, node: Node, anchor: usize) -> Rc<Node> {
        let node = Rc::new(node);
        if anchor != 0 {
            self.anchors.insert(anchor, Rc::clone(&node));
        }
        node
    }

    fn alias(&mut self, anchor: usize, at: Position) -> Result<Rc<Node>, Flaw> {
        let Some(target) = self.anchors.get(&anchor).map(Rc::clone) else {
            return Err(Flaw::new(at, "must not be an alias for something that it is itself a part of"));
        };
        if self.open.len() + target.height > DEEPEST {
            return Err(explain::too_deep(at));
        }
        if !self.budget.alias(target.cost) {
            return Err(Flaw::new(at, "must not use so many aliases: they blow up a small file; write the values out"));
        }
        Ok(target)
    }

    /// Puts a value where one is expected. `word` is what stands there, when it is a word.
    fn put(&mut self, node: Rc<Node>, at: Position, word: &str) -> Result<(), Flaw> {
        if self.expects_key() {
            return match &node.content {
                Content::Scalar(value) => self.key(value.clone(), at, word),
                Content::List(_) | Content::Map(_) => Err(Flaw::new(node.at, NO_KEY)),
            };
        }
        if let Some((second, first)) = self.open.last().and_then(Open::duplicate) {
            let line = first.line;
            self.flaw(second, format!("must appear only once, and stands in line {line} too: kubectl would take the last and drop the other"));
        }
        let node = self.hand_over(node);
        match self.open.last_mut() {
            None => self.root = Some(node),
            Some(open) => open.put(node)?,
        }
        Ok(())
    }

    /// Gives an entry of the document's `items` to whoever takes them, unless an alias may still ask for all of them.
    fn hand_over(&mut self, node: Rc<Node>) -> Rc<Node> {
        let ([map, list], Some(skip)) = (&*self.open, &mut self.skip) else { return node };
        match (map.step(), list.step()) {
            (Some(path::Step::Field("items")), Some(path::Step::Item(position))) if map.anchor + list.anchor == 0 => {
                skip.take.item(position, node);
                Rc::clone(&self.taken)
            }
            _ => node,
        }
    }

    fn flaw(&mut self, at: Position, message: impl Into<String>) {
        let mut path = String::new();
        self.open.iter().filter_map(Open::step).for_each(|step| step.write_to(&mut path));
        self.events.flaws.push(Flaw { at, path, message: message.into() });
    }

    fn in_flow(&self) -> bool {
        self.open.last().is_some_and(|open| open.in_flow)
    }

    fn expects_key(&self) -> bool {
        self.open.last().is_some_and(|open| matches!(open.within, Within::Map { expected: Expected::Key, .. }))
    }
}

const NO_KEY: &str = "must be text, because it is a key";

/// A key as text, and what is wrong with it. kubectl turns other keys into text by itself, which is fine as long as it
/// is the text that stands there.
fn key(value: Value, at: Position, word: &str) -> Result<(String, Option<String>), Flaw> {
    let sent = match &value {
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Null => String::new(),
        Value::String(_) | Value::Array(_) | Value::Object(_) => {
            let Value::String(text) = value else { return Err(Flaw::new(at, NO_KEY)) };
            return Ok((text, None));
        }
    };
    let changed = word != sent || value.is_null();
    let message = || format!("the key '{word}' must be in quotes: without them YAML takes it for {value}");
    let message = changed.then(message);
    Ok((sent, message))
}
