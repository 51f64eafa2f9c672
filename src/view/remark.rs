//! What a plan says besides its changes: notices, blockers, and what else widens access.

use super::genesys::{self, named_elsewhere};
use super::parts::Remark;
use super::words::{few, plural, tag_missing};
use crate::arn::{Arn, FunctionArn, Qualifier};
use crate::model::OwnOrganization;
use crate::plan::{
    Blocker, BoundaryLimits, GuardFinding, GuardedCall, HowToAccept, Notice, Owned, Owner, TenantDoubt,
    Widening,
};
use crate::text::one_line;

fn owned_text(what: &Owned) -> String {
    match what {
        Owned::Role(name) => format!("role `{name}`"),
        Owned::Policy(name) => format!("policy `{name}`"),
    }
}

fn owner_text(by: &Owner) -> String {
    match by {
        Owner::Unknown => "made by someone else, or its tags were removed".to_owned(),
        Owner::TagMissing => tag_missing(),
        Owner::Spec(spec) => format!("managed by the spec `{}`", one_line(spec)),
    }
}

/// What else lets somebody do more, in one line.
pub(super) fn widening_text(widening: &Widening) -> String {
    match widening {
        Widening::Policy { policy, others, bounds, gained, no_longer } => {
            let places = [
                (*others, "attached to", "other", "others"),
                (*bounds, "the boundary of", "identity", "identities"),
            ];
            let places: Vec<String> = places
                .iter()
                .filter(|(count, ..)| *count > 0)
                .map(|(count, how, one, many)| {
                    format!("{how} {count} {}", if *count == 1 { one } else { many })
                })
                .collect();
            let more =
                gained.iter().cloned().chain(no_longer.iter().map(|denied| format!("no longer {denied}")));
            format!(
                "policy `{}`, {}: {}",
                one_line(policy),
                places.join(" and "),
                one_line(&more.collect::<Vec<_>>().join("; "))
            )
        }
        Widening::Tag { what, key } => format!(
            "tag `{}` of {}: a condition of a policy in force is about it",
            one_line(key),
            one_line(&owned_text(what))
        ),
        Widening::TagElsewhere { key } => {
            format!("tag `{}` of the role: policies elsewhere, not read, may be about it", one_line(key))
        }
        Widening::Session { before, after } => {
            format!("sessions may last {after} s instead of {before} s")
        }
        Widening::Verifier { arn, admits } => {
            let arn = one_line(&arn.to_string()).into_owned();
            match admits.as_slice() {
                [] => format!("verifier `{arn}`: who can become it was not read"),
                admits => format!(
                    "verifier `{arn}`: {} can become it, by its own trust policy",
                    one_line(&few(admits))
                ),
            }
        }
        Widening::Tenant { external_id, doubt } => {
            let external_id = one_line(external_id);
            match doubt {
                TenantDoubt::NotTheOrganization { id } => {
                    let id = one_line(id);
                    format!(
                        "external ID `{external_id}` is not the ID of your Genesys Cloud organization, `{id}`"
                    )
                }
                TenantDoubt::Replaced { former: Some(former), organization } => format!(
                    "external ID `{external_id}` in place of `{}`: {}",
                    one_line(former),
                    not_shown(organization)
                ),
                TenantDoubt::Replaced { former: None, organization } => format!(
                    "external ID `{external_id}`, which the role does not admit now: {}",
                    not_shown(organization)
                ),
                TenantDoubt::NotShown { organization } => format!(
                    "external ID `{external_id}`: {}, and no role that this spec made admits it yet",
                    not_shown(organization)
                ),
                TenantDoubt::OtherAccount => {
                    "another of Genesys Cloud's accounts: another platform, with other customers".to_owned()
                }
            }
        }
    }
}

/// Why nothing shows whose an external ID is.
fn not_shown(organization: &OwnOrganization) -> String {
    let why = match organization {
        OwnOrganization::NoCredentials { variables: [id, secret], .. } => {
            format!(" ({} and {} are not set)", one_line(id), one_line(secret))
        }
        OwnOrganization::NotRead(why) => format!(" ({})", one_line(why)),
        OwnOrganization::NotAsked | OwnOrganization::Read { .. } => String::new(),
    };
    format!("not shown to be your organization's: Genesys Cloud was not read{why}")
}

