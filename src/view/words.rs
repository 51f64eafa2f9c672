//! Small helpers for sentences.

use crate::spec::SPEC_KEY;

/// `1 role`, `3 roles`
pub fn plural(n: usize, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}

/// `A, B, C and 57 more`
pub fn few<T: AsRef<str>>(names: &[T]) -> String {
    const FEW: usize = 4;
    let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
    match names.as_slice() {
        names if names.len() > FEW => {
            format!(
                "{} and {} more",
                names.iter().take(FEW - 1).copied().collect::<Vec<_>>().join(", "),
                names.len() - FEW + 1
            )
        }
        [rest @ .., last] if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        names => names.concat(),
    }
}

/// If its tag is missing, someone else need not have made it.
pub(super) fn tag_missing() -> String {
    format!("made by genesys-iam, but its tag `{SPEC_KEY}` is missing")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lists_are_cut() {
        assert_eq!(few::<&str>(&[]), "");
        assert_eq!(few(&["a"]), "a");
        assert_eq!(few(&["a", "b"]), "a and b");
        assert_eq!(few(&["a", "b", "c", "d"]), "a, b, c and d");
        assert_eq!(few(&["a", "b", "c", "d", "e"]), "a, b, c and 2 more");
    }
}
