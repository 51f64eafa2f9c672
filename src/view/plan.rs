//! What a plan says in one line: for the terminal, the comment and the confirmation alike.

use super::words::few;
use crate::plan::{Gain, Party, Plan};

/// `Genesys Cloud`, `someone unknown (AWS account 691338073777)`: who gains, by kind; `None`: nobody.
pub fn gainers(plans: &[&Plan]) -> Option<String> {
    let mut gains: Vec<Gain> = plans.iter().flat_map(|plan| plan.gains()).collect();
    gains.sort();
    gains.dedup();
    // Strangers first.
    let parties = [Party::Everybody, Party::Unknown, Party::OwnAccount, Party::Genesys];
    let said: Vec<String> = parties
        .into_iter()
        .filter_map(|party| {
            let who: Vec<&str> =
                gains.iter().filter(|gain| gain.party == party).map(|gain| gain.who.as_str()).collect();
            if who.is_empty() {
                return None;
            }
            Some(match party {
                Party::Everybody => "EVERYBODY".to_owned(),
                Party::Unknown => format!("someone unknown ({})", few(&who)),
                Party::OwnAccount => format!("someone of your own account ({})", few(&who)),
                Party::Genesys => "Genesys Cloud".to_owned(),
            })
        })
        .collect();
    match said.is_empty() {
        true if plans.iter().any(|plan| plan.is_wider()) => Some("someone who cannot be named".to_owned()),
        true => None,
        false => Some(few(&said)),
    }
}

/// ``role `R` has permissions that the spec does not make: policy `AdministratorAccess` ``; `None`: none has.
pub fn foreign(plans: &[&Plan]) -> Option<String> {
    let foreign: Vec<(&str, Vec<String>)> = plans.iter().flat_map(|plan| plan.foreign()).collect();
    match foreign.as_slice() {
        [] => None,
        [(role, policies)] => {
            Some(format!("role `{role}` has permissions that the spec does not make: {}", few(policies)))
        }
        several => {
            let names: Vec<String> = several.iter().map(|(role, _)| format!("`{role}`")).collect();
            Some(format!(
                "{} roles have permissions that the spec does not make: {}",
                several.len(),
                few(&names)
            ))
        }
    }
}
