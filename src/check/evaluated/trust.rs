//! Who may assume the role.

use super::super::cause::Cause;
use super::super::claim::{Acceptance, Claim, Finding, Harm, Outcome};
use super::super::facts::{Basis, Facts};
use super::super::questions::{admits_organization, genesys, genesys_may_assume, may_assume, near_misses};
use super::super::topic::Topic;
use super::super::trusted::{self, Bearers, Trust};
use super::insider::{self, Insider};
use super::question::{NOT_ASSUMED, ask};
use crate::arn::Arn;
use crate::model::{DesiredRole, LiveRole};
use crate::plan::{Acceptable, Consent, HowToAccept, accepted_roles, trust_parties, without_accepted};
use crate::policy::access::{conditions, principal_in_words};
use crate::policy::document::Effect;
use crate::policy::{Decision, Evaluation, Principal, STRANGER, StatementOutcome};
use crate::spec::{AccountTrust, genesys_account_name};

/// Whether the account that the spec trusts is one that Genesys publishes.
pub(crate) fn account(facts: &Facts) -> Vec<Claim> {
    let desired = &facts.desired;
    // Without a spec, only Genesys says whom to trust.
    if facts.basis != Basis::Spec && desired.genesys_account == AccountTrust::Known {
        return Vec::new();
    }
    let (id, partition) = (&desired.genesys_account_id, &desired.role.arn.partition);
    let question = ask(
        Topic::Account,
        format!("AWS account {id}, which the spec trusts, is Genesys's"),
        format!("AWS account {id}, which the spec trusts, is not one that Genesys names"),
        "whether the account that the spec trusts is Genesys's is unknown",
    );
    let (admitted, who) = match &facts.live.role {
        Some(role) => {
            let root = Principal::Aws(Arn::account_root(partition, id).to_string());
            let right = Some(desired.external_id.expose());
            let gets_in = may_assume(role, &root, right).decision == Decision::Allowed;
            let genesys = Principal::Aws(genesys(desired).to_string());
            (genesys_may_assume(role, &genesys, right).decision == Decision::Allowed, gets_in)
        }
        None => (false, false),
    };
    let (why, help) = match &desired.genesys_account {
        AccountTrust::Known => return vec![question.holds("Genesys's own sources name it for customers")],
        AccountTrust::Confirmed { reason } => {
            let acceptance = Acceptance {
                what: format!("AWS account {id} as Genesys Cloud's"),
                reason: reason.clone(),
                lets_in: if who {
                    vec![format!("AWS account {id} (trusted by the spec, not known to be Genesys's)")]
                } else {
                    Vec::new()
                },
                adds_permissions: false,
            };
            return vec![question.accepted("the spec confirms it with `account_reason`", acceptance)];
        }
        AccountTrust::Unknown { why, help } => (why, help),
    };
    let stranger = principal_in_words(
        "AWS",
        Arn::account_root(partition, id).to_string().as_str(),
        genesys_account_name,
    );
    let finding = Finding {
        cause: Cause::UnknownAccount,
        what: format!("The account that the spec trusts is not Genesys's: {why}"),
        consequence: if who {
            format!("whoever owns {stranger} can assume the role, and Genesys Cloud cannot")
        } else {
            format!("`apply` would give whoever owns {stranger} the role")
        },
        remedy: help.clone(),
        harm: Harm {
            keeps_genesys_out: !admitted,
            lets_in: if who { vec![stranger] } else { Vec::new() },
            ..Harm::default()
        },
    };
    vec![question.fails(id.to_string(), finding, &[])]
}

/// All claims about the trust policy, and who in it is accepted by the spec.
pub(crate) fn trust(role: &LiveRole, facts: &Facts) -> Vec<Claim> {
    let mut claims = apart_from_accepted(role, facts, of_document);
    claims.extend(accepted(role, &facts.desired).into_iter().map(|acceptance| {
        let who = acceptance.lets_in.join(" and ");
        let fails = format!("{who} may assume the role");
        ask(Topic::NobodyElse, format!("{who} may not assume the role"), fails, "")
            .accepted(IS_NAMED, acceptance)
    }));
    let insiders = accepted_roles(role, &facts.desired);
    claims.extend(insiders.iter().filter_map(|(arn, _)| insider::claim(arn, Insider::Accepted, facts)));
    claims
}

/// What was seen of someone the spec accepts.
pub(crate) const IS_NAMED: &str = "the trust policy names it, and the spec accepts that";

