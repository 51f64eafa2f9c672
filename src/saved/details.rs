//! What people see of a plan and its JSON leaves out: kept with it, so that it can be shown again without any call.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::render::masked_lines;
use crate::view::{Caution, DiffLine, Field, Picture, PlanView, Provenance, Remark, RolePlanView};

/// When a plan was made, where, and what the run said beside it. No later run can confirm that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanOrigin {
    /// `2026-11-27T01:02:03Z`
    pub time: String,
    pub from: Provenance,
    pub cautions: Vec<String>,
    /// Roles of specs that no file of the run had.
    pub left_over: Vec<String>,
}

/// In the order of the plan's JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanDetails {
    cautions: Vec<ShownRemark>,
    denials: Vec<String>,
    roles: Vec<ShownRole>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ShownRole {
    changes: Vec<Vec<Field>>,
    connections: Vec<String>,
    notices: Vec<ShownRemark>,
    blockers: Vec<ShownRemark>,
    picture: Option<Picture>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ShownRemark {
    what: String,
    details: Vec<String>,
    remedy: Option<String>,
    paste: Vec<String>,
}

impl PlanDetails {
    /// Documents are masked here, where their lines are together; anything else is not yet.
    pub(super) fn of(plan: &PlanView, mask: &dyn Fn(&str) -> String) -> Self {
        Self {
            cautions: plan.cautions.iter().map(|caution| (&caution.remark).into()).collect(),
            denials: plan.summary.foreign_denials.iter().map(|denial| denial.sentence.clone()).collect(),
            roles: plan.roles.iter().map(|role| ShownRole::of(role, mask)).collect(),
        }
    }

    /// The plan as it was made; `None` if this does not belong to it.
    pub(super) fn join(self, plan: &Value) -> Option<PlanView> {
        let Self { cautions, denials, roles } = self;
        let mut view: PlanView = serde_json::from_value(plan.clone()).ok()?;
        let summary = &mut view.summary;
        let is_whole = (view.cautions.len(), summary.foreign_denials.len(), view.roles.len())
            == (cautions.len(), denials.len(), roles.len());
        is_whole.then_some(())?;
        for (Caution { remark, .. }, shown) in view.cautions.iter_mut().zip(cautions) {
            *remark = shown.into();
        }
        for (denial, sentence) in summary.foreign_denials.iter_mut().zip(denials) {
            denial.sentence = sentence;
        }
        for (role, shown) in view.roles.iter_mut().zip(roles) {
            shown.join(role)?;
        }
        Some(view)
    }
}

impl ShownRole {
    fn of(role: &RolePlanView, mask: &dyn Fn(&str) -> String) -> Self {
        let RolePlanView { role: _, changes, access: _, connections, notices, blockers, picture } = role;
        let masked = |field: &Field| match field {
            Field::Lines { title, lines } => {
                let texts = masked_lines(lines.iter().map(|line| line.text.as_str()), mask);
                let lines = lines.iter().zip(texts);
                let lines = lines.map(|(line, text)| DiffLine { kind: line.kind, text }).collect();
                Field::Lines { title: title.clone(), lines }
            }
            Field::Value { .. } | Field::Changed { .. } => field.clone(),
        };
        Self {
            changes: changes.iter().map(|change| change.fields.iter().map(masked).collect()).collect(),
            connections: connections.iter().map(|connection| connection.sentence.clone()).collect(),
            notices: notices.iter().map(ShownRemark::from).collect(),
            blockers: blockers.iter().map(ShownRemark::from).collect(),
            picture: picture.clone(),
        }
    }

    fn join(self, role: &mut RolePlanView) -> Option<()> {
        let Self { changes, connections, notices, blockers, picture } = self;
        let is_whole = (role.changes.len(), role.connections.len()) == (changes.len(), connections.len())
            && (role.notices.len(), role.blockers.len()) == (notices.len(), blockers.len());
        is_whole.then_some(())?;
        for (change, fields) in role.changes.iter_mut().zip(changes) {
            change.fields = fields;
        }
        for (connection, sentence) in role.connections.iter_mut().zip(connections) {
            connection.sentence = sentence;
        }
        role.notices = notices.into_iter().map(Remark::from).collect();
        role.blockers = blockers.into_iter().map(Remark::from).collect();
        role.picture = picture;
        Some(())
    }
}

impl From<&Remark> for ShownRemark {
    fn from(remark: &Remark) -> Self {
        let Remark { what, details, remedy, paste } = remark.clone();
        Self { what, details, remedy, paste }
    }
}

impl From<ShownRemark> for Remark {
    fn from(ShownRemark { what, details, remedy, paste }: ShownRemark) -> Self {
        Self { what, details, remedy, paste }
    }
}
