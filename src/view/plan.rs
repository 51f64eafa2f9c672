//! A plan for text, Markdown and JSON: docs/plan-json.md describes the JSON.

use serde::{Deserialize, Serialize};

use super::left_over::{left_over, left_over_remarks};
use super::parts::{Field, Remark};
use super::picture::{Picture, planned};
use super::remark::{blocker_remark, denial_text, notice_remark, widening_text};
use super::wire::{Sides, read_kind, read_party, read_sign, write_kind, write_party, write_sign};
use super::words::few;
use super::{genesys, iam};
use crate::arn::AccountId;
use crate::model::Usage;
use crate::plan::genesys::{Connection, GenesysChange, GenesysNotice};
use crate::plan::{
    Blocker, Change, ChangeKind, Denial, Gain, KeptStranger, Notice, Party, Plan, RolePlan, Stray,
};
use crate::policy::access::{AccessLine, AccessSign};
use crate::text::one_line;

/// Layout version: increases when readers of an older one would break.
pub const FORMAT_VERSION: u64 = 1;

/// What a plan calls itself.
pub const PLAN_FORMAT: &str = "genesys-iam plan";

/// What several plans call themselves.
pub const PLANS_FORMAT: &str = "genesys-iam plans";

/// Everything a plan says. Texts are not masked yet.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PlanView {
    pub format: String,
    pub format_version: u64,
    pub tool_version: String,
    pub spec: String,
    pub account_id: String,
    pub region: String,
    /// What the spec takes from elsewhere.
    pub indirections: Vec<String>,
    pub summary: PlanSummary,
    /// What a reviewer must read before anything else.
    pub cautions: Vec<Caution>,
    pub roles: Vec<RolePlanView>,
    /// Roles that have the spec's tag but are not in it; they stay.
    #[serde(rename = "taken_out")]
    pub orphans: Vec<String>,
    /// Why it is unknown whether there are any.
    #[serde(rename = "taken_out_unknown")]
    pub orphans_unknown: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanSummary {
    /// API calls by kind.
    pub create: usize,
    pub change: usize,
    pub remove: usize,
    pub access_is_wider: bool,
    pub gains: Vec<GainView>,
    pub foreign_permissions: Vec<ForeignView>,
    /// What denies a role what it is for, or only denies, and is not the spec's.
    pub foreign_denials: Vec<DenialView>,
    /// How many things the spec accepts.
    pub accepted: usize,
    /// Which, with what they allow: ``inline policy `ssm`: * on *``.
    pub accepts: Vec<String>,
    pub blocked: bool,
    /// Data actions that then do something else, under the role's permissions of before.
    pub repurposed: Vec<String>,
    /// Why Genesys Cloud's side, which the spec has, is missing from the plan.
    pub genesys_not_read: Option<String>,
    /// The functions that Genesys Cloud can no longer invoke, and those that it newly can.
    pub functions_changed: Vec<String>,
    /// Who can no longer assume a role.
    pub losses: Vec<String>,
    /// What limited a role and no longer does, or may no longer.
    pub lost_limits: Vec<String>,
    /// Tags of roles that policies which were not read may refer to: what changes by them is not known.
    pub unknown_tags: Vec<String>,
    /// What those from outside the account can do, and still can because the spec accepts it.
    pub keeps: Vec<String>,
    /// Who from outside the account may still assume a role that was taken out of the spec.
    pub stays_open: Vec<String>,
    /// What stays although no spec has it.
    #[serde(default)]
    pub left_over: Vec<String>,
}

/// Someone who gains.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct GainView {
    #[serde(serialize_with = "write_party", deserialize_with = "read_party")]
    pub party: Party,
    pub who: String,
}

