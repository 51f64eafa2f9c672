//! What the commands that are printed, ready to type, repeat of this one: its guards, and what it selects.

use super::options::{Scope, Select, Widened, WideningGuard};
use super::plan::Planning;
use crate::model::RepeatedFlag;
use crate::text::shell_word;

const PLANS: &[&str] = &["plan", "apply"];
const ON_ROLES: &[&str] = &["plan", "apply", "check", "destroy", "permissions"];

fn guard(words: String) -> RepeatedFlag {
    RepeatedFlag { words, commands: PLANS, is_selection: false }
}

fn with_value(option: &str, value: &str) -> String {
    format!("{option} {}", shell_word(value))
}

/// Of `plan`, and of `apply`.
pub fn of_planning(planning: &Planning) -> Vec<RepeatedFlag> {
    let Planning { reports: _, scope, guard: widening, select } = planning;
    let Scope { adopt, prune, even_if_used, other_specs } = scope;
    let WideningGuard { refuse_wider, allow_accept } = widening;
    let mut flags = Vec::new();
    flags.extend(adopt.then(|| guard("--adopt".to_owned())));
    flags.extend(prune.then(|| guard("--prune".to_owned())));
    flags.extend(even_if_used.then(|| guard("--even-if-used".to_owned())));
    flags.extend(other_specs.iter().map(|name| guard(with_value("--other-spec", name))));
    flags.extend(refuse_wider.map(|whose| {
        guard(match whose {
            Widened::Any => "--refuse-wider".to_owned(),
            Widened::Strangers => "--refuse-wider=strangers".to_owned(),
            Widened::Limits => "--refuse-wider=limits".to_owned(),
        })
    }));
    flags.extend(allow_accept.iter().map(|key| guard(with_value("--allow-accept", key))));
    flags.extend(of_selection(select));
    flags
}

/// Of `apply`.
pub fn of_apply(planning: &Planning, aws_only: bool) -> Vec<RepeatedFlag> {
    let mut flags = of_planning(planning);
    if aws_only {
        let words = "--aws-only".to_owned();
        flags.push(RepeatedFlag { words, commands: &["apply"], is_selection: false });
    }
    flags
}

/// Of every command on roles.
pub fn of_selection(select: &Select) -> Vec<RepeatedFlag> {
    let Select { roles, except, accounts } = select;
    let roles = roles.iter().map(|name| with_value("--role", name));
    let except = except.iter().map(|name| with_value("--except", name));
    let accounts = accounts.iter().map(|id| with_value("--account", id.as_str()));
    let words = roles.chain(except).chain(accounts);
    words.map(|words| RepeatedFlag { words, commands: ON_ROLES, is_selection: true }).collect()
}
