//! A plan as text for people.

use std::fmt::Write;

use similar::{ChangeTag, TextDiff};

use super::field::{INDENT, field, indented, value_diff};
use super::genesys;
use super::style::{BOLD, CHANGE, CREATE, DIM, ERROR, GOOD, HUNK, REMOVE, WARNING, paint};
use crate::arn::{Arn, Qualifier};
use crate::model::{ManagedPolicy, Role};
use crate::plan::iam::{self, TagChange, TagChanges};
use crate::plan::{Blocker, Change, ChangeKind, Diff, Notice, Plan, RolePlan, Widening};
use crate::plan::{Owned, Owner};
use crate::policy::Document;
use crate::policy::access::{AccessDiff, AccessLine, AccessSign};
use crate::text::one_line;
use crate::view::{foreign, gainers, sentence_case};

/// As many roles are shown each, also where nothing changes.
const FEW: usize = 10;

/// The whole plan, with access in sentences and a closing line that counts.
pub fn text(plan: &Plan) -> String {
    let mut out = String::new();
    let Plan { spec, account_id, region, indirections, roles, orphans, orphans_unknown } = plan;
    let _ = writeln!(out, "{}", paint(DIM, &format!("AWS account {account_id}, region {region}")));
    for indirection in indirections {
        let _ = writeln!(out, "{}", paint(DIM, &format!("from elsewhere: {}", one_line(indirection))));
    }
    for (why, help) in unknown_accounts(plan) {
        let _ = writeln!(out, "{} {}", paint(ERROR, "blocked:"), one_line(why));
        let _ = writeln!(out, "{INDENT}{}", one_line(help));
    }
    // Of a fleet only those that there is something to say about.
    let is_quiet =
        |role: &&RolePlan| role.changes.is_empty() && role.blockers.is_empty() && role.notices.is_empty();
    let (quiet, others): (Vec<&RolePlan>, Vec<&RolePlan>) =
        roles.iter().partition(|role| roles.len() > FEW && is_quiet(role));
    for role in others {
        out.push('\n');
        role_text(&mut out, role);
    }
    if !quiet.is_empty() {
        let _ = writeln!(out, "\n{}: no changes", paint(BOLD, &format!("{} roles", quiet.len())));
    }
    out.push('\n');
    for name in orphans {
        let _ = writeln!(
            out,
            "{} role `{}` bears the tag of this spec (`{spec}`), which no longer has it; it stays. \
             `--prune` removes it",
            paint(WARNING, "notice:"),
            one_line(name)
        );
    }
    if let Some(why) = orphans_unknown {
        let _ = writeln!(
            out,
            "{} whether roles were taken out of the spec is not known: {why}",
            paint(DIM, "note:")
        );
    }
    let _ = writeln!(out, "{}", summary(plan));
    out
}

/// The accounts that the spec trusts and that are not known to be Genesys's, each once: said before anything else.
pub(super) fn unknown_accounts(plan: &Plan) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    for blocker in plan.blockers() {
        if let Blocker::UnknownAccount { why, help } = blocker
            && !found.contains(&(why.as_str(), help.as_str()))
        {
            found.push((why.as_str(), help.as_str()));
        }
    }
    found
}

/// `2 to create, 1 to change. Access is widened.`
pub fn summary(plan: &Plan) -> String {
    if plan.is_empty() {
        let text = paint(GOOD, "No changes.");
        return match plan.blockers().next() {
            Some(_) => paint(WARNING, "No changes, but the plan is blocked: see above."),
            None => match foreign(&[plan]) {
                // "No changes" is not "all is well".
                Some(foreign) => {
                    format!("{text} {}", paint(WARNING, &format!("But {}.", one_line(&foreign))))
                }
                None => format!("{text} Live state is what the spec says."),
            },
        };
    }
    let mut text = format!("{} {}", paint(BOLD, "Plan:"), counts(&[plan]));
    add_foreign(&mut text, &[plan]);
    if plan.is_blocked() {
        let _ = write!(text, " {}", paint(WARNING, "Blocked: see above."));
    }
    text
}