/// Permissions of a role that the spec neither creates nor accepts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForeignView {
    pub role: String,
    pub policies: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DenialView {
    pub role: String,
    /// ``inline policy `deny` ``
    pub policy: String,
    /// Whose invocation it denies.
    pub functions: Vec<String>,
    #[serde(skip)]
    pub sentence: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caution {
    /// Blocks the plan from being applied.
    pub blocks: bool,
    #[serde(rename = "text")]
    pub remark: Remark,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RolePlanView {
    pub role: String,
    /// In the order they are carried out.
    pub changes: Vec<ChangeView>,
    /// Empty if nothing changes.
    pub access: AccessView,
    pub connections: Vec<ConnectionView>,
    pub notices: Vec<Remark>,
    pub blockers: Vec<Remark>,
    /// `None` if nothing changes.
    #[serde(skip)]
    pub picture: Option<Picture>,
}

/// One API call.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ChangeView {
    /// The API's name for the call.
    pub operation: String,
    pub subject: String,
    #[serde(rename = "effect", serialize_with = "write_kind", deserialize_with = "read_kind")]
    pub kind: ChangeKind,
    /// Details for machines.
    #[serde(flatten)]
    pub sides: Sides,
    /// The same for people.
    #[serde(skip)]
    pub fields: Vec<Field>,
}

/// Who may assume the role, what it may do, what restricts it, and what else lets somebody do more.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct AccessView {
    pub is_wider: bool,
    pub assume: Vec<AccessLineView>,
    pub permissions: Vec<AccessLineView>,
    pub restrictions: Vec<AccessLineView>,
    pub elsewhere: Vec<AccessLineView>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessLineView {
    #[serde(serialize_with = "write_sign", deserialize_with = "read_sign")]
    pub sign: AccessSign,
    pub sentence: String,
    pub is_wider: bool,
}

/// What Genesys Cloud can do afterwards.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ConnectionView {
    pub action: String,
    pub function: String,
    pub role: String,
    pub is_enabled: bool,
    #[serde(skip)]
    pub sentence: String,
}

impl PlanView {
    pub fn new(plan: &Plan) -> Self {
        let Plan {
            spec,
            account_id,
            region,
            indirections,
            roles,
            left_out: _,
            orphans,
            orphans_unknown,
            missing_credentials: _,
            strays: _,
            stray_integrations: _,
        } = plan;
        let summary = PlanSummary::new(plan);
        Self {
            format: PLAN_FORMAT.to_owned(),
            format_version: FORMAT_VERSION,
            tool_version: env!("CARGO_PKG_VERSION").to_owned(),
            spec: spec.clone(),
            account_id: account_id.to_string(),
            region: region.clone(),
            indirections: indirections.clone(),
            cautions: cautions(plan, &summary),
            summary,
            roles: roles.iter().map(|role| RolePlanView::new(role, account_id)).collect(),
            orphans: orphans.keys().cloned().collect(),
            orphans_unknown: orphans_unknown.clone(),
        }
    }

    /// Adds something that a reviewer should know before anything else, and that is not in the plan itself.
    #[must_use]
    pub fn with_caution(mut self, what: impl Into<String>) -> Self {
        self.cautions.push(Caution { blocks: false, remark: Remark::new(what) });
        self
    }

    /// Adds what stays without a spec, as [`PlanSummary::left_over`] has it.
    #[must_use]
    pub fn with_left_over(mut self, phrases: Vec<String>) -> Self {
        self.summary.left_over.extend(phrases);
        self
    }

    /// Whether nothing would be made, though it could be.
    pub fn has_no_changes(&self) -> bool {
        self.summary.changes() == 0 && !self.summary.blocked
    }

    /// Whether one line says everything about it.
    pub fn is_quiet(&self) -> bool {
        self.orphans.is_empty() && self.cautions.is_empty() && self.roles.iter().all(RolePlanView::is_quiet)
    }
}

