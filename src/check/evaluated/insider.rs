//! Who can become someone of the account whom the role trusts: whoever can may use the role.

use super::super::cause::Cause;
use super::super::claim::{Claim, Finding, Harm};
use super::super::facts::{Basis, Facts};
use super::super::topic::Topic;
use super::question::ask;
use crate::arn::Arn;
use crate::model::RoleTrust;
use crate::plan::role_strangers;
use crate::policy::Document;
use crate::policy::document::Effect;

/// Why the role trusts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Insider {
    /// The spec names it.
    Verifier,
    /// The spec accepts it.
    Accepted,
    /// The trust policy names it, and there is no spec.
    Found,
}

impl Insider {
    pub(super) fn of_verifier(facts: &Facts) -> Self {
        match facts.basis {
            Basis::Spec => Self::Verifier,
            Basis::Found { .. } => Self::Found,
        }
    }

    fn named(self, arn: &Arn) -> String {
        let name = arn.name();
        match self {
            Self::Verifier => format!("the verifier `{name}`"),
            Self::Accepted => format!("`{name}`, which the spec accepts"),
            Self::Found => format!("`{name}`, which the role trusts"),
        }
    }

    fn how_to_end_it(self) -> &'static str {
        match self {
            Self::Verifier => "take `[check] verifier` out of the spec and apply",
            Self::Accepted => "take its [[role.accept]] out of the spec and apply",
            Self::Found => "take it out of this role's trust policy",
        }
    }
}

/// Whom its own trust policy admits. `None`: it has none, or it was not looked for.
pub(super) fn claim(arn: &Arn, insider: Insider, facts: &Facts) -> Option<Claim> {
    let trust = facts.trusts.get(arn)?;
    let named = insider.named(arn);
    let question = ask(
        Topic::NobodyElse,
        format!("no one outside the account can become {named}"),
        format!("someone outside the account can become {named}"),
        format!("who can become {named} is not known, and whoever can may use the role"),
    );
    let trust = match trust {
        RoleTrust::NotRead => {
            let help = format!("allow the caller iam:GetRole on {arn}");
            return Some(question.not_provable("its trust policy could not be read", help));
        }
        RoleTrust::Read(trust) => trust,
    };
    let strangers = role_strangers(trust, arn);
    if strangers.is_empty() {
        let chained = chained_roles(trust, arn);
        if chained.is_empty() {
            let seen = "no one its trust policy names is outside; who can become those inside the account was not read";
            return Some(question.holds(seen));
        }
        let roles = chained.join(" and ");
        let seen = format!("it admits {roles}, whose own trust policy is not read");
        return Some(question.holds(seen).with_notice(format!(
            "whoever can become {roles} can become {named}, and use this role: that was not checked"
        )));
    }
    let admits = strangers.join(" and ");
    let through = match insider {
        Insider::Verifier => format!("the verifier `{}`", arn.name()),
        Insider::Accepted | Insider::Found => format!("the role `{}`", arn.name()),
    };
    let finding = Finding {
        cause: Cause::InsiderOpen,
        what: format!("The own trust policy of {named} admits {admits}"),
        consequence: format!("{admits} can become {through}, and use this role"),
        remedy: format!("close the trust policy of {arn}, or {}", insider.how_to_end_it()),
        harm: Harm {
            lets_in: strangers.iter().map(|who| format!("{who} (through {through})")).collect(),
            ..Harm::default()
        },
    };
    Some(question.fails(format!("it admits {admits}"), finding, &[]))
}

/// Roles of the account that an insider's trust policy names, itself or in a condition: each is another way to become it.
fn chained_roles(trust: &Document, insider: &Arn) -> Vec<String> {
    let allows = trust.statements.as_slice().iter().filter(|one| one.effect == Effect::Allow);
    let named = allows.flat_map(|statement| {
        let principals = statement.principals().map(|(_, value)| value.to_owned());
        let demanded = statement.conditions().on("aws:PrincipalArn");
        let demanded = demanded.filter(|(operator, _)| !operator.contains("Not"));
        principals.chain(demanded.flat_map(|(_, values)| values.iter().map(ToString::to_string)))
    });
    let arns = named.filter_map(|value| value.parse::<Arn>().ok());
    let roles = arns.filter(|arn| arn.account == insider.account && arn.resource.starts_with("role/"));
    let mut names: Vec<String> = roles.map(|arn| format!("`{}`", arn.name())).collect();
    names.sort();
    names.dedup();
    names
}