/// `12 specs: 2 to create, 1 to change. Access is widened. 1 spec failed.`
pub fn summary_of_all(plans: &[&Plan], failed: usize) -> String {
    let specs = |n: usize| if n == 1 { "1 spec".to_owned() } else { format!("{n} specs") };
    let title = paint(BOLD, &format!("{}:", specs(plans.len() + failed)));
    let mut text = if plans.iter().all(|plan| plan.is_empty()) {
        format!("{title} {}", paint(GOOD, "no changes."))
    } else {
        format!("{title} {}", counts(plans))
    };
    add_foreign(&mut text, plans);
    let blocked = plans.iter().filter(|plan| plan.is_blocked()).count();
    for (n, what) in [(blocked, "blocked"), (failed, "failed")] {
        if n > 0 {
            let _ = write!(text, " {}", paint(WARNING, &format!("{} {what}: see above.", specs(n))));
        }
    }
    text
}

fn add_foreign(text: &mut String, plans: &[&Plan]) {
    if let Some(foreign) = foreign(plans) {
        let _ = write!(text, " {}", paint(WARNING, &format!("{}.", sentence_case(&one_line(&foreign)))));
    }
}

fn counts(plans: &[&Plan]) -> String {
    let count =
        |kind| plans.iter().flat_map(|plan| plan.changes()).filter(|change| change.kind() == kind).count();
    let counts = [
        (count(ChangeKind::Create), CREATE, "to create"),
        (count(ChangeKind::Change), CHANGE, "to change"),
        (count(ChangeKind::Remove), REMOVE, "to remove"),
    ];
    let counts: Vec<String> = counts
        .iter()
        .filter(|(n, ..)| *n > 0)
        .map(|(n, style, what)| format!("{} {what}", paint(*style, &n.to_string())))
        .collect();
    let access = match gainers(plans) {
        Some(who) => {
            let style = if plans.iter().any(|plan| plan.lets_strangers_in()) { ERROR } else { WARNING };
            paint(style, &format!("Access is widened for {}.", one_line(&who)))
        }
        None => "Access is not widened.".to_owned(),
    };
    format!("{}. {access}", counts.join(", "))
}

fn role_text(out: &mut String, plan: &RolePlan) {
    let RolePlan { role, changes, blockers, notices, access, connections, widenings } = plan;
    let _ = writeln!(out, "{}", paint(BOLD, &format!("role {}", one_line(role))));
    for change in changes {
        change_text(out, change);
    }
    if changes.is_empty() {
        let _ = writeln!(out, "  no changes");
    }
    access_text(out, access, changes.is_empty());
    if !widenings.is_empty() {
        let _ = writeln!(out, "  {}", paint(DIM, "what else is widened"));
    }
    for widening in widenings {
        let line = paint(CREATE, &format!("+ {}", widening_text(widening)));
        let _ = writeln!(out, "    {line}  {}", paint(WARNING, "<- WIDER"));
    }
    genesys::connections_text(out, connections);
    for notice in notices {
        let _ = writeln!(out, "  {} {}", paint(WARNING, "notice:"), notice_text(notice, role));
    }
    for blocker in blockers {
        let _ = writeln!(out, "  {} {}", paint(WARNING, "blocked:"), blocker_text(blocker));
    }
}

fn access_text(out: &mut String, access: &AccessDiff, unchanged: bool) {
    if unchanged && !access.is_wider() {
        return;
    }
    let sections = [
        ("who can assume the role", access.assume()),
        ("what the role can do", access.permissions()),
        ("what restricts it", access.restrictions()),
    ];
    for (title, sentences) in sections {
        if sentences.is_empty() {
            continue;
        }
        let _ = writeln!(out, "  {}", paint(DIM, title));
        for AccessLine { sign, sentence, is_wider } in sentences {
            let line = match sign {
                AccessSign::Gained => paint(CREATE, &format!("+ {sentence}")),
                AccessSign::Lost => paint(REMOVE, &format!("- {sentence}")),
                AccessSign::Kept => format!("  {sentence}"),
            };
            // Also without colour.
            let mark = if is_wider { format!("  {}", paint(WARNING, "<- WIDER")) } else { String::new() };
            let _ = writeln!(out, "    {line}{mark}");
        }
    }
}

pub fn change_text(out: &mut String, change: &Change) {
    let (sign, style) = match change.kind() {
        ChangeKind::Create => ("+", CREATE),
        ChangeKind::Change => ("~", CHANGE),
        ChangeKind::Remove => ("-", REMOVE),
    };
    let _ = writeln!(
        out,
        "  {} {} {}",
        paint(style, sign),
        paint(BOLD, change.operation()),
        one_line(&change.subject())
    );
    match change {
        Change::Iam(change) => iam_change_text(out, change),
        Change::Genesys(change) => genesys::change_text(out, change),
    }
}