/// What makes a reviewer stop: an account not known to be Genesys's, a stranger who gains, an account that the spec
/// confirms, somebody it accepts.
fn cautions(plan: &Plan, summary: &PlanSummary) -> Vec<Caution> {
    let mut cautions: Vec<Caution> = Vec::new();
    let mut add = |caution: Caution| {
        if !cautions.contains(&caution) {
            cautions.push(caution);
        }
    };
    if let Some(why) = &summary.genesys_not_read {
        let what = format!("Genesys Cloud's side was not read and is not in this plan: {}", one_line(why));
        add(Caution { blocks: false, remark: Remark::new(what) });
    }
    if let Some([id, secret]) = &plan.missing_credentials {
        let what = format!(
            "`[genesys] credentials` in the spec chooses {} and {}, which are not both set: no organization vouches for its external ID",
            one_line(id),
            one_line(secret)
        );
        add(Caution { blocks: false, remark: Remark::new(what) });
    }
    if !plan.left_out.is_empty() {
        let names: Vec<String> = plan.left_out.iter().map(|name| format!("`{}`", one_line(name))).collect();
        let role = if names.len() == 1 { "role" } else { "roles" };
        let what = format!(
            "{role} {} of the spec {} left out of this plan",
            few(&names),
            if names.len() == 1 { "is" } else { "are" }
        );
        add(Caution { blocks: false, remark: Remark::new(what) });
    }
    for KeptStranger { what, key: _ } in plan.orphans.values().flatten() {
        let what = format!(
            "{what}, which was taken out of the spec (`{}`): with its `[[role]]` the plan would shut them out, without it they stay; `--prune` removes the role",
            plan.spec
        );
        add(Caution { blocks: false, remark: Remark::new(one_line(&what)) });
    }
    for Stray { spec, inside, .. } in &plan.strays {
        for KeptStranger { what, key: _ } in inside {
            let what = format!(
                "{what}, which the spec `{spec}` made: no file of this run has that spec, so no plan shuts them out"
            );
            add(Caution { blocks: false, remark: Remark::new(one_line(&what)) });
        }
    }
    for remark in left_over_remarks(plan) {
        add(Caution { blocks: false, remark });
    }
    for blocker in plan.blockers().filter(|blocker| matches!(blocker, Blocker::UnknownAccount { .. })) {
        add(Caution { blocks: true, remark: blocker_remark(blocker) });
    }
    if summary.names_strangers()
        && let Some(who) = gainers([summary])
    {
        let remark = Remark::new(format!("this plan widens access for {who}"));
        add(Caution { blocks: false, remark });
    }
    let is_cautioned = |notice: &&Notice| {
        matches!(
            notice,
            Notice::ConfirmedAccount { .. }
                | Notice::KeepsTenant { .. }
                | Notice::BoundaryChange { .. }
                | Notice::Accepted { lets_in: true, .. }
                | Notice::AcceptedOpen { .. }
                | Notice::FunctionUnknown { .. }
                | Notice::Genesys(GenesysNotice::CutOff { .. } | GenesysNotice::UsersUnknown { .. })
        ) || matches!(
            notice,
            Notice::Genesys(GenesysNotice::Replaced { usage: Usage::Flows(flows), .. }) if !flows.is_empty()
        ) || matches!(
            notice,
            Notice::Genesys(GenesysNotice::Stops { usage, .. })
                if matches!(usage.as_ref(), Usage::Flows(flows) if !flows.is_empty())
        )
    };
    for role in &plan.roles {
        let lost = role.access.lost_restrictions();
        let kept = role.kept_policies();
        if !lost.is_empty() && !kept.is_empty() {
            let what = format!(
                "role `{}` keeps {}, which this spec does not make, and loses a restriction ({}): whoever can assume it can do more",
                one_line(&role.role),
                few(&kept),
                few(&lost)
            );
            add(Caution { blocks: false, remark: Remark::new(what) });
        }
        if let Some((who, kept)) = role.admitted_beyond(&plan.account_id) {
            let what = format!(
                "role `{}` has {}, which this spec does not make: this plan gives that to {}, too",
                one_line(&role.role),
                few(&kept),
                few(&who)
            );
            add(Caution { blocks: false, remark: Remark::new(one_line(&what)) });
        }
        for notice in role.notices.iter().filter(is_cautioned) {
            let mut remark = notice_remark(notice, &role.role);
            let name = one_line(&role.role);
            if plan.roles.len() > 1 && !remark.what.contains(&*name) {
                remark.what = format!("role `{name}`: {}", remark.what);
            }
            add(Caution { blocks: false, remark });
        }
    }
    cautions
}