pub(super) fn notice_remark(notice: &Notice, role: &str) -> Remark {
    Remark::new(match notice {
        Notice::ExtraAttached { policy, grants, denies, accept } => {
            if grants.is_empty() {
                let by = format!("policy `{}`", one_line(policy.name()));
                return with_removal(Remark::new(denial_text(&by, denies, false)), accept);
            }
            let what =
                format!("`{}` is attached to the role, not by this spec", one_line(&policy.to_string()));
            return extra(&what, grants, accept);
        }
        Notice::ExtraInline { name, grants, denies, accept } => {
            if grants.is_empty() {
                let by = format!("inline policy `{}`", one_line(name));
                return with_removal(Remark::new(denial_text(&by, denies, false)), accept);
            }
            let what = format!("the role has an inline policy `{}`, not from this spec", one_line(name));
            return extra(&what, grants, accept);
        }
        Notice::Accepted { what, gains, reason, lets_in: _, outsiders: _ } => {
            return Remark::new(format!(
                "the spec accepts {}; the reason: \"{}\"",
                one_line(what),
                one_line(reason)
            ))
            .with_details(gains);
        }
        Notice::AcceptedOpen { role, admits, digest: _ } => {
            let name = one_line(role.name());
            return Remark::new(match admits.as_slice() {
                [] => format!("who may assume `{name}`, which the spec accepts, is not known: its trust policy could not be read"),
                admits => format!(
                    "{} can get in through `{name}`, which the spec accepts: its own trust policy admits them",
                    one_line(&admits.join(" and "))
                ),
            })
            .with_remedy(format!("close the trust policy of `{name}`, or take its [[role.accept]] out of the spec"));
        }
        Notice::AcceptOutdated { what, gains, accept } => {
            let (how, paste) = to_accept(accept);
            return Remark::new(format!("{} is not as the spec accepts it", one_line(what)))
                .with_details(gains)
                .with_remedy(how)
                .with_paste(paste);
        }
        Notice::AcceptsNothing { what, line, outsiders: _ } => {
            return Remark::new(format!(
                "line {line} of the spec accepts `{}`, which is not there",
                one_line(what)
            ))
            .with_remedy("take this [[role.accept]] out of the spec, or correct it");
        }
        Notice::AcceptShares { what, line } => {
            return Remark::new(format!(
                "line {line} of the spec accepts `{}`, which the trust policy names in a statement with others, who cannot be accepted",
                one_line(what)
            ))
            .with_remedy(
                "give it a statement of its own in the trust policy (`aws iam update-assume-role-policy`); then `plan` prints the lines \
                 that accept it",
            );
        }
        Notice::FunctionGone { function, line } => {
            return Remark::new(format!(
                "{}: the role may invoke it as before, and data actions that call it fail",
                missing_function(function, *line)
            ))
            .with_remedy("deploy it, or take it out of `functions` and of the data actions");
        }
        Notice::FunctionUnknown { function, line, why } => {
            let place = function_in_words(function, *line);
            format!(
                "whether Lambda has {place} is not known; `apply` carries the plan out only if it may look, and finds it: {}",
                one_line(why)
            )
        }
        Notice::LeftOverAdopt { place } => {
            format!(
                "`adopt = true` {place} is no longer needed: remove it, or it takes over what somebody else makes"
            )
        }
        Notice::AcceptUnknown { what, why } => {
            format!(
                "whether {}, which the spec accepts, is as it was is not known: {}",
                one_line(what),
                one_line(why)
            )
        }
        Notice::ForeignDeny { policy, functions } => denial_text(policy, functions, false),
        Notice::Guarded { finding, shut_by } => {
            let GuardFinding { call, policy, reason, .. } = finding;
            let call = match call {
                GuardedCall::AssumeRole => "sts:AssumeRole".to_owned(),
                GuardedCall::Invoke(function) => format!("lambda:InvokeFunction of `{}`", function.label()),
            };
            let because = match shut_by {
                Some(key) => {
                    format!("the tag `{}` exempted the role, and this plan overwrites it", one_line(key))
                }
                None => one_line(reason).into_owned(),
            };
            format!(
                "{} of the AWS organization will refuse Genesys Cloud at {call}: {because}",
                one_line(policy)
            )
        }
        Notice::ExemptionTag { key } => format!(
            "the tag `{}` is overwritten: by AWS's templates it exempts a role from policies of the AWS organization, which \
             were not read and may refuse Genesys Cloud afterwards",
            one_line(key)
        ),
        Notice::BoundaryChange { before, after } => match after {
            Some(after) => format!(
                "with the permissions boundary {} in place of {}",
                limits_in_words(after, "allows"),
                limits_in_words(before, "allowed")
            ),
            None => format!("without its permissions boundary {}", limits_in_words(before, "allowed")),
        },
        Notice::KeepsTenant { external_id, digest: _ } => format!(
            "role `{}` admits the external ID `{}`, which is not your Genesys Cloud organization's, and the spec keeps it: whoever brings it \
             may assume the role, and Genesys Cloud is refused",
            one_line(role),
            one_line(external_id)
        ),
        Notice::ConfirmedAccount { account, reason } => format!(
            "{account} is trusted, which Genesys does not list among its accounts; the spec's reason: \"{}\"",
            one_line(reason)
        ),
        Notice::NamedElsewhere { what, by } => return named_elsewhere(&owned_text(what), by),
        Notice::RemovedFromSpec => "the role has the tag of this spec but is no longer in it".to_owned(),
        Notice::Boundary { arn, is_mentioned, blocks } => {
            let arn = one_line(&arn.to_string()).into_owned();
            let blocked = if blocks.is_empty() {
                String::new()
            } else {
                format!("does not allow {}: Genesys Cloud is refused", invocations(blocks))
            };
            match (is_mentioned, blocks.is_empty()) {
                (true, _) => format!("the permissions boundary `{arn}` {blocked}"),
                (false, true) => format!(
                    "the role has the permissions boundary `{arn}`, which the spec does not mention; it stays"
                ),
                (false, false) => format!(
                    "the role has the permissions boundary `{arn}`, which the spec does not mention; it stays, and {blocked}"
                ),
            }
        }
        Notice::ShutMeanwhile { writes } => format!(
            "while it is being changed, no one can use role `{}`, not even Genesys Cloud: for about {}",
            one_line(role),
            plural(*writes, "write")
        ),
        Notice::InterruptedMeanwhile { writes } => format!(
            "while it is being changed, role `{}` cannot do all that it can before and after, so data actions may fail: \
             for about {}",
            one_line(role),
            plural(*writes, "write")
        ),
        Notice::OlderSessions { seconds } => format!(
            "sessions already given to those now shut out stay valid for up to {}{}; \
             to end them, revoke older sessions (IAM console: Revoke active sessions)",
            duration(*seconds),
            // The longest that IAM allows.
            if *seconds < 43_200 { ", or 12 h where the role allowed that when they were given" } else { "" }
        ),
        Notice::Adopted { what, by } => format!("{} is adopted: it was {}", owned_text(what), owner_text(by)),
        Notice::Genesys(notice) => return genesys::notice_remark(notice),
        Notice::SharedPolicy { policy, others } => format!(
            "policy `{}` is attached to {others} more besides role `{role}`; changing it affects them too: {} names them",
            policy.name(),
            users_of(policy, "PermissionsPolicy")
        ),
    })
}

