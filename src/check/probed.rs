//! What the answers to real calls prove: `sts:AssumeRole` with the right, a wrong and no external ID, then
//! `lambda:Invoke` with `DryRun` under the session's credentials.

use super::cause::Cause;
use super::claim::{Claim, Finding, Harm, Question};
use super::evaluated::denial;
use super::facts::{Answer, Facts, Probes};
use super::level::Level;
use super::questions::{admits_organization, may_assume, may_invoke, may_invoke_later, name_of};
use super::topic::Topic;
use crate::arn::{Arn, FunctionArn};
use crate::model::LiveRole;
use crate::policy::{Decision, Principal, StatementOutcome};
use crate::spec::Origin;

/// Whether the trust policy admits the caller: decides what a refusal proves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Admission {
    Admitted,
    NotAdmitted,
    Unknown,
}

/// Which external ID a probe presents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Presented {
    Right,
    Wrong,
    None,
}

/// Somebody of an account that no policy names.
const NOBODY: &str = "arn:aws:iam::999999999999:root";

const INCONCLUSIVE: &str = "inconclusive: the call neither succeeded nor was denied; run `check` again";

pub(crate) fn probed(facts: &Facts) -> Vec<Claim> {
    let Some(role) = &facts.live.role else { return Vec::new() };
    if !facts.desired.external_id.is_presentable() {
        return vec![withheld(facts.desired.external_id.origin())];
    }
    let Some(probes) = &facts.probes else { return Vec::new() };
    let prober = Prober::new(probes, role, facts);
    let mut claims = vec![
        prober.assume(Presented::Wrong, &probes.with_wrong_id),
        prober.assume(Presented::None, &probes.without_id),
        prober.assume(Presented::Right, &probes.with_right_id),
    ];
    claims.extend(probes.invocations.iter().map(|(function, answer)| {
        let own = facts.functions.iter().find(|one| one.arn == *function);
        let own = own.and_then(|one| one.policy.as_ref().ok()?.as_ref());
        // Another session name or address than Genesys Cloud's: AWS's answer is about this caller.
        let depends = may_invoke(role, function, own, facts.now).decision == Decision::Undecided
            && !may_invoke_later(role, function, own);
        prober.invoke(function, answer, depends)
    }));
    claims
}

/// Never presents a possible secret: not to the role's owner, nor to the account's CloudTrail.
fn withheld(origin: &Origin) -> Claim {
    let help = match origin {
        Origin::Variable(name) => format!(
            "write the external ID out, keep it in a variable whose name contains EXTERNAL_ID, or allow this one: \
             `--allow-env {name}`"
        ),
        Origin::Literal | Origin::File(_) => {
            "write the external ID out, or keep it in a variable whose name contains EXTERNAL_ID".to_owned()
        }
    };
    let open = "whether sts:AssumeRole and lambda:Invoke (DryRun) succeed is unknown";
    Question::new(Level::Assumed, Topic::Admission, "", "", open).not_provable(
        format!(
            "no call was made: the value from {origin} is not an organization ID, and would end up in CloudTrail"
        ),
        help,
    )
}

/// Who makes the probes.
struct Prober {
    admission: Admission,
    /// An identity of the account that the spec trusts.
    is_genesys: bool,
    denial: Option<String>,
    restore: String,
    /// The organization itself gets in with its own ID, which is not the one presented.
    admits_us: bool,
    /// Set if the trust policy admits this caller without an external ID, and not everybody.
    named_without_id: Option<String>,
}

impl Prober {
    fn new(probes: &Probes, role: &LiveRole, facts: &Facts) -> Self {
        let principal = Principal::Aws(probes.caller.clone());
        let right = facts.desired.external_id.expose();
        let evaluation = may_assume(role, &principal, Some(right));
        let admission = match evaluation.decision {
            Decision::Allowed => Admission::Admitted,
            Decision::ImplicitDeny | Decision::ExplicitDeny => Admission::NotAdmitted,
            Decision::Undecided => Admission::Unknown,
        };
        let without_id = |who: &Principal| may_assume(role, who, None).decision == Decision::Allowed;
        let account = probes.caller.parse::<Arn>().map(|arn| arn.account).unwrap_or_default();
        // A Deny that only AWS can evaluate.
        let denial = denial(role, &evaluation, StatementOutcome::Undecided);
        let restore = facts.by_apply("it restores the trust policy");
        Self {
            admission,
            denial,
            restore,
            admits_us: admits_organization(role, facts),
            is_genesys: account == super::questions::genesys(&facts.desired).account,
            named_without_id: (without_id(&principal) && !without_id(&Principal::Aws(NOBODY.to_owned())))
                .then(|| probes.caller.clone()),
        }
    }