impl PlanSummary {
    pub fn new(plan: &Plan) -> Self {
        let count = |kind| plan.changes().filter(|change| change.kind() == kind).count();
        let foreign = plan.foreign().into_iter();
        let notices = plan.roles.iter().flat_map(|role| &role.notices);
        let accepts: Vec<String> = notices.clone().filter_map(accepted_text).collect();
        Self {
            create: count(ChangeKind::Create),
            change: count(ChangeKind::Change),
            remove: count(ChangeKind::Remove),
            access_is_wider: plan.is_wider(),
            gains: plan.gains().into_iter().map(|Gain { party, who }| GainView { party, who }).collect(),
            foreign_permissions: foreign
                .map(|(role, policies)| ForeignView { role: role.to_owned(), policies })
                .collect(),
            foreign_denials: plan
                .denials()
                .into_iter()
                .map(|Denial { role, by, functions, is_boundary }| DenialView {
                    sentence: denial_text(&by, &functions, is_boundary),
                    role,
                    policy: by,
                    functions,
                })
                .collect(),
            accepted: accepts.len(),
            accepts,
            blocked: plan.is_blocked(),
            repurposed: plan.changes().filter_map(repurposed).collect(),
            genesys_not_read: notices.into_iter().find_map(|notice| match notice {
                Notice::Genesys(GenesysNotice::NotRead { why }) => Some(why.clone()),
                _ => None,
            }),
            functions_changed: plan.functions_changed(),
            losses: plan.losses(),
            lost_limits: plan.lost_limits(),
            unknown_tags: plan.unknown_tags().into_iter().map(str::to_owned).collect(),
            keeps: plan.kept_strangers().into_iter().map(|kept| kept.what).collect(),
            stays_open: plan.left_inside().map(|kept| kept.what.clone()).collect(),
            left_over: left_over(plan),
        }
    }

    pub fn changes(&self) -> usize {
        let Self { create, change, remove, .. } = self;
        create + change + remove
    }

    /// Whether somebody unknown, or everybody, gains.
    pub fn names_strangers(&self) -> bool {
        self.gains.iter().any(|gain| gain.party.is_stranger())
    }

    /// `3 to create`, for each kind present.
    pub fn counts(&self) -> Vec<(ChangeKind, usize, &'static str)> {
        let Self { create, change, remove, .. } = self;
        [
            (ChangeKind::Create, *create, "to create"),
            (ChangeKind::Change, *change, "to change"),
            (ChangeKind::Remove, *remove, "to remove"),
        ]
        .into_iter()
        .filter(|(_, count, _)| *count > 0)
        .collect()
    }

    /// For several plans.
    pub fn of_all<'a>(summaries: impl IntoIterator<Item = &'a Self>) -> Self {
        let mut all = Self::default();
        for Self {
            create,
            change,
            remove,
            access_is_wider,
            gains,
            foreign_permissions,
            foreign_denials,
            accepted,
            accepts,
            blocked,
            repurposed,
            genesys_not_read,
            functions_changed,
            losses,
            lost_limits,
            unknown_tags,
            keeps,
            stays_open,
            left_over,
        } in summaries
        {
            all.create += create;
            all.change += change;
            all.remove += remove;
            all.access_is_wider |= access_is_wider;
            all.gains.extend(gains.iter().cloned());
            all.foreign_permissions.extend(foreign_permissions.iter().cloned());
            all.foreign_denials.extend(foreign_denials.iter().cloned());
            all.accepted += accepted;
            all.accepts.extend(accepts.iter().cloned());
            all.blocked |= blocked;
            all.repurposed.extend(repurposed.iter().cloned());
            if all.genesys_not_read.is_none() {
                all.genesys_not_read.clone_from(genesys_not_read);
            }
            for (all, of_one) in [
                (&mut all.functions_changed, functions_changed),
                (&mut all.losses, losses),
                (&mut all.lost_limits, lost_limits),
                (&mut all.unknown_tags, unknown_tags),
                (&mut all.keeps, keeps),
                (&mut all.stays_open, stays_open),
                (&mut all.left_over, left_over),
            ] {
                let new: Vec<String> = of_one.iter().filter(|one| !all.contains(one)).cloned().collect();
                all.extend(new);
            }
        }
        all
    }
}

