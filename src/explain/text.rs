//! The answer as text: the verdict first (unless it may be wrong), then the way, then both ends, then what to do.

use std::fmt;

use super::{
    answer::{ConnectionShown, Explanation, PolicyShown, SideShown},
    hop::ServiceShown,
};

/// How many Pods are listed.
const MOST: usize = 4;

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.partial {
            writeln!(f, "PARTIAL: something could not be read; the answer is about the rest")?;
        }
        writeln!(f, "{}", self.headline())?;
        if let Some(reason) = &self.reason {
            writeln!(f, "  {reason}")?;
        }
        if let Some(service) = self.service.as_ref().filter(|service| !service.ports.is_empty()) {
            writeln!(f, "\nService {}/{} {}", service.namespace, service.name, behind(service))?;
            service.ports.iter().try_for_each(|port| writeln!(f, "  {port}"))?;
        }
        if !self.ways_in.is_empty() {
            writeln!(f, "\nways in")?;
            self.ways_in.iter().try_for_each(|way| writeln!(f, "  {way}"))?;
        }
        for connection in &self.connections {
            self.connection(connection, f)?;
        }
        if let Some(fix) = &self.fix {
            let tried = if fix.changes.len() == 1 { "smallest fix" } else { "smallest fix, all of it is needed" };
            writeln!(f, "\n{tried} (tried: with it the connection is allowed)")?;
            for change in &fix.changes {
                let place = change.place.as_ref().map(|place| format!(" ({place})")).unwrap_or_default();
                writeln!(f, "  {}{place}:", change.what)?;
                change.yaml.lines().try_for_each(|line| writeln!(f, "      {line}"))?;
                if change.command.contains('\n') {
                    writeln!(f, "    save it as a file, and then: kubectl apply -f FILE")?;
                } else {
                    writeln!(f, "    or, in the cluster:\n      {}", change.command)?;
                }
            }
            match &fix.opens_too[..] {
                [] => writeln!(f, "  it opens nothing else")?,
                others => {
                    writeln!(f, "  it opens too:")?;
                    others.iter().try_for_each(|other| writeln!(f, "    {other}"))?;
                }
            }
        }
        if !self.notes.is_empty() {
            writeln!(f, "\nnotes")?;
            self.notes.iter().try_for_each(|note| writeln!(f, "  {note}"))?;
        }
        Ok(())
    }
}

impl Explanation {
    /// The verdict and what it is about, in one line.
    #[must_use]
    pub fn headline(&self) -> String {
        let Self { verdict, from, to, port, .. } = self;
        let port = port.as_ref().map(|port| format!(" {port}")).unwrap_or_default();
        format!("{:<8}{from} → {to}{port}", verdict.as_str())
    }

    fn connection(&self, one: &ConnectionShown, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (from, to) = (&one.from, &one.to);
        let port = one.port.as_ref().map(|port| format!(" {port}")).unwrap_or_default();
        let same = self.connections.len() == 1 && *from == self.from && *to == self.to && one.port == self.port;
        writeln!(f)?;
        if !same {
            writeln!(f, "{:<8}{from} → {to}{port}", one.verdict.as_str())?;
        }
        for (word, pods) in [("callers", &one.from_pods), ("called", &one.to_pods)] {
            if pods.len() > 1 {
                writeln!(f, "{word}, alike: {}", listed(pods))?;
            }
        }
        if let Some(ports) = &one.allowed_ports {
            writeln!(f, "allowed between the two: {ports}")?;
        }
        if let Some(reason) = &one.reason {
            writeln!(f, "  {reason}")?;
        }
        for (word, side) in [("egress", &one.egress), ("ingress", &one.ingress)] {
            if let Some(side) = side {
                writeln!(f, "{word}: {}", side.sentence)?;
                of_side(side, word, f)?;
            }
        }
        Ok(())
    }
}

fn behind(service: &ServiceShown) -> String {
    let pods = match service.pods {
        1 => "1 Pod".to_owned(),
        pods => format!("{pods} Pods"),
    };
    match (&service.addresses[..], service.pods) {
        ([], _) if !service.listed => format!("selects {pods}"),
        ([], _) => format!("has {pods} in its EndpointSlices"),
        (addresses, 0) => format!("has {} in its EndpointSlices", listed(addresses)),
        (addresses, _) => format!("has {pods} and {} in its EndpointSlices", listed(addresses)),
    }
}

fn listed(names: &[String]) -> String {
    let more = names.len().saturating_sub(MOST);
    let shown = names[..names.len() - more].join(", ");
    if more > 0 { format!("{shown} and {more} more") } else { shown }
}

fn of_side(side: &SideShown, word: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for policy in &side.policies {
        of_policy(policy, word, f)?;
    }
    side.near.iter().try_for_each(|near| writeln!(f, "  {near}"))
}

fn of_policy(policy: &PolicyShown, word: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let place = policy.place.as_ref().map(|place| format!(" ({place})")).unwrap_or_default();
    write!(f, "  {}/{}{place}", policy.namespace, policy.name)?;
    if let Some(profile) = &policy.profile {
        let tier = profile.tier.as_ref().map(|tier| format!(", tier '{tier}'")).unwrap_or_default();
        let place = profile.place.as_ref().map(|place| format!(" ({place})")).unwrap_or_default();
        write!(f, ", of profile '{}'{tier}{place}", profile.name)?;
    }
    match (policy.rules_in_all, policy.rules.len()) {
        (0, _) => writeln!(f, ": has no {word} rule")?,
        (all, 0) => writeln!(f, ": has {all} {word} {}, about others and other ports", plural(all))?,
        _ => writeln!(f)?,
    }
    let says = policy.profile.as_ref().and_then(|profile| profile.says.as_ref());
    if let Some(says) = says.filter(|_| !policy.rules.is_empty()) {
        writeln!(f, "    it says of itself: {says}")?;
    }
    for rule in &policy.rules {
        let place = rule.place.as_ref().map(|place| format!(" ({place})")).unwrap_or_default();
        writeln!(f, "    rule {}, {}{place}: {}", rule.number, rule.path, rule.sentence)?;
        rule.fields.iter().try_for_each(|field| writeln!(f, "      because of {field}"))?;
    }
    Ok(())
}

const fn plural(count: usize) -> &'static str {
    if count == 1 { "rule" } else { "rules" }
}