    fn assume(&self, presented: Presented, answer: &Answer) -> Claim {
        use Admission::{Admitted, NotAdmitted, Unknown};
        use Presented::Right;
        let question = question(presented, self.admission, answer);
        match (presented, self.admission, answer) {
            (_, _, Answer::Failed(why) | Answer::NotFound(why)) => {
                question.not_provable(format!("the call failed: {why}"), INCONCLUSIVE)
            }
            (Presented::Wrong | Presented::None, _, Answer::Done) => {
                let finding = match &self.named_without_id {
                    Some(caller) => finding(
                        format!("AWS let {caller} assume the role without the right external ID"),
                        "the trust policy admits this caller and demands no external ID of them",
                        self.restore.clone(),
                        Harm { lets_in: vec![caller.clone()], ..Harm::default() },
                    ),
                    None => finding(
                        "AWS let a caller assume the role without the right external ID".to_owned(),
                        "the role is OPEN: whoever knows its ARN may assume it",
                        "detach the role's policies at once, then compare the live trust policy with `genesys-iam plan`"
                            .to_owned(),
                        Harm { lets_in: vec!["whoever knows the role's ARN".to_owned()], ..Harm::default() },
                    ),
                };
                question.fails("it succeeded", finding, &[Cause::RoleOpen])
            }
            (Presented::Wrong | Presented::None, Admitted, Answer::Denied(words)) => question
                .holds(denied(words))
                .with_note(match presented {
                    Presented::None => "this caller is admitted with the right external ID and not without: one is demanded",
                    _ => "this caller is admitted with the right external ID and not with this one: the ID is enforced",
                }),
            (Presented::Wrong | Presented::None, _, Answer::Denied(words)) => question.not_provable(
                denied(words),
                "expected, but weak evidence: this caller is refused with any external ID",
            ),
            (Right, Admitted, Answer::Done) => question.holds("it succeeded").with_note(
                "the trust policy works, as AWS sees it; an RCP of the organization may still refuse outsiders",
            ),
            (Right, NotAdmitted, Answer::Done) => {
                let finding = finding(
                    "AWS let a caller assume the role whom the trust policy does not name".to_owned(),
                    "the role is open to others",
                    "compare the live trust policy in the IAM console with `genesys-iam plan`".to_owned(),
                    Harm { lets_in: vec!["others of the caller's kind".to_owned()], ..Harm::default() },
                );
                question.fails("it succeeded", finding, &[Cause::RoleOpen, Cause::Probe])
            }
            (Right, Unknown, Answer::Done) if self.is_genesys => {
                question.holds("it succeeded").with_note("a real call decides what the documents leave open")
            }
            (Right, Unknown, Answer::Done) => question.not_provable(
                "it succeeded",
                "AWS admitted this caller; whether the trust policy means to is undecided",
            ),
            (Right, Admitted, Answer::Denied(words)) => {
                let finding = Finding {
                    cause: cause(words),
                    ..finding(
                        match self.is_genesys {
                            true => format!("AWS refuses Genesys Cloud, whom the trust policy admits, {}", why(words)),
                            false => format!("AWS refuses a caller whom the trust policy admits, {}", why(words)),
                        },
                        match self.is_genesys {
                            true => consequence(words),
                            false => "what the documents promise cannot be relied on",
                        },
                        remedy(
                            words,
                            "allow sts:AssumeRole on the role in the caller's own policies; a role made seconds ago needs a moment",
                        ),
                        Harm { keeps_genesys_out: self.is_genesys, ..Harm::default() },
                    )
                };
                question.fails(denied(words), finding, Cause::OF_TRUST)
            }
            // Even if the documents leave it undecided: a real call decides.
            (Right, NotAdmitted | Unknown, Answer::Denied(words)) if self.is_genesys => {
                let harm = Harm { keeps_genesys_out: !self.admits_us, ..Harm::default() };
                let explained: &'static [Cause] = if self.admits_us { &[Cause::Organization] } else { Cause::OF_TRUST };
                let finding = match cause(words) {
                    Cause::OrganizationGuard => Finding {
                        cause: Cause::OrganizationGuard,
                        ..finding(
                            format!("AWS refuses Genesys Cloud, {}", why(words)),
                            consequence(words),
                            remedy(words, ""),
                            harm,
                        )
                    },
                    _ => Finding {
                        cause: Cause::TrustPolicy,
                        ..finding(
                            self.denial.clone().unwrap_or_else(|| {
                                "The trust policy keeps Genesys Cloud's own account out".to_owned()
                            }),
                            "Genesys Cloud is refused (AccessDenied): the data action fails with 403",
                            self.restore.clone(),
                            harm,
                        )
                    },
                };
                question.fails(denied(words), finding, explained)
            }
            (Right, _, Answer::Denied(words)) => question.not_provable(
                denied(words),
                "expected: the trust policy names Genesys Cloud, not this caller. Only Genesys Cloud's account can prove more",
            ),
        }
    }