/// `` `arn:…`, which allows at most s3:GetObject on *``
fn limits_in_words(BoundaryLimits { arn, grants }: &BoundaryLimits, allows: &str) -> String {
    let arn = one_line(&arn.to_string()).into_owned();
    match grants.as_deref() {
        None => format!("`{arn}`, of which it is not known what it {allows}"),
        Some([]) => format!("`{arn}`, which {allows} nothing"),
        Some(grants) => format!("`{arn}`, which {allows} at most {}", one_line(&few(grants))),
    }
}

/// The command that names them.
fn users_of(policy: &Arn, usage: &str) -> String {
    format!("`aws iam list-entities-for-policy --policy-arn {policy} --policy-usage-filter {usage}`")
}

/// `lambda:InvokeFunction on ``a`` and ``b`` `
fn invocations(functions: &[String]) -> String {
    let names: Vec<String> = functions.iter().map(|name| format!("`{}`", one_line(name))).collect();
    format!("lambda:InvokeFunction on {}", few(&names))
}

/// What denies the role what it is for.
pub(super) fn denial_text(by: &str, functions: &[String], is_boundary: bool) -> String {
    let by = one_line(by);
    match (functions.is_empty(), is_boundary) {
        (true, _) => format!("{by}, not from this spec, only denies"),
        (false, true) => format!("{by} does not allow {}: Genesys Cloud is refused", invocations(functions)),
        (false, false) => {
            format!("{by}, not from this spec, denies {}: Genesys Cloud is refused", invocations(functions))
        }
    }
}