/// Claims about the trust policy: one that fails only because of what the spec accepts is accepted.
pub(crate) fn apart_from_accepted(
    role: &LiveRole,
    facts: &Facts,
    claims: impl Fn(&LiveRole, &Facts) -> Vec<Claim>,
) -> Vec<Claim> {
    let whole = claims(role, facts);
    let accepted = accepted(role, &facts.desired);
    if accepted.is_empty() {
        return whole;
    }
    let rest = claims(&without_accepted(role, &facts.desired), facts);
    whole.into_iter().zip(rest).map(|(whole, rest)| merged(whole, rest, &accepted)).collect()
}

/// An accept turns a failure into an accepted claim, and changes nothing else.
fn merged(whole: Claim, rest: Claim, accepted: &[Acceptance]) -> Claim {
    match (&whole.outcome, &rest.outcome) {
        (Outcome::Fails(_), Outcome::Holds) => {
            let accept = HowToAccept::default();
            Claim { outcome: Outcome::Accepted(accepted.to_vec()), accept, ..whole }
        }
        (Outcome::Fails(_), Outcome::Fails(_)) => rest,
        _ => whole,
    }
}

/// Principals of the trust policy named by statements that the spec accepts as a whole.
fn accepted(role: &LiveRole, desired: &DesiredRole) -> Vec<Acceptance> {
    let mut accepted = Vec::new();
    for parties in trust_parties(role, desired) {
        let given: Vec<Acceptance> = parties
            .iter()
            .filter_map(|party| match party.consent(&desired.accepts) {
                Consent::Given(accept) => Some(Acceptance {
                    what: party.what.clone(),
                    reason: accept.reason.clone(),
                    lets_in: vec![party.what.trim_end_matches(" in the trust policy").to_owned()],
                    adds_permissions: false,
                }),
                Consent::Outdated(_) | Consent::None => None,
            })
            .collect();
        if given.len() == parties.len() {
            accepted.extend(given);
        }
    }
    accepted
}

fn of_document(role: &LiveRole, facts: &Facts) -> Vec<Claim> {
    let desired = &facts.desired;
    let asked = Asked {
        role,
        facts,
        admits_us: admits_organization(role, facts),
        trust: trusted::trust(role, desired),
        us: us(desired),
    };
    let mut claims = vec![asked.named(), asked.external_id(), asked.admission()];
    claims.extend(asked.wrong_ids());
    claims.extend(asked.strangers());
    claims.extend(asked.verifier());
    claims.push(asked.nobody_else_named());
    claims.push(asked.no_other_id());
    claims
}

/// What to write to accept a principal of the own account, or a service. Strangers are never proposed.
fn how_to_accept(role: &LiveRole, facts: &Facts) -> HowToAccept {
    let desired = &facts.desired;
    let own = &desired.role.arn.account;
    let is_known = |party: &&Acceptable| {
        party.things.iter().any(|thing| match thing.value().parse::<Arn>() {
            Ok(arn) => arn.account == *own && arn.service == "iam",
            Err(_) => thing.value().ends_with(".amazonaws.com"),
        })
    };
    let parties = trust_parties(role, desired);
    let mut open = parties.iter().flatten().filter(|party| !party.consent(&desired.accepts).is_given());
    let outdated =
        parties.iter().flatten().find(|party| matches!(facts.consent(party), Consent::Outdated(_)));
    match outdated.or_else(|| open.find(is_known)) {
        Some(party) => facts.how_to_accept(party),
        None => HowToAccept::default(),
    }
}

/// The Deny of the trust policy that applies or may apply, and when.
pub(crate) fn denial(role: &LiveRole, evaluation: &Evaluation, outcome: StatementOutcome) -> Option<String> {
    let statements = role.role.assume_role_policy.statements.as_slice();
    let mut denials =
        evaluation.statements.iter().filter(|one| one.outcome == outcome && one.effect == Effect::Deny);
    denials.find_map(|one| {
        let conditions = conditions(statements.get(one.number.checked_sub(1)?)?);
        Some(format!("Statement {} of the trust policy denies Genesys Cloud{conditions}", one.number))
    })
}

/// Why Genesys Cloud is blocked, most important first: the rest may be cut.
fn kept_out(role: &LiveRole, evaluation: &Evaluation) -> String {
    if let Some(denial) = denial(role, evaluation, StatementOutcome::Denies) {
        return denial;
    }
    let reason = evaluation.reason.as_str();
    const MFA: &str = "aws:MultiFactorAuthPresent";
    if reason.to_ascii_lowercase().contains(&MFA.to_ascii_lowercase()) {
        return format!("The trust policy demands MFA ({MFA}), which no session of Genesys Cloud has");
    }
    let reason = reason.split_once("does not match: ").map_or(reason, |(_, why)| why);
    format!("The trust policy keeps Genesys Cloud out: {reason}")
}

