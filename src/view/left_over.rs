//! What stays although no spec has it, in words.

use std::path::Path;

use super::parts::Remark;
use super::remark::notice_remark;
use super::words::few;
use crate::plan::genesys::GenesysNotice;
use crate::plan::{Notice, Plan, Stray, StrayIntegration};
use crate::text::{one_line, shell_word};

/// ``roles `A`, `B` ``
fn roles<'n>(names: impl Iterator<Item = &'n String>) -> (String, bool) {
    let names: Vec<String> = names.map(|name| format!("`{}`", one_line(name))).collect();
    (format!("{} {}", if names.len() == 1 { "role" } else { "roles" }, few(&names)), names.len() == 1)
}

/// What a reviewer should know of it before anything else.
pub(super) fn left_over_remarks(plan: &Plan) -> Vec<Remark> {
    let mut remarks = Vec::new();
    // Of those with a stranger inside, more is said.
    let closed: Vec<&String> =
        plan.orphans.iter().filter(|(_, inside)| inside.is_empty()).map(|(name, _)| name).collect();
    if !closed.is_empty() {
        let (roles, is_one) = roles(closed.into_iter());
        let (are, stay) = if is_one { ("is", "stays") } else { ("are", "stay") };
        remarks.push(Remark::new(format!(
            "{roles} {are} no longer in the spec (`{}`) and {stay} as open as before; `check` does not look there: `apply --prune` removes what is left",
            plan.spec
        )));
    }
    remarks.extend(with_roles(plan).map(|stray| stray_remark(stray, plan)));
    remarks.extend(plan.stray_integrations.iter().map(|stray| stray_integration_remark(stray, plan)));
    remarks
}

/// The same, in a phrase each.
pub(super) fn left_over(plan: &Plan) -> Vec<String> {
    let mut phrases = Vec::new();
    if !plan.orphans.is_empty() {
        let (roles, is_one) = roles(plan.orphans.keys());
        let are =
            if is_one { "is no longer in the spec and stays" } else { "are no longer in the spec and stay" };
        phrases.push(format!("{roles} {are}"));
    }
    for notice in plan.roles.iter().flat_map(|role| &role.notices) {
        let what = match notice {
            Notice::Genesys(GenesysNotice::IntegrationTakenOut { name, .. }) => {
                format!("integration \"{name}\"")
            }
            Notice::Genesys(GenesysNotice::ActionTakenOut { name, .. }) => format!("data action \"{name}\""),
            _ => continue,
        };
        phrases.push(format!("{} is no longer in the spec and stays", one_line(&what)));
    }
    phrases.extend(with_roles(plan).map(stray_phrase));
    phrases.extend(plan.stray_integrations.iter().map(stray_integration_phrase));
    phrases
}

/// Of the others only who is inside is said.
fn with_roles(plan: &Plan) -> impl Iterator<Item = &Stray> {
    plan.strays.iter().filter(|stray| !stray.roles.is_empty())
}

fn stray_phrase(stray: &Stray) -> String {
    let (roles, is_one) = roles(stray.roles.iter());
    let stay = if is_one { "stays" } else { "stay" };
    format!("{roles} of the spec `{}`, which no file here has, {stay}", one_line(&stray.spec))
}

/// Functions of which it is not known that they exist, or known that they do not: a remark each.
pub fn of_doubtful_functions(plan: &Plan) -> Vec<String> {
    remarks_on(plan, Notice::is_of_doubtful_function)
}

/// Data actions that fail once the plan is carried out: a remark each.
pub fn of_cut_off(plan: &Plan) -> Vec<String> {
    remarks_on(plan, |notice| matches!(notice, Notice::Genesys(GenesysNotice::CutOff { .. })))
}

fn remarks_on(plan: &Plan, is_meant: impl Fn(&Notice) -> bool) -> Vec<String> {
    let notices =
        plan.roles.iter().flat_map(|role| role.notices.iter().map(move |notice| (notice, &role.role)));
    let meant = notices.filter(|(notice, _)| is_meant(notice));
    meant.map(|(notice, role)| notice_remark(notice, role).in_one_line()).collect()
}