fn iam_change_text(out: &mut String, change: &iam::IamChange) {
    match change {
        iam::IamChange::CreateRole(role) => create_role_text(out, role),
        iam::IamChange::CreatePolicy(ManagedPolicy {
            arn,
            name: _,
            path: _,
            description: _,
            document,
            tags,
        }) => {
            field(out, "arn", &arn.to_string());
            tag_lines(out, tags);
            document_lines(out, "document", document, ("+", CREATE));
        }
        iam::IamChange::AttachRolePolicy { role: _, policy } => field(out, "policy_arn", &policy.to_string()),
        iam::IamChange::UpdateAssumeRolePolicy { role: _, document } => document_diff(out, document),
        iam::IamChange::UpdateRole { role: _, description, max_session_duration } => {
            value_diff(out, "description", &quoted(&description.before), &quoted(&description.after));
            let seconds = |n: i32| format!("{n} s");
            value_diff(
                out,
                "max_session_duration",
                &seconds(max_session_duration.before),
                &seconds(max_session_duration.after),
            );
        }
        iam::IamChange::CreatePolicyVersion { policy: _, document } => document_diff(out, document),
        iam::IamChange::SetDefaultPolicyVersion { policy: _, version, document } => {
            value_diff(out, "default_version_id", &version.before, &version.after);
            document_diff(out, document);
        }
        iam::IamChange::DeletePolicyVersion { policy: _, version } => {
            field(out, "version_id", version);
        }
        iam::IamChange::PutRolePermissionsBoundary { role: _, before, after } => {
            let before = before.as_ref().map_or("none".to_owned(), Arn::to_string);
            value_diff(out, "permissions_boundary", &before, &after.to_string());
        }
        iam::IamChange::DeleteRolePermissionsBoundary { role: _, before } => {
            value_diff(out, "permissions_boundary", &before.to_string(), "none");
        }
        iam::IamChange::TagRole { role: _, tags } | iam::IamChange::TagPolicy { policy: _, tags } => {
            tag_diff(out, tags)
        }
        iam::IamChange::DetachRolePolicy { role: _, policy, document } => {
            field(out, "policy_arn", &policy.to_string());
            document_lines(out, "allowed by it", document, ("-", REMOVE));
        }
        iam::IamChange::DeleteRole { role: _, arn } => field(out, "arn", &arn.to_string()),
        iam::IamChange::DeletePolicy { policy, document } => {
            field(out, "arn", &policy.to_string());
            document_lines(out, "document", document, ("-", REMOVE));
        }
        iam::IamChange::PutRolePolicy { role: _, name: _, document } => {
            document_lines(out, "document", document, ("+", CREATE));
        }
        iam::IamChange::DeleteRolePolicy { role: _, name: _, document } => {
            document_lines(out, "document", document, ("-", REMOVE));
        }
    }
}