impl RolePlanView {
    fn new(plan: &RolePlan, account: &AccountId) -> Self {
        let RolePlan {
            role,
            changes,
            blockers,
            notices,
            access,
            connections,
            widenings,
            way: _,
            functions: _,
        } = plan;
        let lines = |lines: Vec<AccessLine<'_>>| -> Vec<AccessLineView> {
            if changes.is_empty() && !access.is_wider() {
                return Vec::new();
            }
            lines
                .into_iter()
                .map(|AccessLine { sign, sentence, is_wider }| AccessLineView {
                    sign,
                    sentence: sentence.to_owned(),
                    is_wider,
                })
                .collect()
        };
        let widening = |sentence| AccessLineView { sign: AccessSign::Gained, sentence, is_wider: true };
        Self {
            role: role.clone(),
            changes: changes.iter().map(ChangeView::new).collect(),
            access: AccessView {
                is_wider: plan.is_wider(),
                assume: lines(access.assume()),
                permissions: lines(access.permissions()),
                restrictions: lines(access.restrictions()),
                elsewhere: widenings.iter().map(widening_text).map(widening).collect(),
            },
            connections: connections.iter().map(ConnectionView::new).collect(),
            notices: notices.iter().map(|notice| notice_remark(notice, role)).collect(),
            blockers: blockers.iter().map(blocker_remark).collect(),
            picture: planned(plan, account),
        }
    }

    /// Whether there is nothing to say about it.
    pub fn is_quiet(&self) -> bool {
        self.changes.is_empty() && self.blockers.is_empty() && self.notices.is_empty()
    }

    pub fn count(&self, kind: ChangeKind) -> usize {
        self.changes.iter().filter(|change| change.kind == kind).count()
    }
}

impl AccessView {
    /// Those with something to say, each with a title.
    pub fn sections(&self) -> impl Iterator<Item = (&'static str, &[AccessLineView])> {
        let Self { is_wider: _, assume, permissions, restrictions, elsewhere } = self;
        [
            ("who can assume the role", assume.as_slice()),
            ("what the role can do", permissions.as_slice()),
            ("what restricts it", restrictions.as_slice()),
            ("what else is widened", elsewhere.as_slice()),
        ]
        .into_iter()
        .filter(|(_, lines)| !lines.is_empty())
    }
}

impl ChangeView {
    pub fn new(change: &Change) -> Self {
        let mut fields = Vec::new();
        match change {
            Change::Iam(change) => iam::change_fields(&mut fields, change),
            Change::Genesys(change) => genesys::change_fields(&mut fields, change),
        }
        let (operation, subject, kind) = (change.operation().to_owned(), change.subject(), change.kind());
        Self { operation, subject, kind, sides: Sides::Of(Box::new(change.clone())), fields }
    }
}

impl ConnectionView {
    fn new(connection: &Connection) -> Self {
        let Connection { action, function, role, is_enabled } = connection;
        Self {
            action: action.clone(),
            function: function.clone(),
            role: role.clone(),
            is_enabled: *is_enabled,
            sentence: genesys::connection_text(connection),
        }
    }
}

/// `Genesys Cloud`, `someone unknown (AWS account 691338073777)`: who gains, by kind; `None`: nobody.
pub fn gainers<'a>(summaries: impl IntoIterator<Item = &'a PlanSummary>) -> Option<String> {
    let summary = PlanSummary::of_all(summaries);
    let mut gains = summary.gains;
    gains.sort();
    gains.dedup();
    // Strangers first.
    let parties = [Party::Everybody, Party::Unknown, Party::Doubtful, Party::OwnAccount, Party::Genesys];
    let said: Vec<String> = parties
        .into_iter()
        .filter_map(|party| {
            let who: Vec<String> = gains
                .iter()
                .filter(|gain| gain.party == party)
                .map(|gain| one_line(&gain.who).into_owned())
                .collect();
            if who.is_empty() {
                return None;
            }
            Some(match party {
                Party::Everybody => "EVERYBODY".to_owned(),
                Party::Unknown => format!("someone unknown ({})", few(&who)),
                Party::Doubtful => few(&who),
                Party::OwnAccount => format!("someone of your own account ({})", few(&who)),
                Party::Genesys => "Genesys Cloud".to_owned(),
            })
        })
        .collect();
    match said.is_empty() {
        true if summary.access_is_wider && summary.unknown_tags.is_empty() => {
            Some("someone who cannot be named".to_owned())
        }
        true => None,
        false => Some(few(&said)),
    }
}