/// What is left of specs that are gone: what is said of it, and the same in a phrase each.
pub fn of_strays(plan: &Plan) -> (Vec<String>, Vec<String>) {
    let remarks = with_roles(plan).map(|stray| stray_remark(stray, plan));
    let integrations = plan.stray_integrations.iter();
    let remarks = remarks.chain(integrations.clone().map(|stray| stray_integration_remark(stray, plan)));
    let phrases = with_roles(plan).map(stray_phrase).chain(integrations.map(stray_integration_phrase));
    (remarks.map(|remark| remark.in_one_line()).collect(), phrases.collect())
}

fn stray_integration_phrase(stray: &StrayIntegration) -> String {
    let StrayIntegration { name, spec, .. } = stray;
    format!(
        "integration \"{}\" of the spec `{}`, which no file here has, stays",
        one_line(name),
        one_line(spec)
    )
}

fn stray_integration_remark(stray: &StrayIntegration, plan: &Plan) -> Remark {
    let StrayIntegration { id, name, spec, role, beside, unread } = stray;
    let holds = role
        .as_ref()
        .map_or_else(String::new, |role| format!(", which holds `{}`,", one_line(&role.to_string())));
    let what = format!(
        "integration \"{}\" ({}){holds} is of the spec `{}`",
        one_line(name),
        one_line(id),
        one_line(spec)
    );
    if with_roles(plan).any(|one| one.spec == *spec) {
        return Remark::new(format!("{what}, too, and stays"))
            .with_remedy("what removes the role removes it");
    }
    let what = format!(
        "{what}, which no file here has{}: it stays, and no plan, prune or check looks at it",
        maybe_in(unread)
    );
    let (file, _) = file_for(spec, beside);
    let steps = [
        format!("to remove it, restore the file of that spec and run `genesys-iam destroy --file {file}`"),
        "if the file is lost, delete the integration in Genesys Cloud (Admin > Integrations)".to_owned(),
        kept_elsewhere(spec),
    ];
    Remark::new(what).with_remedy(steps.join("; "))
}

fn kept_elsewhere(spec: &str) -> String {
    format!("if it is kept in another repository, `--other-spec {}` says so", shell_word(spec))
}

/// A file for a spec that has none, for a shell, and whether a spec in it has this name by itself.
fn file_for(spec: &str, beside: &str) -> (String, bool) {
    let is_file_name = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    let has_file_name = spec.chars().all(is_file_name) && !spec.starts_with(['-', '.']);
    let stem = if has_file_name { spec } else { "left-over" };
    let named = |stem: &str| Path::new(beside).with_file_name(format!("{stem}.toml"));
    // A spec that was only given another name is still in its file.
    let file = match named(stem) {
        file if file == Path::new(beside) => named(&format!("{stem}-left-over")),
        file => file,
    };
    let is_called_so = has_file_name && file == named(stem);
    (shell_word(&file.to_string_lossy()), is_called_so)
}

/// Where it may be after all.
fn maybe_in(unread: &[String]) -> String {
    match unread {
        [] => String::new(),
        unread => format!(" ({} could not be read, and may have it)", one_line(&few(unread))),
    }
}

fn stray_remark(stray: &Stray, plan: &Plan) -> Remark {
    let Stray { spec, roles: names, beside, unread, inside: _ } = stray;
    let (roles, is_one) = roles(names.iter());
    let (are, they, them) = if is_one { ("is", "it stays", "it") } else { ("are", "they stay", "them") };
    let maybe = maybe_in(unread);
    let what = format!(
        "{roles} of AWS account {} {are} of the spec `{}`, which no file here has{maybe}: {they} as open as before, and no plan, \
         prune or check looks at {them}",
        plan.account_id,
        one_line(spec)
    );
    let (file, is_called_so) = file_for(spec, beside);
    let name = match is_called_so {
        true => String::new(),
        false => format!(", with `name = \"{}\"` in it,", one_line(spec)),
    };
    let words: Vec<String> = names.iter().map(|name| shell_word(name)).collect();
    let steps = [
        format!(
            "to remove {them}, restore the file of that spec and run `genesys-iam destroy --file {file}`"
        ),
        format!(
            "if the file is lost, `genesys-iam import {} --file {} --out {file}`{name} makes one",
            words.join(" "),
            shell_word(beside)
        ),
        kept_elsewhere(spec),
    ];
    Remark::new(what).with_remedy(steps.join("; "))
}