/// `Genesys Cloud (AWS account 765628985471)`
fn us(desired: &DesiredRole) -> String {
    let arn = genesys(desired).to_string();
    let words = principal_in_words("AWS", &arn, genesys_account_name);
    if words.starts_with("Genesys") { words } else { format!("Genesys Cloud ({words})") }
}

struct Asked<'a> {
    role: &'a LiveRole,
    facts: &'a Facts,
    /// The organization itself gets in with its own ID, which is not the spec's.
    admits_us: bool,
    trust: Trust,
    us: String,
}

impl Asked<'_> {
    fn right(&self) -> &str {
        self.facts.desired.external_id.expose()
    }

    fn genesys(&self) -> Principal {
        Principal::Aws(genesys(&self.facts.desired).to_string())
    }

    fn others(&self) -> Vec<String> {
        self.trust.others.iter().map(|other| other.words.clone()).collect()
    }

    /// Who gets in through Genesys Cloud's account with another external ID than the spec's. The organization itself
    /// does not count.
    fn bearers(&self) -> Vec<String> {
        let ours = self.facts.organization_id();
        let mut who: Vec<String> = Vec::new();
        for (id, bearers) in &self.trust.also_accepts {
            let bearer = self.facts.bearer_of(id);
            if (bearers.genesys || bearers.verifier) && ours != Some(id.as_str()) && !who.contains(&bearer) {
                who.push(bearer);
            }
        }
        who
    }

    fn restore(&self) -> String {
        self.facts.by_apply("it restores the trust policy")
    }

    /// Whether an Allow names Genesys Cloud, whatever else it requires.
    fn named(&self) -> Claim {
        let us = &self.us;
        let question = ask(
            Topic::Trusted,
            format!("the trust policy trusts {us}"),
            format!("the trust policy does not trust {us}"),
            format!("whether the trust policy trusts {us} is unknown"),
        );
        if self.trust.names_genesys {
            return question.holds("an Allow statement names it");
        }
        let others = self.others();
        let (what, consequence) = if others.is_empty() {
            (format!("The trust policy does not trust {us}"), NOT_ASSUMED.to_owned())
        } else {
            let named = others.join(" and ");
            (
                format!("The trust policy trusts {named}, not {us}"),
                format!("{NOT_ASSUMED}; and {named} can assume the role"),
            )
        };
        let seen =
            if others.is_empty() { "no Allow statement names it".to_owned() } else { others.join(", ") };
        let finding = Finding {
            cause: Cause::TrustedAccount,
            what,
            consequence,
            remedy: self.restore(),
            harm: Harm { keeps_genesys_out: true, lets_in: others, ..Harm::default() },
        };
        question.fails(seen, finding, &[Cause::UnknownAccount])
    }

    /// Whether the spec's external ID satisfies an Allow.
    fn external_id(&self) -> Claim {
        let own = self.facts.basis.external_id();
        let question = ask(
            Topic::ExternalId,
            format!("the trust policy demands {own}"),
            format!("the trust policy does not demand {own}"),
            format!("whether the trust policy demands {own} is unknown"),
        );
        let Bearers { genesys, verifier, others: _ } = self.trust.needs_no_id;
        // Whoever else comes without one is a question of its own.
        let is_of_others_only = self.trust.names_genesys && !genesys && !verifier;
        if self.trust.needs_no_id.any() && !is_of_others_only {
            return question.fails("any external ID, or none, is accepted", self.any_id(), &[]);
        }
        if self.trust.accepts_id {
            return question.holds("an Allow statement is met by it");
        }
        let found: Vec<String> = self.trust.demands.iter().map(|id| format!("\"{id}\"")).collect();
        if found.is_empty() {
            let help = "what else is demanded cannot be met, or is not known: see who may assume the role";
            return question.not_provable("no Allow statement is met by it, nor by another", help);
        }
        let finding = Finding {
            cause: Cause::ExternalId,
            what: format!(
                "The trust policy demands the external ID {}, {} \"{}\"",
                found.join(" or "),
                self.facts.basis.has(),
                self.right()
            ),
            consequence: NOT_ASSUMED.to_owned(),
            remedy: match self.facts.basis {
                Basis::Spec if self.facts.organization_id() == Some(self.right()) => {
                    format!(
                        "{}: the spec has your organization's ID",
                        self.facts.by_apply("it restores the trust policy")
                    )
                }
                Basis::Spec => format!(
                    "if the spec is right, {}; otherwise correct `external_id` in the spec",
                    self.restore()
                ),
                Basis::Found { .. } => self.restore(),
            },
            // Somebody else gets in instead of the right one.
            harm: Harm { keeps_genesys_out: !self.admits_us, lets_in: self.bearers(), ..Harm::default() },
        };
        // In that case the spec is wrong.
        let explained: &'static [Cause] = if self.admits_us { &[Cause::Organization] } else { &[] };
        question.fails(format!("it demands {}", found.join(" or ")), finding, explained)
    }

    /// The decisive decision.
    fn admission(&self) -> Claim {
        let us = &self.us;
        let question = ask(
            Topic::Admission,
            format!("{us} with the right external ID may assume the role"),
            format!("{us} with the right external ID may not assume the role"),
            format!("whether {us} with the right external ID may assume the role is undecided"),
        );
        let evaluation = genesys_may_assume(self.role, &self.genesys(), Some(self.right()));
        match evaluation.decision {
            Decision::Allowed => question.holds(evaluation.reason),
            Decision::Undecided => question
                .not_provable(
                    evaluation.reason,
                    "only AWS and Genesys Cloud know what it depends on: `check --invoke` shows it",
                )
                .depending_on_caller(true),
            Decision::ExplicitDeny | Decision::ImplicitDeny => {
                let finding = Finding {
                    cause: Cause::TrustPolicy,
                    what: kept_out(self.role, &evaluation),
                    consequence: NOT_ASSUMED.to_owned(),
                    remedy: self.restore(),
                    harm: Harm { keeps_genesys_out: !self.admits_us, ..Harm::default() },
                };
                let explained: &'static [Cause] = if self.admits_us {
                    &[Cause::Organization]
                } else {
                    &[Cause::UnknownAccount, Cause::TrustedAccount, Cause::ExternalId]
                };
                question.fails(evaluation.reason, finding, explained)
            }
        }
    }

    /// IDs as close to the right one as possible, and none at all.
    fn wrong_ids(&self) -> Vec<Claim> {
        let right = self.right();
        let [altered, swapped] = near_misses(right);
        let wrong: [(&str, Option<&str>); 3] = [
            ("a wrong external ID", Some(&altered)),
            ("the external ID in other case", Some(&swapped)),
            ("no external ID", None),
        ];
        let genesys = self.genesys();
        wrong
            .into_iter()
            .filter(|(_, id)| *id != Some(right))
            .map(|(what, id)| {
                let evaluation = may_assume(self.role, &genesys, id);
                self.refused(&format!("{} with {what}", self.us), evaluation, || {
                    if self.trust.needs_no_id.genesys { self.any_id() } else { self.other_ids() }
                })
            })
            .collect()
    }

    fn strangers(&self) -> Vec<Claim> {
        let partition = &self.facts.desired.role.arn.partition;
        let strangers: [(String, Principal, &str); 3] = [
            (
                format!("another AWS account ({STRANGER}) with the right external ID"),
                Principal::Aws(format!("arn:{partition}:iam::{STRANGER}:root")),
                "any AWS account",
            ),
            ("an anonymous caller with the right external ID".to_owned(), Principal::Anonymous, "anyone"),
            (
                "an AWS service (lambda.amazonaws.com)".to_owned(),
                Principal::Service("lambda.amazonaws.com".to_owned()),
                "AWS services",
            ),
        ];
        strangers
            .into_iter()
            .map(|(who, principal, all)| {
                // Services present none.
                let id = Some(self.right()).filter(|_| !matches!(principal, Principal::Service(_)));
                let evaluation = may_assume(self.role, &principal, id);
                self.refused(&who, evaluation, || self.also_admits(all))
            })
            .collect()
    }

    fn verifier(&self) -> Vec<Claim> {
        let Some(verifier) = &self.facts.desired.verifier else { return Vec::new() };
        let principal = Principal::Aws(verifier.to_string());
        let question = ask(
            Topic::Verifier,
            format!("the verifier ({verifier}) with the right external ID may assume the role"),
            format!("the verifier ({verifier}) may not assume the role"),
            format!("whether the verifier ({verifier}) may assume the role is undecided"),
        );
        let evaluation = may_assume(self.role, &principal, Some(self.right()));
        let admitted = match evaluation.decision {
            Decision::Allowed => question.holds(evaluation.reason),
            Decision::Undecided => question
                .not_provable(evaluation.reason, "only AWS knows what it depends on at the time of the call"),
            Decision::ExplicitDeny | Decision::ImplicitDeny => {
                let finding = Finding {
                    cause: Cause::Verifier,
                    what: format!(
                        "The trust policy keeps the verifier {verifier} out: {}",
                        evaluation.reason
                    ),
                    consequence: "the role cannot be proven by real calls".to_owned(),
                    remedy: self.restore(),
                    harm: Harm::default(),
                };
                let explained = &[Cause::TrustedAccount, Cause::ExternalId, Cause::TrustPolicy];
                question.fails(evaluation.reason, finding, explained)
            }
        };
        let without = may_assume(self.role, &principal, None);
        let admitted = match (self.facts.basis, &admitted.outcome) {
            // Nobody said that it is one.
            (Basis::Found { .. }, Outcome::Holds) => Claim {
                insiders: vec![format!("`{}`", verifier.name())],
                ..admitted.with_notice(format!(
                    "the trust policy admits {verifier} too, with the external ID: whoever can become it may use the role. If it is not \
                     your verifier, take it out of the trust policy"
                ))
            },
            _ => admitted,
        };
        let mut claims =
            vec![admitted, self.refused("the verifier without an external ID", without, || self.any_id())];
        claims.extend(insider::claim(verifier, Insider::of_verifier(self.facts), self.facts));
        claims
    }

    /// Someone who must not get in.
    fn refused(&self, who: &str, evaluation: Evaluation, finding: impl FnOnce() -> Finding) -> Claim {
        let question = ask(
            Topic::NobodyElse,
            format!("{who} may not assume the role"),
            match evaluation.decision {
                Decision::Undecided => format!("it is not decided that {who} may not assume the role"),
                _ => format!("{who} may assume the role"),
            },
            String::new(),
        );
        match evaluation.decision {
            Decision::ExplicitDeny | Decision::ImplicitDeny => question.holds(evaluation.reason),
            Decision::Allowed => question.fails(evaluation.reason, finding(), &[]),
            // Undecidable counts as open.
            Decision::Undecided => {
                question.fails(format!("undecided: {}", evaluation.reason), finding(), &[])
            }
        }
    }

    fn any_id(&self) -> Finding {
        let Bearers { genesys, verifier, others } = self.trust.needs_no_id;
        match &self.facts.desired.verifier {
            // Who they are says more than what is not required of them.
            _ if self.trust.names_genesys && (others && !genesys || self.trust.genesys_only_as_anyone) => {
                return self.also_admits("");
            }
            Some(verifier_arn) if verifier && !genesys && !others => {
                return Finding {
                    cause: Cause::RoleOpen,
                    what: format!(
                        "The trust policy lets the verifier {verifier_arn} in without the external ID"
                    ),
                    consequence: "a check with the verifier does not prove what Genesys Cloud may".to_owned(),
                    remedy: self.restore(),
                    harm: Harm::default(),
                };
            }
            _ => {}
        }
        let (who, lets_in) = if self.trust.names_genesys {
            let anyone = "any customer of Genesys Cloud".to_owned();
            ("any customer of Genesys Cloud can have the role assumed (the confused deputy)", vec![anyone])
        } else {
            ("whoever is trusted gets in without it", self.others())
        };
        Finding {
            cause: Cause::RoleOpen,
            what: "The trust policy does not demand the external ID".to_owned(),
            consequence: who.to_owned(),
            remedy: self.restore(),
            harm: Harm { lets_in, ..Harm::default() },
        }
    }

    fn also_admits(&self, otherwise: &str) -> Finding {
        let mut who = self.others();
        if who.is_empty() {
            who.push(otherwise.to_owned());
        }
        Finding {
            cause: Cause::RoleOpen,
            what: format!("The trust policy also admits {}", who.join(" and ")),
            consequence: "they can assume the role and invoke the functions".to_owned(),
            remedy: self.restore(),
            harm: Harm { lets_in: who, ..Harm::default() },
        }
    }

    /// Everyone the trust policy names must be Genesys Cloud or the verifier.
    fn nobody_else_named(&self) -> Claim {
        let others = self.others();
        let question = ask(
            Topic::NobodyElse,
            "nobody else is named in the trust policy",
            format!("the trust policy also names {}", others.join(", ")),
            String::new(),
        );
        if others.is_empty() {
            let mut seen = match &self.facts.desired.verifier {
                Some(verifier) => format!("only {} and the verifier {verifier} are", self.us),
                None => format!("only {} is", self.us),
            };
            if !self.trust.names_genesys {
                seen = "nobody who could get in is".to_owned();
            }
            if !self.trust.stale.is_empty() {
                seen = format!(
                    "{seen}; {} was deleted and gets in no more, nor does a new one of its name",
                    self.trust.stale.join(", ")
                );
            }
            return question.holds(seen);
        }
        let seen = format!("it also admits {}", others.join(", "));
        let finding = self.also_admits("");
        question
            .fails(seen, finding, &[Cause::TrustedAccount, Cause::UnknownAccount])
            .with_accept(how_to_accept(self.role, self.facts))
    }

    /// Tries one of every kind of external ID that the document distinguishes.
    fn no_other_id(&self) -> Claim {
        let Trust { needs_no_id, also_accepts, unsearched, unknown_element, .. } = &self.trust;
        let question = ask(
            Topic::NobodyElse,
            "no other external ID is accepted",
            "another external ID is accepted",
            "whether another external ID is accepted is undecided",
        );
        if let Some(element) = unknown_element {
            let finding = Finding {
                cause: Cause::RoleOpen,
                what: format!(
                    "The trust policy has the element `{element}`, which IAM's grammar does not have"
                ),
                consequence: "no one can say whom it admits".to_owned(),
                remedy: self.restore(),
                harm: Harm { lets_in: vec!["someone unknown".to_owned()], ..Harm::default() },
            };
            return question.fails(format!("the element `{element}`"), finding, &[]);
        }
        // Others who need none are reported by name; that says nothing about other customers of Genesys Cloud.
        let may_bring_another = match also_accepts.as_slice() {
            [] => unsearched.is_some(),
            ids => ids.iter().any(|(_, bearers)| bearers.genesys),
        };
        if needs_no_id.any() && (needs_no_id.genesys || !may_bring_another) {
            let of_whom = match self.trust.names_genesys && !needs_no_id.genesys && !needs_no_id.verifier {
                true => format!(", of {}", self.others().join(" and ")),
                false => String::new(),
            };
            return question.fails(
                format!("any external ID, or none, is accepted{of_whom}"),
                self.any_id(),
                &[],
            );
        }
        if also_accepts.is_empty() {
            return match unsearched {
                None => question.holds("every kind of ID that the conditions tell apart was tried"),
                Some(why) => question.not_provable(why.clone(), "demand the ID with StringEquals alone"),
            };
        }
        let is_ours = also_accepts.iter().any(|(_, bearers)| bearers.genesys || bearers.verifier);
        if !is_ours && self.trust.names_genesys {
            // Who they are is already reported.
            return question.fails(
                format!("{} comes with {}", self.others().join(" and "), self.accepted_ids()),
                self.also_admits(""),
                &[],
            );
        }
        // If instead of the right one, it is already reported.
        question.fails(
            format!("it also accepts {}", self.accepted_ids()),
            self.other_ids(),
            &[Cause::ExternalId, Cause::Organization],
        )
    }

    /// `the external ID "a" and IDs that match "b*"`
    fn accepted_ids(&self) -> String {
        let also_accepts = &self.trust.also_accepts;
        let is_ours = also_accepts.iter().any(|(_, bearers)| bearers.genesys || bearers.verifier);
        let ids = also_accepts
            .iter()
            .filter(|(_, bearers)| !is_ours || bearers.genesys || bearers.verifier)
            .map(|(id, _)| id);
        let (patterns, plain): (Vec<&String>, Vec<&String>) = ids.partition(|id| id.contains(['*', '?']));
        let quoted = |ids: &[&String], before: &str| {
            let ids: Vec<String> = ids.iter().map(|id| format!("\"{id}\"")).collect();
            (!ids.is_empty()).then(|| format!("{before} {}", ids.join(" and ")))
        };
        let both = [quoted(&plain, "the external ID"), quoted(&patterns, "external IDs that match")];
        both.into_iter().flatten().collect::<Vec<_>>().join(" and ")
    }

    fn other_ids(&self) -> Finding {
        Finding {
            cause: Cause::RoleOpen,
            what: format!("The trust policy also accepts {}", self.accepted_ids()),
            consequence: "whoever brings it can have Genesys Cloud assume the role".to_owned(),
            remedy: self.restore(),
            harm: Harm { lets_in: self.bearers(), ..Harm::default() },
        }
    }
}