    fn invoke(&self, function: &FunctionArn, answer: &Answer, depends_on_caller: bool) -> Claim {
        let name = name_of(function);
        let question = Question::new(
            Level::Assumed,
            Topic::Invocation,
            format!("lambda:Invoke (DryRun) of {name} is permitted to the session"),
            match answer {
                Answer::Done => format!(
                    "lambda:Invoke (DryRun) of {name} is permitted to a caller who should not get so far"
                ),
                _ => format!("lambda:Invoke (DryRun) of {name} is refused to the session"),
            },
            format!("whether lambda:Invoke (DryRun) of {name} is permitted is unknown"),
        )
        .about(function);
        let kept_out = Harm { keeps_genesys_out: true, ..Harm::default() };
        match answer {
            Answer::Done if self.admission == Admission::NotAdmitted => {
                let finding = finding(
                    "A caller not named in the trust policy could invoke the function".to_owned(),
                    "the role is open to others",
                    "compare the live trust policy in the IAM console with `genesys-iam plan`".to_owned(),
                    Harm::default(),
                );
                question.fails("AWS permits it", finding, &[Cause::RoleOpen, Cause::Probe])
            }
            Answer::Done => question
                .holds("AWS permits it; the function was not run")
                .with_note("whoever assumes the role with the right external ID may invoke this function; that it runs is not shown"),
            Answer::Denied(words) if depends_on_caller && cause(words) != Cause::OrganizationGuard => question
                .not_provable(
                    denied(words),
                    "it depends on the caller: only a call of Genesys Cloud's own shows whether it is refused too: `check --invoke`",
                )
                .depending_on_caller(true),
            Answer::Denied(words) => {
                let finding = Finding {
                    cause: cause(words),
                    ..finding(
                        format!("AWS refuses the invocation of the {name}, {}", why(words)),
                        consequence(words),
                        remedy(
                            words,
                            "ask who administers the organization for an SCP that denies lambda:InvokeFunction",
                        ),
                        kept_out,
                    )
                };
                question.fails(denied(words), finding, Cause::OF_PERMISSIONS)
            }
            Answer::NotFound(why) => {
                let finding = finding(
                    format!("Lambda does not find the {name}"),
                    "the data action fails",
                    "deploy the function, or correct `functions` in the spec".to_owned(),
                    kept_out,
                );
                question.fails(why.clone(), finding, &[Cause::FunctionMissing])
            }
            Answer::Failed(why) => question.not_provable(format!("the call failed: {why}"), INCONCLUSIVE),
        }
    }
}

fn question(presented: Presented, admission: Admission, answer: &Answer) -> Question {
    let id = match presented {
        Presented::Right => "the right external ID",
        Presented::Wrong => "a wrong external ID",
        Presented::None => "no external ID",
    };
    let call = format!("sts:AssumeRole with {id}");
    match (presented, admission) {
        (Presented::Right, Admission::Admitted) => Question::new(
            Level::Assumed,
            Topic::Admission,
            format!("{call} succeeds"),
            format!("{call} is refused"),
            format!("whether {call} succeeds is unknown"),
        ),
        (Presented::Right, _) => Question::new(
            Level::Assumed,
            Topic::Admission,
            format!("{call} succeeds"),
            match answer {
                Answer::Done => {
                    format!("{call} succeeds, although the trust policy does not name the caller")
                }
                _ => format!("{call} is refused"),
            },
            format!("{call} proves nothing from here"),
        ),
        _ => Question::new(
            Level::Refused,
            Topic::NobodyElse,
            format!("{call} is refused"),
            format!("{call} succeeds"),
            format!("{call} proves little from here"),
        ),
    }
}

fn finding(what: String, consequence: &str, remedy: String, harm: Harm) -> Finding {
    Finding { cause: Cause::Probe, what, consequence: consequence.to_owned(), remedy, harm }
}

/// AWS's own words: they name the kind of policy, and inside an organization its ARN.
fn denied(words: &str) -> String {
    format!("AccessDenied: {words}")
}

/// AWS's reason, if it gives one: what comes before only repeats who asked for what.
fn why(words: &str) -> String {
    let starts = ["with an explicit deny", "because no "];
    match starts.iter().find_map(|start| words.find(start)).and_then(|at| words.get(at..)) {
        Some(why) => why.to_owned(),
        None => format!("without saying why ({})", denied(words)),
    }
}

