//! Building blocks of reports: remarks, and the lines below a change.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use similar::{ChangeTag, TextDiff};

use crate::plan::Diff;
use crate::policy::Document;
use crate::policy::document::Spelling;

/// Something a reviewer must know, and how to address it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    pub what: String,
    pub details: Vec<String>,
    pub remedy: Option<String>,
    /// Lines to write into the spec verbatim.
    pub paste: Vec<String>,
}

impl Remark {
    pub fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), details: Vec::new(), remedy: None, paste: Vec::new() }
    }

    #[must_use]
    pub fn with_details(self, details: &[String]) -> Self {
        Self { details: details.to_vec(), ..self }
    }

    #[must_use]
    pub fn with_remedy(self, remedy: impl Into<String>) -> Self {
        Self { remedy: Some(remedy.into()), ..self }
    }

    #[must_use]
    pub fn with_paste(self, paste: Vec<String>) -> Self {
        Self { paste, ..self }
    }

    /// All of it in one line.
    pub fn in_one_line(&self) -> String {
        let Self { what, details, remedy, paste } = self;
        let parts = [what].into_iter().chain(details).chain(remedy.as_ref()).chain(paste);
        let parts: Vec<&str> = parts.map(String::as_str).collect();
        parts.join("; ")
    }
}

impl Serialize for Remark {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.in_one_line())
    }
}

/// All of it is in its first part then.
impl<'de> Deserialize<'de> for Remark {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}

/// One or more lines below a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Field {
    Value { name: String, value: String },
    Changed { name: String, before: String, after: String },
    Lines { title: Option<String>, lines: Vec<DiffLine> },
}

/// A line of a document or of a diff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiffLine {
    pub kind: LineKind,
    pub text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineKind {
    Added,
    Removed,
    Kept,
    /// Where the following lines are in the document.
    Hunk,
}

impl DiffLine {
    fn new(kind: LineKind, text: &str) -> Self {
        Self { kind, text: text.to_owned() }
    }
}

impl LineKind {
    const ALL: [Self; 4] = [Self::Added, Self::Removed, Self::Kept, Self::Hunk];

    fn sign(self) -> char {
        match self {
            Self::Added => '+',
            Self::Removed => '-',
            Self::Kept => ' ',
            Self::Hunk => '@',
        }
    }
}

/// In one string: a saved plan has very many.
impl Serialize for DiffLine {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{}{}", self.kind.sign(), self.text))
    }
}

impl<'de> Deserialize<'de> for DiffLine {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let line = String::deserialize(deserializer)?;
        let kind = LineKind::ALL.into_iter().find(|kind| line.starts_with(kind.sign()));
        let kind = kind.ok_or_else(|| serde::de::Error::custom("a line without a sign"))?;
        Ok(Self::new(kind, &line[1..]))
    }
}

impl From<ChangeTag> for LineKind {
    fn from(tag: ChangeTag) -> Self {
        match tag {
            ChangeTag::Delete => Self::Removed,
            ChangeTag::Insert => Self::Added,
            ChangeTag::Equal => Self::Kept,
        }
    }
}

pub(super) fn field(out: &mut Vec<Field>, name: &str, value: &str) {
    out.push(Field::Value { name: name.to_owned(), value: value.to_owned() });
}

pub(super) fn value_diff(out: &mut Vec<Field>, name: &str, before: &str, after: &str) {
    if before != after {
        let [name, before, after] = [name, before, after].map(str::to_owned);
        out.push(Field::Changed { name, before, after });
    }
}

/// A whole document that is added or removed.
pub(super) fn document_lines(out: &mut Vec<Field>, title: &str, document: &Document, kind: LineKind) {
    let lines = document.to_pretty().lines().map(|line| DiffLine::new(kind, line)).collect();
    out.push(Field::Lines { title: Some(title.to_owned()), lines });
}

/// A unified diff of the canonical forms.
pub fn document_diff(document: &Diff<Document>) -> Vec<DiffLine> {
    let spelling = Spelling::of(&[&document.before, &document.after]);
    let [before, after] = [&document.before, &document.after].map(|one| one.to_pretty_spelled(&spelling));
    let diff = TextDiff::from_lines(&before, &after);
    let mut lines = Vec::new();
    for hunk in diff.unified_diff().context_radius(3).iter_hunks() {
        lines.push(DiffLine::new(LineKind::Hunk, &hunk.header().to_string()));
        for line in hunk.iter_changes() {
            lines.push(DiffLine::new(line.tag().into(), line.value().trim_end_matches('\n')));
        }
    }
    lines
}

/// A whole text of several lines.
pub(super) fn text_diff(before: &str, after: &str) -> Vec<DiffLine> {
    let diff = TextDiff::from_lines(before, after);
    let line = |change: similar::Change<&str>| {
        let text = crate::text::one_line(change.value().trim_end_matches('\n')).into_owned();
        DiffLine { kind: change.tag().into(), text }
    };
    diff.iter_all_changes().map(line).collect()
}
