//! What is worth knowing about several roles or functions alike is said once.

use super::words::few;
use crate::text::one_line;

/// The notices of roles by name, each with the names of those it is about unless that is clear.
pub fn alike_notices(roles: &[(&str, &[String])]) -> Vec<String> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for (role, notices) in roles {
        for text in *notices {
            let (name, rest) = subject(text);
            match groups.iter_mut().find(|group| (group.rest, group.has_names()) == (rest, name.is_some())) {
                Some(group) => group.add(role, name),
                None => {
                    let mut group = Group { rest, text, names: Vec::new(), roles: Vec::new() };
                    group.add(role, name);
                    groups.push(group);
                }
            }
        }
    }
    groups.into_iter().map(|group| group.sentence(roles.len() == 1)).collect()
}

struct Group<'a> {
    /// What follows the name.
    rest: &'a str,
    /// The first notice, whole.
    text: &'a str,
    names: Vec<&'a str>,
    roles: Vec<&'a str>,
}

impl<'a> Group<'a> {
    fn has_names(&self) -> bool {
        !self.names.is_empty()
    }

    fn add(&mut self, role: &'a str, name: Option<&'a str>) {
        self.names.extend(name.filter(|name| !self.names.contains(name)));
        if !self.roles.contains(&role) {
            self.roles.push(role);
        }
    }

    fn sentence(&self, is_one_role: bool) -> String {
        let Self { rest, text, names, roles } = self;
        match (names.len(), roles.as_slice()) {
            (2.., _) => {
                let kind = if text.starts_with(FUNCTION) { "functions " } else { "" };
                format!("{kind}{}: each{rest}", few(names))
            }
            (_, _) if is_one_role => (*text).to_owned(),
            (_, roles) => {
                let roles: Vec<_> = roles.iter().map(|role| one_line(role)).collect();
                format!("{}: {text}", few(&roles))
            }
        }
    }
}

const FUNCTION: &str = "function ";

/// A notice's subject, if that is a name in backticks, and what is said of it.
fn subject(text: &str) -> (Option<&str>, &str) {
    let named = text.strip_prefix(FUNCTION).unwrap_or(text);
    match named.strip_prefix('`').and_then(|rest| rest.find('`')) {
        Some(end) => {
            let (name, rest) = named.split_at(end + 2);
            (Some(name), rest)
        }
        None => (None, text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_so_of_many_functions_or_roles_is_said_once() {
        let far = |name: &str| format!("function `{name}` is in us-east-1, the organization in eu-central-1");
        let all: Vec<(String, Vec<String>)> = (1..=6)
            .map(|number| {
                let own = if number == 2 { vec!["`p` is not there".to_owned()] } else { Vec::new() };
                (
                    format!("R{number}"),
                    [vec![far(&format!("f{number}")), "the same".to_owned()], own].concat(),
                )
            })
            .collect();
        let roles: Vec<(&str, &[String])> =
            all.iter().map(|(role, notices)| (role.as_str(), notices.as_slice())).collect();
        assert_eq!(
            alike_notices(&roles),
            [
                "functions `f1`, `f2`, `f3` and 3 more: each is in us-east-1, the organization in eu-central-1",
                "R1, R2, R3 and 3 more: the same",
                "R2: `p` is not there",
            ]
        );
        assert_eq!(alike_notices(&roles[1..2]), [far("f2").as_str(), "the same", "`p` is not there"]);
        // Several roles with one function.
        let same = vec![far("f")];
        let two: [(&str, &[String]); 2] = [("A", &same), ("B", &same)];
        assert_eq!(alike_notices(&two), [format!("A and B: {}", far("f"))]);
    }
}