/// The previous sentence names the kind of policy in the way, if AWS does.
fn consequence(words: &str) -> &'static str {
    match cause(words) {
        Cause::OrganizationGuard => {
            "the data action fails with 403, whatever this account's own policies say"
        }
        _ => "the data action fails with 403",
    }
}

/// AWS's words name what has to change: a Deny, or a missing Allow.
fn remedy(words: &str, otherwise: &str) -> String {
    let Some(Denying { kind, arn }) = denying_policy(words) else { return otherwise.to_owned() };
    let action = words.split_once("perform: ").and_then(|(_, rest)| rest.split([' ', ',']).next());
    let action = action.unwrap_or("this call");
    let is_of_organization = matches!(kind, "service control policy" | "resource control policy");
    let owner = if is_of_organization { "whoever administers the AWS organization" } else { "its owner" };
    match arn {
        Some(arn) => format!("have {arn} ({kind}) changed by whoever owns it"),
        None if words.contains("because no ") && is_of_organization => {
            format!("have {owner} allow {action} for this account: no {kind} does")
        }
        None if words.contains("because no ") => format!("have the {kind} allow {action}"),
        None if is_of_organization => {
            format!("have {owner} exempt this role from the {kind} that denies {action}")
        }
        None => format!("have the {kind} changed by {owner}: it denies {action}"),
    }
}

/// An organization policy is a cause of its own: the account's documents do not show it.
fn cause(words: &str) -> Cause {
    match denying_policy(words) {
        Some(Denying { kind: "service control policy" | "resource control policy", .. }) => {
            Cause::OrganizationGuard
        }
        _ => Cause::Probe,
    }
}

/// Kinds of policies, as AWS names them in an AccessDenied.
pub(crate) const POLICY_KINDS: [&str; 8] = [
    "service control policy",
    "resource control policy",
    "permissions boundary",
    "session policy",
    "identity-based policy",
    "resource-based policy",
    "role trust policy",
    "VPC endpoint policy",
];

struct Denying {
    kind: &'static str,
    arn: Option<String>,
}

/// `… with an explicit deny in a service control policy: arn:aws:organizations::…:policy/…`
fn denying_policy(words: &str) -> Option<Denying> {
    let kind = POLICY_KINDS.into_iter().find(|kind| words.contains(kind))?;
    let after = words.split_once(kind).map_or("", |(_, after)| after);
    let arn = after.split_once("arn:").map(|(_, arn)| {
        let end = arn.find(char::is_whitespace).unwrap_or(arn.len());
        format!("arn:{}", &arn[..end]).trim_end_matches(['.', ',']).to_owned()
    });
    Some(Denying { kind, arn })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_part_of_awss_words_that_says_why_is_shown() {
        let words = "User: arn:aws:iam::1:user/x is not authorized to perform: sts:AssumeRole on resource: \
                     arn:aws:iam::2:role/r with an explicit deny in a resource control policy";
        assert_eq!(why(words), "with an explicit deny in a resource control policy");
        assert_eq!(
            consequence(words),
            "the data action fails with 403, whatever this account's own policies say"
        );
        assert_eq!(consequence("no"), "the data action fails with 403");
        assert_eq!(why("no"), "without saying why (AccessDenied: no)");
    }

    #[test]
    fn the_policy_that_aws_names_is_taken_into_the_remedy() {
        let words = "User: arn:aws:sts::1:assumed-role/r/s is not authorized to perform: lambda:InvokeFunction on resource: \
                     arn:aws:lambda:us-east-1:1:function:f with an explicit deny in a service control policy: \
                     arn:aws:organizations::9:policy/o-1/service_control_policy/p-1";
        assert_eq!(
            remedy(words, ""),
            "have arn:aws:organizations::9:policy/o-1/service_control_policy/p-1 (service control policy) changed by \
             whoever owns it"
        );
        let words = "… because no permissions boundary allows the lambda:InvokeFunction action";
        assert_eq!(remedy(words, ""), "have the permissions boundary allow this call");
        let scp =
            "… perform: lambda:InvokeFunction on resource: … because no service control policy allows it";
        assert_eq!(
            remedy(scp, ""),
            "have whoever administers the AWS organization allow lambda:InvokeFunction for this account: no service \
             control policy does"
        );
        let rcp =
            "… perform: sts:AssumeRole on resource: … with an explicit deny in a resource control policy";
        assert_eq!(
            remedy(rcp, ""),
            "have whoever administers the AWS organization exempt this role from the resource control policy that \
             denies sts:AssumeRole"
        );
        assert_eq!(remedy("not authorized to perform: sts:AssumeRole", "else"), "else");
    }
}
