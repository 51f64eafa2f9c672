//! One fault that stops several functions alike is one cause: a boundary, a Deny, a policy that covers none of them.

use std::collections::BTreeMap;

use super::cause::Cause;
use super::claim::{Claim, Finding, Outcome};
use super::questions::name_of;

/// Stands for the function in a text; no printed text has one.
const PLACE: &str = "\u{1}";

/// What two findings have in common that differ only in their function.
type Key = (Cause, bool, [String; 3]);

/// Gives claims that fail alike, each for its function, one finding that names all of their functions.
pub(super) fn together(claims: &mut [Claim]) {
    let mut groups: BTreeMap<Key, Vec<(usize, String)>> = BTreeMap::new();
    for (index, claim) in claims.iter().enumerate() {
        if let Some((key, function)) = key(claim) {
            groups.entry(key).or_default().push((index, function));
        }
    }
    for ((_, _, texts), members) in groups {
        let mut names: Vec<&str> = members.iter().map(|(_, name)| name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        let [rest @ .., last] = names.as_slice() else { continue };
        if rest.is_empty() {
            continue;
        }
        let all = format!("functions {} and {last}", rest.join(", "));
        let [what, consequence, remedy] =
            texts.map(|text| text.replace(PLACE, &all).replace("this function", "these functions"));
        for (index, _) in &members {
            if let Some(Claim { outcome: Outcome::Fails(failure), .. }) = claims.get_mut(*index) {
                failure.finding.what.clone_from(&what);
                failure.finding.consequence.clone_from(&consequence);
                failure.finding.remedy.clone_from(&remedy);
            }
        }
    }
}

/// `None`: the claim is not about one function, or more than its function's use is at stake.
fn key(claim: &Claim) -> Option<(Key, String)> {
    let function = claim.function.as_ref()?;
    let Finding { cause, what, consequence, remedy, harm } = &claim.failure()?.finding;
    if !harm.lets_in.is_empty() || !harm.adds.is_empty() || harm.incident.is_some() {
        return None;
    }
    let name = name_of(function);
    let texts = [what, consequence, remedy].map(|text| text.replace(&name, PLACE));
    Some(((*cause, harm.keeps_genesys_out, texts), format!("`{}`", function.label())))
}
