//! What is wrong with a request template, as far as can be seen without Velocity.

/// The names of inputs that a template quotes without escaping.
pub(super) fn unescaped(template: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (start, _) in template.match_indices("${input.") {
        let Some(length) = template[start..].find('}') else { continue };
        let before = template[..start].chars().next_back();
        let after = template[start + length + 1..].chars().next();
        let name = &template[start + "${input.".len()..start + length];
        let is_name = name.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c));
        if before == Some('"') && after == Some('"') && is_name && name != "rawRequest" {
            found.push(name.to_owned());
        }
    }
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_bare_input_between_quotes_is_found() {
        assert_eq!(unescaped(r#"{"a": "${input.A}", "b": "$esc.jsonString(${input.B})"}"#), ["A"]);
        assert!(unescaped(r#"{"n": ${input.N}, "x": "$esc.jsonString($input.X)"}"#).is_empty());
        assert!(unescaped("${input.rawRequest}").is_empty());
        assert!(unescaped("\"${input.").is_empty());
    }
}
