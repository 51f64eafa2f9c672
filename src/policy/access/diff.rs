//! Who gains and who loses between two states of access.

use std::collections::BTreeSet;

use super::grant::Grant;
use super::model::Access;

/// The difference between two states of access.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AccessDiff {
    pub before: Access,
    pub after: Access,
}

/// A sentence that holds only after, only before, or both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccessSign {
    Gained,
    Lost,
    Kept,
}

/// One line of a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccessLine<'a> {
    pub sign: AccessSign,
    pub sentence: &'a str,
    /// Grants access that did not exist before.
    pub is_wider: bool,
}

impl AccessDiff {
    /// Whether the change grants something new or drops a restriction.
    pub fn is_wider(&self) -> bool {
        !self.wider_assume().is_empty() || self.is_wider_inside()
    }

    /// Who can newly assume the role.
    pub fn wider_assume(&self) -> Vec<&Grant> {
        let mut wider = uncovered(&self.after.assume, &self.before.assume);
        wider.retain(|grant| grant.admits_somebody());
        let lost = self.lost_refusals();
        let freed = |grant: &&Grant| lost.iter().any(|refusal| refusal.may_refuse(grant));
        for grant in
            self.after.assume.iter().map(AsRef::as_ref).filter(|grant| grant.admits_somebody()).filter(freed)
        {
            if !wider.contains(&grant) {
                wider.push(grant);
            }
        }
        wider
    }

    fn lost_refusals(&self) -> Vec<&Grant> {
        uncovered(&self.before.refusals, &self.after.refusals)
    }

    /// Who could assume the role before and no longer can, or not in the same way.
    pub fn shut_out(&self) -> Vec<&Grant> {
        let mut shut_out = uncovered(&self.before.assume, &self.after.assume);
        shut_out.retain(|grant| grant.admits_somebody());
        shut_out
    }

    /// Whether a session of the role can do more, regardless of who holds it.
    pub fn is_wider_inside(&self) -> bool {
        let Self { before, after } = self;
        !uncovered(&after.permissions, &before.permissions).is_empty()
            || !uncovered(&before.restrictions, &after.restrictions).is_empty()
    }

    pub fn assume(&self) -> Vec<AccessLine<'_>> {
        let wider = self.wider_assume();
        lines(&self.before.assume, &self.after.assume, |_, grant| wider.contains(&grant))
    }

    pub fn permissions(&self) -> Vec<AccessLine<'_>> {
        let wider = uncovered(&self.after.permissions, &self.before.permissions);
        lines(&self.before.permissions, &self.after.permissions, |_, grant| wider.contains(&grant))
    }

    /// The role's permissions first, then who may assume it.
    pub fn restrictions(&self) -> Vec<AccessLine<'_>> {
        let Self { before, after } = self;
        let lost = uncovered(&before.restrictions, &after.restrictions);
        let mut all = lines(&before.restrictions, &after.restrictions, |_, grant| lost.contains(&grant));
        let (lost, admitted) = (self.lost_refusals(), &after.assume);
        all.extend(lines(&before.refusals, &after.refusals, |_, refusal| {
            lost.contains(&refusal) && admitted.iter().any(|grant| refusal.may_refuse(grant))
        }));
        all
    }

    /// What used to restrict sessions of the role and no longer does.
    pub fn lost_restrictions(&self) -> Vec<&str> {
        uncovered(&self.before.restrictions, &self.after.restrictions)
            .into_iter()
            .map(Grant::sentence)
            .collect()
    }
}

/// The grants not covered by any of `others` that let somebody do something.
pub fn uncovered<'a>(grants: &'a BTreeSet<Box<Grant>>, others: &BTreeSet<Box<Grant>>) -> Vec<&'a Grant> {
    let grants = grants.iter().map(Box::as_ref);
    let covers = |grant: &Grant| others.iter().any(|other| other.admits_somebody() && other.covers(grant));
    grants.filter(|grant| !covers(grant)).collect()
}

fn lines<'a>(
    before: &'a BTreeSet<Box<Grant>>,
    after: &'a BTreeSet<Box<Grant>>,
    is_wider: impl Fn(AccessSign, &Grant) -> bool,
) -> Vec<AccessLine<'a>> {
    let sign = |grant| match (before.contains(grant), after.contains(grant)) {
        (true, false) => AccessSign::Lost,
        (false, true) => AccessSign::Gained,
        _ => AccessSign::Kept,
    };
    before
        .union(after)
        .map(|grant| {
            let sign = sign(grant);
            AccessLine { sign, sentence: grant.sentence(), is_wider: is_wider(sign, grant) }
        })
        .collect()
}