/// Permissions that are not the spec's: what they grant, and how to handle them.
fn extra(what: &str, grants: &[String], accept: &HowToAccept) -> Remark {
    let changed = if accept.is_outdated { ", and is not what the spec accepts" } else { "" };
    with_removal(Remark::new(format!("{what}{changed}; it grants")).with_details(grants), accept)
}

fn with_removal(remark: Remark, accept: &HowToAccept) -> Remark {
    let (how, paste) = to_accept(accept);
    remark.with_remedy(format!("{REMOVES_EXTRAS}; {how}")).with_paste(paste)
}

/// How to accept something as it is, and the lines to write.
pub(super) fn to_accept(accept: &HowToAccept) -> (&'static str, Vec<String>) {
    let HowToAccept { lines, is_outdated } = accept;
    if *is_outdated {
        let digest = lines.iter().filter(|line| line.starts_with("digest")).cloned().collect();
        return ("to accept it as it is now, correct its [[role.accept]]:", digest);
    }
    ("to accept it, write below the role, with your reason:", lines.clone())
}

const REMOVES_EXTRAS: &str = "`extra_permissions = \"remove\"` in the spec removes it";

/// `1 h`, `90 min`, `3601 s`.
fn duration(seconds: i32) -> String {
    match seconds {
        seconds if seconds % 3600 == 0 => format!("{} h", seconds / 3600),
        seconds if seconds % 60 == 0 => format!("{} min", seconds / 60),
        seconds => format!("{seconds} s"),
    }
}

/// How the spec names a policy that is live under another path, or in another case.
fn as_live(live: &Arn, desired: &Arn) -> String {
    let path = |arn: &Arn| arn.resource.trim_start_matches("policy").trim_end_matches(arn.name()).to_owned();
    let name = (live.name() != desired.name()).then(|| format!("`policy_name = \"{}\"`", live.name()));
    let path = (path(live) != path(desired)).then(|| format!("`policy_path = \"{}\"`", path(live)));
    let both: Vec<String> = name.into_iter().chain(path).collect();
    one_line(&both.join(" and ")).into_owned()
}

fn missing_function(function: &FunctionArn, line: usize) -> String {
    format!("Lambda has no {}", function_in_words(function, line))
}

/// ``function `f` in us-east-1 (line 7 of the spec)``
fn function_in_words(function: &FunctionArn, line: usize) -> String {
    let name = one_line(function.name());
    let what = match function.qualifier() {
        Some(Qualifier::Version(version)) => format!("version `{version}` of function `{name}`"),
        Some(alias) => format!("alias `{}` of function `{name}`", one_line(&alias.to_string())),
        None => format!("function `{name}`"),
    };
    format!("{what} in {} (line {line} of the spec)", function.region())
}