fn create_role_text(out: &mut String, role: &Role) {
    let Role {
        arn,
        name: _,
        path: _,
        description,
        max_session_duration,
        assume_role_policy,
        permissions_boundary,
        tags,
    } = role;
    field(out, "arn", &arn.to_string());
    if !description.is_empty() {
        field(out, "description", &quoted(description));
    }
    field(out, "max_session_duration", &format!("{max_session_duration} s"));
    if let Some(boundary) = permissions_boundary {
        field(out, "permissions_boundary", &boundary.to_string());
    }
    tag_lines(out, tags);
    document_lines(out, "assume_role_policy", assume_role_policy, ("+", CREATE));
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn tag_lines(out: &mut String, tags: &crate::model::Tags) {
    let tags: Vec<String> = tags.iter().map(|(key, value)| format!("{key} = {}", quoted(value))).collect();
    field(out, "tags", &tags.join(", "));
}

fn tag_diff(out: &mut String, tags: &TagChanges) {
    for (key, TagChange { former_key, before, after }) in tags {
        let mut before = before.as_deref().map_or("none".to_owned(), quoted);
        if let Some(former) = former_key {
            before = format!("{before} of `{}`, which it replaces", one_line(former));
        }
        value_diff(out, &format!("tag {}", one_line(key)), &before, &quoted(after));
    }
}

fn document_lines(out: &mut String, title: &str, document: &Document, (sign, style): (&str, anstyle::Style)) {
    let _ = writeln!(out, "{INDENT}{}", paint(DIM, &format!("{title}:")));
    for line in document.to_pretty().lines() {
        let _ = writeln!(out, "{INDENT}{}", paint(style, &format!("{sign} {line}")));
    }
}

/// A unified diff of the canonical forms.
pub fn document_diff(out: &mut String, document: &Diff<Document>) {
    let [before, after] = [document.before.to_pretty(), document.after.to_pretty()];
    let diff = TextDiff::from_lines(&before, &after);
    for hunk in diff.unified_diff().context_radius(3).iter_hunks() {
        let _ = writeln!(out, "{INDENT}{}", paint(HUNK, &hunk.header().to_string()));
        for line in hunk.iter_changes() {
            let text = line.value().trim_end_matches('\n');
            let line = match line.tag() {
                ChangeTag::Delete => paint(REMOVE, &format!("- {text}")),
                ChangeTag::Insert => paint(CREATE, &format!("+ {text}")),
                ChangeTag::Equal => format!("  {text}"),
            };
            let _ = writeln!(out, "{INDENT}{line}");
        }
    }
}

fn owned_text(what: &Owned) -> String {
    match what {
        Owned::Role(name) => format!("role `{name}`"),
        Owned::Policy(name) => format!("policy `{name}`"),
    }
}

fn owner_text(by: &Owner) -> String {
    match by {
        Owner::Unknown => "made by someone else".to_owned(),
        Owner::Spec(spec) => format!("managed by the spec `{}`", one_line(spec)),
    }
}

/// What else lets somebody do more, in one line.
pub fn widening_text(widening: &Widening) -> String {
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
    }
}

pub fn notice_text(notice: &Notice, role: &str) -> String {
    match notice {
        Notice::ForeignDeny { policy, function } => format!(
            "policy `{}`, not from this spec, denies the invocation of function `{function}`: Genesys Cloud is refused",
            one_line(policy)
        ),
        Notice::ConfirmedAccount { account, reason } => format!(
            "{account} is trusted, which no source of Genesys's names; the spec's reason: {}",
            one_line(reason)
        ),
        Notice::ExtraAttached { policy, grants } => format!(
            "`{}` is attached to the role, not by this spec; it grants\n{}{}",
            one_line(&policy.to_string()),
            grant_lines(grants),
            indented("`extra_permissions = \"remove\"` in the spec takes it away")
        ),
        Notice::ExtraInline { name, grants } => format!(
            "the role has an inline policy `{}`, not from this spec; it grants\n{}{}",
            one_line(name),
            grant_lines(grants),
            indented("`extra_permissions = \"remove\"` in the spec takes it away")
        ),
        Notice::RemovedFromSpec => "the role bears the tag of this spec, which no longer has it".to_owned(),
        Notice::Boundary { arn } => {
            format!(
                "the role has the permissions boundary `{arn}`, which the spec does not mention; it stays"
            )
        }
        Notice::ShutMeanwhile { writes } => format!(
            "while it is changed, nobody can use role `{}`, Genesys Cloud included: for about {}",
            one_line(role),
            if *writes == 1 { "1 write".to_owned() } else { format!("{writes} writes") }
        ),
        Notice::OlderSessions { seconds } => format!(
            "sessions handed out before to those now shut out stay valid for up to {}; \
             to end them, revoke older sessions (IAM console: Revoke active sessions)",
            duration(*seconds)
        ),
        Notice::Adopted { what, by } => format!("{} is adopted: it was {}", owned_text(what), owner_text(by)),
        Notice::Genesys(notice) => genesys::notice_text(notice),
        Notice::SharedPolicy { policy, others } => format!(
            "policy `{policy}` is attached to {others} more than role `{role}`: a change to it changes them too"
        ),
    }
}

/// `1 h`, `90 min`, `3601 s`.
fn duration(seconds: i32) -> String {
    match seconds {
        seconds if seconds % 3600 == 0 => format!("{} h", seconds / 3600),
        seconds if seconds % 60 == 0 => format!("{} min", seconds / 60),
        seconds => format!("{seconds} s"),
    }
}

fn grant_lines(grants: &[String]) -> String {
    grants.iter().map(|grant| format!("{INDENT}  {grant}\n")).collect()
}

