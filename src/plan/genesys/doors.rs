//! No open door through a data action: its target changes before anything new is reachable through it.
//!
//! IAM's own order never allows, on the way, what neither the old nor the new documents allow. A data action joins two
//! services: if it points at a function its role could not invoke, it would work for a moment if the role gained that
//! function, or the credential another role, before the action is redirected.

use crate::arn::Arn;
use crate::model::{DesiredRole, LiveIntegration, LiveRole};
use crate::policy::{Context, Decision, Document, EXTERNAL_ID, Policies, Principal, Request, evaluate};

/// What Genesys Cloud could do through an integration before any change.
pub(super) struct Before<'a> {
    role: &'a DesiredRole,
    /// The live role, if Genesys Cloud uses it: integration enabled, role ARN in the credential.
    used: Option<&'a LiveRole>,
}

impl<'a> Before<'a> {
    pub(super) fn new(
        role: &'a DesiredRole,
        live: Option<&'a LiveRole>,
        integration: Option<&LiveIntegration>,
    ) -> Self {
        let uses_it = integration.is_some_and(|integration| {
            let credential = integration.credential.as_ref();
            integration.intended_state == "ENABLED"
                && credential.and_then(|credential| credential.role()).as_ref() == Some(&role.role.arn)
        });
        Self { role, used: live.filter(|_| uses_it) }
    }

    /// Whether a data action that points at a function could definitely invoke it.
    pub(super) fn could_invoke(&self, function: &str) -> bool {
        self.used.is_some_and(|live| self.is_admitted(live) && is_allowed(live, function))
    }

    fn is_admitted(&self, live: &LiveRole) -> bool {
        let partition = &live.role.arn.partition;
        let request = Request {
            principal: Principal::Aws(format!("arn:{partition}:iam::{}:root", self.role.genesys_account_id)),
            action: "sts:AssumeRole".to_owned(),
            resource: live.role.arn.to_string(),
            context: Context::partial().with(EXTERNAL_ID, &[self.role.external_id.expose()]),
        };
        let resource = Some(("trust policy".to_owned(), &live.role.assume_role_policy));
        let policies = Policies { resource, ..Policies::default() };
        evaluate(&policies, &request).decision == Decision::Allowed
    }
}

fn is_allowed(live: &LiveRole, function: &str) -> bool {
    // An unread boundary may forbid anything.
    if live.role.permissions_boundary.is_some() && live.boundary.is_none() {
        return false;
    }
    may_invoke(&live.role.arn, live.documents(), live.boundary.as_ref(), function)
}

/// Whether a session of a role with these policies may certainly invoke a function.
pub fn may_invoke<'a>(
    arn: &Arn,
    documents: impl Iterator<Item = &'a Document>,
    boundary: Option<&Document>,
    function: &str,
) -> bool {
    let session = format!("arn:{}:sts::{}:assumed-role/{}/session", arn.partition, arn.account, arn.name());
    let request = Request {
        principal: Principal::Aws(session),
        action: "lambda:InvokeFunction".to_owned(),
        resource: function.to_owned(),
        context: Context::partial(),
    };
    let policies = Policies {
        identity: documents.map(|document| ("a policy of the role".to_owned(), document)).collect(),
        boundary: boundary.map(|boundary| ("the boundary".to_owned(), boundary)),
        ..Policies::default()
    };
    evaluate(&policies, &request).decision == Decision::Allowed
}