/// What is wrong, and how to fix it.
pub fn blocker_remark(blocker: &Blocker) -> Remark {
    let (what, remedy) = match blocker {
        Blocker::UnknownAccount { why, help } => (one_line(why).into_owned(), one_line(help).into_owned()),
        Blocker::Genesys(blocker) => return genesys::blocker_remark(blocker),
        Blocker::NotManaged { what, by } => {
            let remedy = match what {
                Owned::Role(_) => "choose another `name`",
                Owned::Policy(_) => "choose another `policy_name`",
            };
            (
                format!("{} exists already, {}", owned_text(what), owner_text(by)),
                format!("take it over: `--adopt`, or `adopt = true` for the role; or {remedy}"),
            )
        }
        Blocker::NotOurs { what, by } => (
            format!("{} is not this spec's: it is {}", owned_text(what), owner_text(by)),
            match by {
                Owner::Spec(spec) => format!(
                    "`destroy` removes only what has the spec's tag: write `name = {:?}` if this is that spec; if not, take it out of the spec, or remove it by hand",
                    one_line(spec)
                ),
                Owner::Unknown | Owner::TagMissing => {
                    "`destroy` removes only what has the spec's tag; take it out of the spec, or remove it by hand"
                        .to_owned()
                }
            },
        ),
        Blocker::PolicyName { live, desired } => (
            format!(
                "`{live}`, created by this spec, is still attached; the spec now says `{desired}`, and a policy cannot be renamed"
            ),
            format!(
                "write `policy_name = \"{}\"`; a new name takes an outage: the former one is detached and deleted by hand, and until the next \
                 `apply` the role may invoke nothing",
                live.name()
            ),
        ),
        Blocker::PolicyInUse { policy, others } => (
            format!("policy `{}` is attached to {others} more besides this role", policy.name()),
            format!(
                "detach it there first, or leave it: {} names them",
                users_of(policy, "PermissionsPolicy")
            ),
        ),
        Blocker::PolicyBounds { policy, count } => (
            format!(
                "policy `{}` is the permissions boundary of {count} {}",
                policy.name(),
                if *count == 1 { "role or user" } else { "roles or users" }
            ),
            format!(
                "give them another boundary first, or leave it: {} names them",
                users_of(policy, "PermissionsBoundary")
            ),
        ),
        Blocker::StillNamed { what, key } => (
            format!("{} would be deleted, and `{key}` in the spec names it", one_line(&owned_text(what))),
            format!("name another in `{key}`, or put the role back into the spec"),
        ),
        Blocker::MissingFunction { function, line } => (
            missing_function(function, *line),
            "deploy it, or correct `functions` in the spec; `--except` applies the other roles".to_owned(),
        ),
        Blocker::NameTaken { what, live } => (
            format!(
                "the name of {} is taken by `{}`: IAM's names ignore case and path",
                one_line(&owned_text(what)),
                one_line(&live.to_string())
            ),
            match what {
                Owned::Role(_) => "choose another `name`, or write that one as it is and adopt it",
                Owned::Policy(_) => "choose another `policy_name`, or write that one as it is and adopt it",
            }
            .to_owned(),
        ),
        Blocker::NoPrincipal { arn, nearly } => {
            let help = match nearly {
                Some(nearly) => format!("its ARN is `{}`", one_line(&nearly.to_string())),
                None => "create it first, or correct the ARN".to_owned(),
            };
            (
                format!(
                    "IAM has no `{}`, which `[check] verifier` in the spec names",
                    one_line(&arn.to_string())
                ),
                help,
            )
        }
        Blocker::NoBoundary { arn } => (
            format!(
                "there is no policy `{}`, which `permissions_boundary` in the spec names",
                one_line(&arn.to_string())
            ),
            "create it first, or correct the ARN".to_owned(),
        ),
        Blocker::InInstanceProfile { role, profiles } => (
            format!(
                "role `{}` is in the instance profile `{}`",
                one_line(role),
                one_line(&profiles.join("`, `"))
            ),
            "remove the role from it first: `aws iam remove-role-from-instance-profile`".to_owned(),
        ),
        Blocker::Quota { what, used, limit, more } => (
            format!("the account has {used} of {limit} {what}, and the plan creates {more}"),
            "delete some, or have AWS raise the quota".to_owned(),
        ),
        Blocker::OverQuota { of, what, needs, limit } => (
            format!("{} would have {needs} {what}, IAM allows {limit}", one_line(&owned_text(of))),
            match *what {
                "attached policies" => "detach one that it does not need, or have AWS raise the quota",
                "tags" => "remove some by hand, or some of `tags` in the spec",
                _ => "delete an inline policy that it does not need",
            }
            .to_owned(),
        ),
        Blocker::MadeByAws { role } => (
            format!("role `{}` is made and kept by AWS: it cannot be taken over", one_line(role)),
            "choose another `name`".to_owned(),
        ),
        Blocker::PreventDestroy { role } => (
            format!("`prevent_destroy = true` guards role `{role}`"),
            "take it out of the spec first".to_owned(),
        ),
        Blocker::RolePath { role, live, desired } => (
            format!(
                "role `{role}` has the path `{live}`, the spec says `{desired}`: a path cannot be changed"
            ),
            format!("write `path = \"{live}\"`, or choose another `name`"),
        ),
        Blocker::PolicyPath { policy, live, desired } => (
            format!(
                "`{live}` is attached; the spec means `{desired}`, and the name `{policy}` can be used only once"
            ),
            format!("write {}, or choose another `policy_name`", as_live(live, desired)),
        ),
    };
    Remark::new(what).with_remedy(remedy)
}
