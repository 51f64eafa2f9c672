//! The remedies of several causes: each stands on what those before it make of the role's policies, so that commands
//! pasted in order do not undo each other.

use super::model::{DocumentChange, FixStep, Means, Remedy, Way, say};
use super::permissions::VERSIONS;
use crate::check::{Cause, Facts, Finding};
use crate::model::{LivePolicy, PolicyVersion};

/// A remedy for each finding, with the facts as they are after those before it.
pub(super) fn in_turn(
    findings: &[Finding],
    facts: &Facts,
    remedy: impl Fn(&Finding, &Facts) -> Remedy,
) -> Vec<Remedy> {
    let mut after = facts.clone();
    let mut made: Vec<(usize, DocumentChange)> = Vec::new();
    let mut remedies = Vec::new();
    for (at, finding) in findings.iter().enumerate() {
        // It says itself what becomes of a Deny beside what it takes away, which somebody may want to keep.
        let alone = remedy(finding, facts);
        let mut fix = match finding.cause {
            Cause::ExtraPermissions => alone.clone(),
            _ => remedy(finding, &after),
        };
        let own: Vec<DocumentChange> = changes(&fix).cloned().collect();
        // What the facts alone would change has been changed by then.
        let is_beside =
            |change: &&DocumentChange| changes(&alone).chain(&own).any(|own| own.is_beside(change));
        let mut earlier: Vec<usize> =
            made.iter().filter(|(_, change)| is_beside(&change)).map(|(number, _)| *number).collect();
        earlier.dedup();
        if !earlier.is_empty() && finding.cause != Cause::ExtraPermissions {
            let are = if earlier.len() == 1 { "is" } else { "are" };
            let numbers: Vec<String> = earlier.iter().map(ToString::to_string).collect();
            let numbers = numbers.join(" and ");
            if own.is_empty() {
                fix = done_by(&numbers, &alone);
            } else {
                let once = say(format!("once {numbers} {are} done:"));
                let by_hand =
                    fix.ways.iter_mut().filter(|way| [Means::Console, Means::Cli].contains(&way.by));
                by_hand.for_each(|way| way.steps.insert(0, once.clone()));
            }
        }
        own.iter().for_each(|change| carry_out(&mut after, change));
        made.extend(own.into_iter().map(|change| (at + 1, change)));
        remedies.push(fix);
    }
    remedies
}

fn changes(remedy: &Remedy) -> impl Iterator<Item = &DocumentChange> {
    remedy.ways.iter().flat_map(|way| &way.steps).filter_map(|step| match step {
        FixStep::Change(_, change) => Some(change),
        FixStep::Do(_) | FixStep::Run(_) | FixStep::Paste(_) => None,
    })
}

/// What removes an earlier cause removes this one, too.
fn done_by(numbers: &str, alone: &Remedy) -> Remedy {
    let ways = alone.ways.iter().map(|way| match way.by {
        Means::Console | Means::Cli => {
            Way { by: way.by, steps: vec![say(format!("as for {numbers}, which removes this too"))] }
        }
        _ => way.clone(),
    });
    Remedy { ways: ways.collect() }
}

fn carry_out(facts: &mut Facts, change: &DocumentChange) {
    if let DocumentChange::Policy(arn, document) = change
        && let Some(policy) = &mut facts.live.policy
        && policy.policy.arn == *arn
    {
        add_version(policy);
        policy.policy.document = document.clone();
    }
    let Some(role) = &mut facts.live.role else { return };
    match change {
        DocumentChange::Policy(arn, document) => {
            if let Some(attached) = role.attached.get_mut(arn) {
                attached.document = document.clone();
            }
            if role.role.permissions_boundary.as_ref() == Some(arn) {
                role.boundary = Some(document.clone());
            }
        }
        DocumentChange::Inline(name, Some(document)) => {
            role.inline.insert(name.clone(), document.clone());
        }
        DocumentChange::Inline(name, None) => {
            role.inline.remove(name);
        }
        DocumentChange::Detached(arn) => {
            role.attached.remove(arn);
        }
    }
}

/// A new default version, in place of the oldest if there is no room for it.
fn add_version(policy: &mut LivePolicy) {
    if policy.versions.len() >= VERSIONS
        && let Some(oldest) =
            policy.versions.iter().filter(|one| !one.is_default).map(PolicyVersion::number).min()
    {
        policy.versions.retain(|one| one.number() != oldest);
    }
    let newest = policy.versions.iter().map(PolicyVersion::number).max().unwrap_or_default();
    policy.versions.iter_mut().for_each(|one| one.is_default = false);
    let id = format!("v{}", newest + 1);
    policy.versions.insert(0, PolicyVersion { id, is_default: true, document: None });
}