/// What a reviewer must know beside who gains, in a phrase each.
pub fn beside_gains(summary: &PlanSummary) -> Vec<String> {
    let PlanSummary { losses, lost_limits, unknown_tags, keeps, stays_open, functions_changed, .. } = summary;
    let tags: Vec<String> = unknown_tags.iter().map(|key| format!("`{}`", one_line(key))).collect();
    let tag = if tags.len() == 1 { "tag" } else { "tags" };
    let of_tags = |limit: &&String| !unknown_tags.iter().any(|key| limit.ends_with(&format!("tag `{key}`")));
    let limits: Vec<&String> = lost_limits.iter().filter(of_tags).collect();
    let said = |start: &str, what: &[String]| (!what.is_empty()).then(|| format!("{start}{}", few(what)));
    [
        (!functions_changed.is_empty()).then(|| few(functions_changed)),
        said(&format!("not known: what policies elsewhere allow by the {tag} "), &tags),
        (!limits.is_empty()).then(|| format!("limits that end: {}", few(&limits))),
        said("loses access: ", losses),
        said("keeps access, as the spec accepts: ", keeps),
        said("stays open, no longer in the spec: ", stays_open),
    ]
    .into_iter()
    .flatten()
    .map(|text| one_line(&text).into_owned())
    .collect()
}

/// A data action that a change has do something else: no access is widened by it.
fn repurposed(change: &Change) -> Option<String> {
    let Change::Genesys(GenesysChange::PatchIntegrationsAction { before, after, differences }) = change
    else {
        return None;
    };
    let is_changed = |member: &str| differences.iter().any(|diff| diff.member == member);
    let name = one_line(&before.name);
    if is_changed("function") {
        let [from, to] = [&before.target, &after.target].map(|target| one_line(target));
        Some(format!("data action `{name}` then invokes {to} instead of {from}"))
    } else if is_changed("request_template") {
        Some(format!("data action `{name}` then sends its function something else"))
    } else {
        None
    }
}

/// What a notice says the spec accepts, without the reason, which is the author's.
fn accepted_text(notice: &Notice) -> Option<String> {
    let Notice::Accepted { what, gains, .. } = notice else { return None };
    let gains = if gains.is_empty() { String::new() } else { format!(": {}", few(gains)) };
    Some(one_line(&format!("{what}{gains}")).into_owned())
}

/// What is live, not the spec's, and affects what roles can do or stays without a spec; `None`: nothing is.
pub fn not_as_specified<'a>(summaries: impl IntoIterator<Item = &'a PlanSummary>) -> Option<String> {
    let all = PlanSummary::of_all(summaries);
    let foreign = [foreign_permissions(&all.foreign_permissions), foreign_denials(&all.foreign_denials)];
    let said: Vec<String> = foreign.into_iter().flatten().chain(all.left_over).collect();
    (!said.is_empty()).then(|| said.join("; "))
}

/// ``inline policy `deny`, not from this spec, denies lambda:InvokeFunction on `f`: Genesys Cloud is refused``
fn foreign_denials(denials: &[DenialView]) -> Option<String> {
    let (first, rest) = denials.split_first()?;
    let is_of_one = rest.iter().all(|denial| denial.role == first.role);
    Some(match rest {
        [] => format!("role `{}`: {}", first.role, first.sentence),
        _ if is_of_one => format!("role `{}`: {}; and {} more", first.role, first.sentence, rest.len()),
        _ => {
            let mut roles: Vec<String> = denials.iter().map(|one| format!("`{}`", one.role)).collect();
            roles.dedup();
            format!("policies that are not the spec's deny what these roles are for: {}", few(&roles))
        }
    })
}

/// ``role `R` has permissions that the spec does not make: policy `AdministratorAccess` ``; `None`: no role has.
fn foreign_permissions(foreign: &[ForeignView]) -> Option<String> {
    match foreign {
        [] => None,
        [ForeignView { role, policies }] => {
            Some(format!("role `{role}` has permissions that the spec does not make: {}", few(policies)))
        }
        several => {
            let names: Vec<String> = several.iter().map(|one| format!("`{}`", one.role)).collect();
            Some(format!(
                "{} roles have permissions that the spec does not make: {}",
                several.len(),
                few(&names)
            ))
        }
    }
}
