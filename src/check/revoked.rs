//! Sessions that a policy of the role shuts out by when they were made, as *Revoke active sessions* in IAM's console does.

use jiff::Timestamp;

use crate::model::LiveRole;
use crate::policy::document::{OneOrMany, Statement};
use crate::policy::{
    Context, Decision, Document, ISSUED, Policies, Principal, Request, evaluate, revokes_sessions,
};

/// As AWS writes it. <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>
pub(super) fn made_at(context: Context, at: Timestamp) -> Context {
    context.with(ISSUED, &[&at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()])
}

/// Whether one of the role's policies certainly denies everything to a session made then.
pub(super) fn is_revoked(role: &LiveRole, at: Timestamp) -> bool {
    let arn = &role.role.arn;
    let request = Request {
        principal: Principal::Aws(format!(
            "arn:{}:sts::{}:assumed-role/{}/s",
            arn.partition,
            arn.account,
            arn.name()
        )),
        // Any: what denies all of them is looked at.
        action: "iam:GetRole".to_owned(),
        resource: arn.to_string(),
        context: made_at(Context::partial(), at),
    };
    let denies = |statement: &Statement, document: &Document| {
        let statements = OneOrMany::Many(vec![statement.clone()]).into();
        let alone = Document { statements, ..document.clone() };
        let policies = Policies { identity: vec![("the policy".to_owned(), &alone)], ..Policies::default() };
        evaluate(&policies, &request).decision == Decision::ExplicitDeny
    };
    role.documents().any(|document| {
        document
            .statements
            .as_slice()
            .iter()
            .filter(|one| revokes_sessions(one))
            .any(|statement| denies(statement, document))
    })
}
