//! What the AWS organization will do to a role as planned.

use super::guarded::{GuardExemption, GuardedRole, guard_findings};
use crate::model::{DesiredRole, GuardsReading, Live, Tags};
use crate::plan::model::{Notice, RolePlan};

/// What the organization will do to the role as planned, and exemptions that an overwritten tag ends.
pub(in crate::plan) fn note_guards(
    plan: &mut RolePlan,
    live: &Live,
    desired: &DesiredRole,
    guards: &GuardsReading,
) {
    let before = live.role.as_ref().map(|role| role.role.tags.clone()).unwrap_or_default();
    // Tags are only written, never removed.
    let mut after = before.clone();
    after.extend(desired.role.tags.clone());
    let overwritten: Vec<&String> =
        before.iter().filter(|(key, value)| after.get(*key) != Some(value)).map(|(key, _)| key).collect();
    let GuardsReading::Known(policies) = guards else {
        let exempts = |key: &&&String| key.to_ascii_lowercase().starts_with(EXEMPTS);
        plan.notices.extend(
            overwritten.iter().filter(exempts).map(|key| Notice::ExemptionTag { key: (*key).clone() }),
        );
        return;
    };
    let with = |tags: &Tags| {
        let role = GuardedRole {
            arn: &desired.role.arn,
            tags,
            genesys: &desired.genesys_account_id,
            external_id: desired.external_id.expose(),
            functions: &desired.functions,
        };
        guard_findings(&role, policies)
    };
    let (was, will) = (with(&before), with(&after));
    for finding in will.into_iter().filter(|finding| !finding.is_undecided) {
        let is_new =
            !was.iter().any(|known| (&known.call, &known.policy) == (&finding.call, &finding.policy));
        let is_by_tag = |key: &&&String| {
            finding.exemptions.iter().any(
                |one| matches!(one, GuardExemption::Tag { key: tag, .. } if tag.eq_ignore_ascii_case(key)),
            )
        };
        let shut_by = overwritten.iter().filter(|_| is_new && live.role.is_some()).find(is_by_tag);
        let shut_by = shut_by.map(|key| (*key).clone());
        plan.notices.push(Notice::Guarded { finding, shut_by });
    }
}

/// The names AWS's own organization policy templates use for tags that exempt a role.
const EXEMPTS: &str = "dp:exclude:";
