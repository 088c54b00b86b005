//! Which lines are wanted: `--only`, `--from`, `--to`.

use clap::Args;

use crate::{
    model::shape::closest,
    reach::{Chosen, Node, Nodes, Reach, printable},
};

/// Which lines are wanted.
#[derive(Debug, Args)]
pub struct FilterArgs {
    /// Only pairs with at least one end in this namespace; may be repeated
    #[arg(long, value_name = "NAMESPACE")]
    pub only: Vec<String>,

    /// Only what these call: a name, or NAMESPACE/NAME, of a workload or Pod; '*' stands for any characters; may be repeated
    #[arg(long, value_name = "NAME")]
    pub from: Vec<String>,

    /// Only what calls these, written as for --from; may be repeated
    #[arg(long, value_name = "NAME")]
    pub to: Vec<String>,
}

impl FilterArgs {
    /// The lines that are wanted. `namespace` stands for `--only` where that was not given.
    ///
    /// # Errors
    /// A sentence for each filter that matches nothing: a map without lines would look like a closed cluster.
    pub fn choose(&self, namespace: Option<&String>, reach: &Reach, nodes: &Nodes) -> Result<Chosen, Vec<String>> {
        let mut search = Search { nodes: nodes.all(), misses: Vec::new() };
        let (flag, only) = match namespace {
            Some(namespace) if self.only.is_empty() => ("--namespace", std::slice::from_ref(namespace)),
            _ => ("--only", &*self.only),
        };
        let either = search.all_of(flag, only, &|node, _| vec![node.key.namespace.clone()]);
        let [from, to] = [("--from", &self.from), ("--to", &self.to)]
            .map(|(flag, names)| search.all_of(flag, names, &|node, pattern| search_names(reach, node, pattern)));
        if search.misses.is_empty() { Ok(Chosen { from, to, either }) } else { Err(search.misses) }
    }
}

/// The names under which a node can be asked for: its own, and that of its workload.
fn search_names(reach: &Reach, node: &Node, pattern: &str) -> Vec<String> {
    let whole = pattern.contains('/');
    let name = |namespace: &str, name: String| if whole { format!("{namespace}/{name}") } else { name };
    let mut names = vec![name(&node.key.namespace, node.key.name.clone())];
    let workload = reach.workload(node).name;
    if workload != node.key.name {
        names.push(name(&node.key.namespace, workload));
    }
    if whole {
        // As the map writes it, to copy and paste.
        names.push(node.text.to_string());
    }
    names
}

struct Search<'a> {
    nodes: &'a [Node],
    misses: Vec<String>,
}

/// The names of a node that a pattern is compared with.
type Names<'n> = &'n dyn Fn(&Node, &str) -> Vec<String>;

impl Search<'_> {
    fn all_of(&mut self, flag: &str, patterns: &[String], names: Names<'_>) -> Option<Box<[bool]>> {
        if patterns.is_empty() {
            return None;
        }
        let mut chosen = vec![false; self.nodes.len()].into_boxed_slice();
        for pattern in patterns {
            let mut found = false;
            for (node, chosen) in self.nodes.iter().zip(&mut chosen) {
                if names(node, pattern).iter().any(|name| fits(pattern, name)) {
                    (*chosen, found) = (true, true);
                }
            }
            if !found {
                self.miss(flag, pattern, names);
            }
        }
        Some(chosen)
    }

    fn miss(&mut self, flag: &str, pattern: &str, names: Names<'_>) {
        let mut known: Vec<_> = self.nodes.iter().flat_map(|node| names(node, pattern)).collect();
        known.sort();
        known.dedup();
        let near = closest(pattern, known.iter().map(String::as_str));
        let near = near.map(|name| format!("; did you mean '{}'?", printable(name))).unwrap_or_default();
        let what =
            if ["--only", "--namespace"].contains(&flag) { "namespace with workloads" } else { "workload or Pod" };
        self.misses.push(format!("{flag} '{}': no {what} has this name{near}", printable(pattern)));
    }
}

/// Does a name fit a pattern, in which each `*` stands for any characters?
fn fits(pattern: &str, name: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else { return pattern == name };
    let Some(mut name) = name.strip_prefix(head) else { return false };
    let (middle, tail) = rest.rsplit_once('*').unwrap_or(("", rest));
    for part in middle.split('*') {
        // The first place is the best one: it leaves most for the parts that follow.
        let Some(at) = name.find(part) else { return false };
        name = &name[at + part.len()..];
    }
    name.ends_with(tail)
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn a_star_stands_for_any_characters() {
        for (pattern, name) in
            [("api", "api"), ("api-*", "api-"), ("*", ""), ("*-db", "a-db"), ("a*b*c", "a-b-b-c"), ("a**c", "abc")]
        {
            assert!(fits(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in
            [("api", "api2"), ("api-*", "api"), ("a*a", "a"), ("a*b*c", "a-c"), ("*b", "bc"), ("", "a")]
        {
            assert!(!fits(pattern, name), "{pattern} {name}");
        }
    }
}
