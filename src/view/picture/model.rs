//! The path from Genesys Cloud to the functions as a picture, before it is drawn.

use super::super::words::few;

/// Stations, and what is known about each link between them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// `organization "Sandbox"`
    pub genesys_side: String,
    /// `AWS account 111122223333`
    pub aws_side: String,
    /// Genesys Cloud, integration, credential, role, policy.
    pub stations: [Station; 5],
    /// From each to the next.
    pub links: [Link; 4],
    /// Each function, faulty ones first.
    pub functions: Vec<FunctionStop>,
    /// Everyone else, at the role's door.
    pub others: Outsiders,
    /// What else the role may do, if anything.
    pub more: Option<Link>,
    /// Causes without a place elsewhere, by number.
    pub elsewhere: Vec<usize>,
    /// Whether Genesys Cloud itself came through.
    pub end_to_end: Link,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Station {
    /// `role`
    pub kind: &'static str,
    pub name: String,
    /// Whether it was found.
    pub is_known: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionStop {
    pub link: Link,
    pub station: Station,
    /// Who reaches it without the role.
    pub others: Option<Outsiders>,
}

/// Outsiders; the link says whether they get in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outsiders {
    /// Empty: nobody is known to get in.
    pub names: Vec<String>,
    pub link: Link,
}

/// What is known about a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    pub proof: LinkProof,
    /// `may assume the role`
    pub words: String,
    /// `by a real call`
    pub basis: String,
    /// The cause numbers.
    pub causes: Vec<usize>,
}

/// From good to bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LinkProof {
    /// A real call shows it.
    Called,
    /// The live documents or the configuration show it.
    Read,
    /// Not as required, and the spec says why.
    Accepted,
    /// Not checked.
    NotRead,
    /// Checked, but unknown.
    Unknown,
    Fails,
}

impl LinkProof {
    pub const ALL: [Self; 6] =
        [Self::Called, Self::Read, Self::Accepted, Self::Unknown, Self::NotRead, Self::Fails];

    pub fn word(self) -> &'static str {
        match self {
            Self::Called => "proven by a real call",
            Self::Read => "shown by documents",
            Self::Accepted => "accepted by the spec",
            Self::Unknown => "not known",
            Self::NotRead => "not looked at",
            Self::Fails => "wrong",
        }
    }
}

impl Link {
    /// `may assume the role, by a real call (cause 2)`
    pub fn sentence(&self) -> String {
        let basis = if self.basis.is_empty() { String::new() } else { format!(", {}", self.basis) };
        format!("{}{basis}{}", self.words, self.causes_in_words())
    }

    fn causes_in_words(&self) -> String {
        let numbers: Vec<String> = self.causes.iter().map(ToString::to_string).collect();
        match numbers.as_slice() {
            [] => String::new(),
            [one] => format!(" (cause {one})"),
            several => format!(" (causes {})", few(several)),
        }
    }
}

impl Picture {
    /// The same in sentences, for anyone who cannot see it.
    pub fn sentences(&self) -> String {
        let mut said = Vec::new();
        let called = |station: &Station| format!("{} {}", station.kind, station.name);
        for (ends, link) in self.stations.windows(2).zip(&self.links) {
            if let [from, to] = ends {
                said.push(format!("{} to {}: {}.", called(from), called(to), link.sentence()));
            }
        }
        let policy = self.stations.last().map(called).unwrap_or_default();
        for FunctionStop { link, station, others } in &self.functions {
            said.push(format!("{policy} to {}: {}.", called(station), link.sentence()));
            if let Some(Outsiders { names, link }) = others {
                said.push(format!("{} to {}: {}.", few(names), called(station), link.sentence()));
            }
        }
        let Outsiders { names, link } = &self.others;
        let who = if names.is_empty() { "Anyone else".to_owned() } else { few(names) };
        said.push(format!("{who} to the role: {}.", link.sentence()));
        if let Some(link) = &self.more {
            said.push(format!("What else the role may do: {}.", link.sentence()));
        }
        said.push(format!("End to end: {}.", self.end_to_end.sentence()));
        said.join(" ")
    }
}
