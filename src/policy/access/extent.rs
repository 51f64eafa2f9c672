//! What a grant reaches: patterns that may cover one another.

use super::super::pattern::wildcard_matches;

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Extent {
    Everything,
    /// With `*` and `?`.
    Pattern(String),
    /// What covers only itself.
    Exactly(String),
    /// All but what these match.
    AllBut(Vec<String>),
    OneOf(Vec<Extent>),
}

impl Extent {
    pub(super) fn of_pattern(pattern: &str) -> Self {
        if pattern == "*" { Self::Everything } else { Self::Pattern(pattern.to_owned()) }
    }

    pub(super) fn covers(&self, other: &Self) -> bool {
        // What has wildcards or variables itself is not taken for a part of another pattern.
        let is_open = |text: &str| text.contains(['*', '?']) || text.contains("${");
        match (self, other) {
            (Self::Everything, _) => true,
            (_, Self::OneOf(parts)) => parts.iter().all(|part| self.covers(part)),
            (Self::OneOf(parts), _) => parts.iter().any(|part| part.covers(other)),
            (Self::AllBut(patterns), Self::Pattern(text)) if !is_open(text) => {
                let is_taken_out = |pattern: &String| {
                    pattern.contains("${")
                        || wildcard_matches(&pattern.to_ascii_lowercase(), &text.to_ascii_lowercase())
                };
                !patterns.iter().any(is_taken_out)
            }
            (Self::Pattern(pattern), Self::Pattern(text)) if !is_open(text) && !pattern.contains("${") => {
                wildcard_matches(pattern, text)
            }
            _ => self == other,
        }
    }
}
