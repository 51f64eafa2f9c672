//! Claims about the live documents, evaluated offline.

mod functions;
mod insider;
mod mistakes;
mod permissions;
mod question;
mod settings;
mod trust;

use super::cause::Cause;
use super::claim::{Claim, Finding, Harm};
use super::facts::Facts;
use super::topic::Topic;
use question::{NOT_ASSUMED, ask};
pub(super) use settings::not_ready;
pub(super) use trust::denial;

/// All evaluated-level claims for one role.
pub(crate) fn evaluated(facts: &Facts) -> Vec<Claim> {
    let mut claims = trust::account(facts);
    claims.extend(settings::ready(facts));
    let question =
        ask(Topic::Role, "the role exists", "the role does not exist", "whether the role exists is unknown");
    let Some(role) = &facts.live.role else {
        let name = &facts.desired.role.name;
        let finding = Finding {
            cause: Cause::RoleMissing,
            what: format!("There is no role `{name}`"),
            consequence: NOT_ASSUMED.to_owned(),
            remedy: facts.by_apply("it creates the role"),
            harm: Harm { keeps_genesys_out: true, ..Harm::default() },
        };
        claims.push(question.fails("IAM has no role of that name", finding, &[]));
        // They may be open without it.
        claims.extend(functions::own_policies(facts));
        return claims;
    };
    claims.push(question.holds(role.role.arn.to_string()));
    claims.extend(trust::trust(role, facts));
    claims.extend(permissions::permissions(role, facts));
    claims.extend(functions::own_policies(facts));
    claims.extend(trust::apart_from_accepted(role, facts, mistakes::mistakes));
    claims
}
