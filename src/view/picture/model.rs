//! The path from Genesys Cloud to the functions as a picture, before it is drawn.

use serde::{Deserialize, Serialize};

use super::super::words::few;

/// What the stations are, in their order.
pub const STATIONS: [&str; 6] =
    ["Genesys Cloud", "integration", "data action", "credential", "role", "policy"];

/// How many of them are on Genesys Cloud's side.
pub const OF_GENESYS: usize = 4;

/// Stations, and what is known about each link between them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Picture {
    /// `organization "Sandbox"`
    pub genesys_side: String,
    /// `AWS account 111122223333`
    pub aws_side: String,
    /// One for each of [`STATIONS`].
    pub stations: [Station; 6],
    /// From each to the next.
    pub links: [Link; 5],
    /// Each function, faulty ones first.
    pub functions: Vec<FunctionStop>,
    /// Everyone else, at the role's door; of a plan only those who gain.
    pub others: Option<Outsiders>,
    /// What else the role may do, if anything.
    pub more: Option<Link>,
    /// Causes without a place elsewhere, by number.
    pub elsewhere: Vec<usize>,
    /// Whether Genesys Cloud itself came through; no plan knows.
    pub end_to_end: Option<Link>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Station {
    pub name: String,
    /// Whether it was found.
    pub is_known: bool,
    /// Of a plan.
    pub mark: Option<Mark>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FunctionStop {
    pub link: Link,
    pub station: Station,
    /// Who reaches it without the role.
    pub others: Option<Outsiders>,
    /// Whether Genesys Cloud itself came through to this one. `None`: not tried.
    pub end_to_end: Option<LinkProof>,
}

/// Outsiders; the link says whether they get in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outsiders {
    /// Empty: nobody is known to get in.
    pub names: Vec<String>,
    pub link: Link,
}

/// What is known about a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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
    /// Of a plan.
    Planned(Mark),
    Fails,
}

/// What a plan does to something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mark {
    New,
    Changed,
    Gone,
    Same,
}

impl Mark {
    pub const ALL: [Self; 4] = [Self::New, Self::Changed, Self::Gone, Self::Same];

    pub fn word(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Changed => "changed",
            Self::Gone => "gone",
            Self::Same => "stays",
        }
    }

    /// As in the list of changes.
    pub fn sign(self) -> &'static str {
        match self {
            Self::New => "+",
            Self::Changed => "~",
            Self::Gone => "−",
            Self::Same => "=",
        }
    }
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
            Self::Planned(mark) => mark.word(),
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
        let Self { stations, links, functions, others, more, end_to_end, .. } = self;
        let mut said = Vec::new();
        let called = |(kind, station): (&str, &Station)| {
            let mark = station.mark.map(|mark| format!(" ({})", mark.word())).unwrap_or_default();
            format!("{kind} {}{mark}", station.name)
        };
        let names: Vec<String> = STATIONS.into_iter().zip(stations).map(called).collect();
        for (ends, link) in names.windows(2).zip(links) {
            if let [from, to] = ends {
                said.push(format!("{from} to {to}: {}.", link.sentence()));
            }
        }
        let policy = names.last().cloned().unwrap_or_default();
        for FunctionStop { link, station, others, end_to_end: _ } in functions {
            let function = called(("function", station));
            said.push(format!("{policy} to {function}: {}.", link.sentence()));
            if let Some(Outsiders { names, link }) = others {
                said.push(format!("{} to {function}: {}.", few(names), link.sentence()));
            }
        }
        if let Some(Outsiders { names, link }) = others {
            let who = if names.is_empty() { "Anyone else".to_owned() } else { few(names) };
            said.push(format!("{who} to the role: {}.", link.sentence()));
        }
        if let Some(link) = more {
            said.push(format!("What else the role may do: {}.", link.sentence()));
        }
        if let Some(link) = end_to_end {
            said.push(format!("End to end: {}.", link.sentence()));
        }
        said.join(" ")
    }
}