/// What is wrong, and what can be done.
pub fn blocker_text(blocker: &Blocker) -> String {
    match blocker {
        Blocker::UnknownAccount { why, help } => format!("{why}\n{}", indented(help)),
        Blocker::Genesys(blocker) => genesys::blocker_text(blocker),
        Blocker::NotManaged { what, by } => {
            let remedy = match what {
                Owned::Role(_) => "choose another `name`",
                Owned::Policy(_) => "choose another `policy_name`",
            };
            format!(
                "{} exists already, {}\n{}",
                owned_text(what),
                owner_text(by),
                indented(&format!("take it over: `--adopt`, or `adopt = true` for the role; or {remedy}"))
            )
        }
        Blocker::NotOurs { what, by } => format!(
            "{} is not this spec's: it is {}\n{}",
            owned_text(what),
            owner_text(by),
            indented(
                "`destroy` removes only what bears the spec's tag; take it out of the spec, or remove it by hand"
            )
        ),
        Blocker::PolicyName { live, desired } => format!(
            "`{live}`, which this spec made, is attached; the spec now says `{desired}`, and a policy cannot be renamed\n{}",
            indented(&format!(
                "write `policy_name = \"{}\"`, or detach and delete the former one by hand",
                live.name()
            ))
        ),
        Blocker::PolicyInUse { policy, others } => format!(
            "policy `{policy}` is attached to {others} more than this role\n{}",
            indented("detach it there first, or leave it")
        ),
        Blocker::PolicyBounds { policy, count } => format!(
            "policy `{policy}` is the permissions boundary of {count} {}\n{}",
            if *count == 1 { "role or user" } else { "roles or users" },
            indented("give them another boundary first, or leave it")
        ),
        Blocker::MissingFunction { function, line } => {
            let name = one_line(function.name());
            let what = match function.qualifier() {
                Some(Qualifier::Version(version)) => format!("version `{version}` of function `{name}`"),
                Some(alias) => format!("alias `{}` of function `{name}`", one_line(&alias.to_string())),
                None => format!("function `{name}`"),
            };
            format!(
                "Lambda has no {what} in {} (line {line} of the spec)\n{}",
                function.region(),
                indented("deploy it, or correct `functions` in the spec; `--role` applies the other roles")
            )
        }
        Blocker::NameTaken { what, live } => format!(
            "the name of {} is taken by `{}`: IAM's names ignore case and path\n{}",
            one_line(&owned_text(what)),
            one_line(&live.to_string()),
            indented(match what {
                Owned::Role(_) => "choose another `name`, or write that one as it is and adopt it",
                Owned::Policy(_) => "choose another `policy_name`, or write that one as it is and adopt it",
            })
        ),
        Blocker::NoPrincipal { arn, nearly } => {
            let help = match nearly {
                Some(nearly) => format!("its ARN is `{}`", one_line(&nearly.to_string())),
                None => "create it first, or correct the ARN".to_owned(),
            };
            format!(
                "IAM has no `{}`, which `[check] verifier` in the spec names\n{}",
                one_line(&arn.to_string()),
                indented(&help)
            )
        }
        Blocker::NoBoundary { arn } => format!(
            "there is no policy `{}`, which `permissions_boundary` in the spec names\n{}",
            one_line(&arn.to_string()),
            indented("create it first, or correct the ARN")
        ),
        Blocker::InInstanceProfile { role, profiles } => format!(
            "role `{}` is in the instance profile `{}`\n{}",
            one_line(role),
            one_line(&profiles.join("`, `")),
            indented("remove the role from it first: `aws iam remove-role-from-instance-profile`")
        ),
        Blocker::Quota { what, used, limit } => format!(
            "the account has {used} of {limit} {what}: there is no room for more\n{}",
            indented("delete some, or have AWS raise the quota")
        ),
        Blocker::MadeByAws { role } => format!(
            "role `{}` is made and kept by AWS: it cannot be taken over\n{}",
            one_line(role),
            indented("choose another `name`")
        ),
        Blocker::PreventDestroy { role } => format!(
            "`prevent_destroy = true` guards role `{role}`\n{}",
            indented("take it out of the spec first")
        ),
        Blocker::RolePath { role, live, desired } => format!(
            "role `{role}` has the path `{live}`, the spec says `{desired}`: a path cannot be changed\n{}",
            indented(&format!("write `path = \"{live}\"`, or choose another `name`"))
        ),
        Blocker::PolicyPath { policy, live, desired } => format!(
            "`{live}` is attached; the spec means `{desired}`, and the name `{policy}` can be used only once\n{}",
            indented("write the live path as `policy_path`, or choose another `policy_name`")
        ),
    }
}
