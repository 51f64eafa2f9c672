//! The shortest true explanation: each fault once, with its consequence and its remedy, and what is ruled out. Pure.

use std::collections::BTreeSet;

use super::evaluated::{accepted_beside, may_assume, may_invoke, name_of, near_misses};
use super::facts::{Facts, FunctionFacts, FunctionState};
use crate::arn::{Arn, FunctionArn};
use crate::model::{DesiredRole, LiveRole};
use crate::policy::access::{Access, principal_in_words, uncovered};
use crate::policy::document::{Effect, PrincipalElement, Principals};
use crate::policy::{Context, Decision, Document, EXTERNAL_ID, Policies, Principal, Request, evaluate};
use crate::spec::genesys_account_name;

/// What kind of fault it is; the word is stable, for machines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    RoleMissing,
    /// The trust policy trusts another account in place of Genesys's.
    TrustedAccount,
    /// The trust policy demands another external ID.
    ExternalId,
    /// The trust policy keeps Genesys Cloud out for another reason.
    TrustPolicy,
    /// Somebody else gets in too.
    RoleOpen,
    FunctionMissing,
    FunctionNotReady,
    PolicyMissing,
    PolicyNotAttached,
    /// The policy does not allow this very ARN.
    PolicyDoesNotCover,
    /// Something denies what the policy allows: a boundary, another policy, the function's own.
    Denied,
    ExtraPermissions,
    /// The spec's external ID is not the organization's ID.
    Organization,
    /// Genesys Cloud does not take the client's ID and secret.
    GenesysCredentials,
    Integration,
    IntegrationCredential,
    DataAction,
    /// The invocation through Genesys Cloud failed.
    Invocation,
    /// A call contradicts what the documents say.
    Probe,
}

impl Cause {
    pub const ALL: [Self; 19] = [
        Self::RoleMissing,
        Self::TrustedAccount,
        Self::ExternalId,
        Self::TrustPolicy,
        Self::RoleOpen,
        Self::FunctionMissing,
        Self::FunctionNotReady,
        Self::PolicyMissing,
        Self::PolicyNotAttached,
        Self::PolicyDoesNotCover,
        Self::Denied,
        Self::ExtraPermissions,
        Self::Organization,
        Self::GenesysCredentials,
        Self::Integration,
        Self::IntegrationCredential,
        Self::DataAction,
        Self::Invocation,
        Self::Probe,
    ];

    pub fn word(self) -> &'static str {
        match self {
            Self::RoleMissing => "role-missing",
            Self::TrustedAccount => "trusted-account",
            Self::ExternalId => "external-id",
            Self::TrustPolicy => "trust-policy",
            Self::RoleOpen => "role-open",
            Self::FunctionMissing => "function-missing",
            Self::FunctionNotReady => "function-not-ready",
            Self::PolicyMissing => "policy-missing",
            Self::PolicyNotAttached => "policy-not-attached",
            Self::PolicyDoesNotCover => "policy-does-not-cover",
            Self::Denied => "denied",
            Self::ExtraPermissions => "extra-permissions",
            Self::Organization => "organization",
            Self::GenesysCredentials => "genesys-credentials",
            Self::Integration => "integration",
            Self::IntegrationCredential => "integration-credential",
            Self::DataAction => "data-action",
            Self::Invocation => "invocation",
            Self::Probe => "probe",
        }
    }
}

/// One fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub cause: Cause,
    /// `The trust policy trusts AWS account …, not Genesys Cloud`
    pub what: String,
    /// What comes of it.
    pub consequence: String,
    /// The command, or the line of the spec.
    pub remedy: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diagnosis {
    pub findings: Vec<Finding>,
    /// What was looked at and is right, in sentences.
    pub ruled_out: Vec<String>,
}

const APPLY: &str = "`genesys-iam apply` restores what the spec says";
const NOT_ASSUMED: &str =
    "Genesys Cloud is refused at sts:AssumeRole (AccessDenied): the data action fails with 403";
const NOT_INVOKED: &str =
    "Genesys Cloud assumes the role and is refused at lambda:InvokeFunction: the data action fails with 403";

/// The AWS side of one role.
pub fn diagnose(facts: &Facts) -> Diagnosis {
    let mut diagnosis = Diagnosis::default();
    let Facts { live, desired, functions, simulated: _ } = facts;
    functions_exist(functions, &mut diagnosis);
    let Some(role) = &live.role else {
        diagnosis.findings.insert(
            0,
            Finding {
                cause: Cause::RoleMissing,
                what: format!("There is no role `{}`", desired.role.name),
                consequence: NOT_ASSUMED.to_owned(),
                remedy: "`genesys-iam apply` makes it".to_owned(),
            },
        );
        return diagnosis;
    };
    trust(role, desired, &mut diagnosis);
    permissions(role, facts, &mut diagnosis);
    extra_permissions(role, desired, &mut diagnosis);
    diagnosis
}

impl Diagnosis {
    fn find(&mut self, cause: Cause, what: String, consequence: &str, remedy: &str) {
        self.findings.push(Finding {
            cause,
            what,
            consequence: consequence.to_owned(),
            remedy: remedy.to_owned(),
        });
    }

    pub fn has(&self, cause: Cause) -> bool {
        self.findings.iter().any(|finding| finding.cause == cause)
    }
}

fn functions_exist(functions: &[FunctionFacts], diagnosis: &mut Diagnosis) {
    let mut all = true;
    for FunctionFacts { arn, state, policy: _ } in functions {
        let name = name_of(arn);
        match state {
            FunctionState::Missing => diagnosis.find(
                Cause::FunctionMissing,
                format!("Lambda in {} has no {name}", arn.region()),
                "the data action fails with 403, or with a function that cannot be found",
                "deploy it, or correct `functions` in the spec",
            ),
            FunctionState::Exists { state: Some(state), reason, timeout: _ } if state != "Active" => {
                diagnosis.find(
                    Cause::FunctionNotReady,
                    format!(
                        "The {name} is {state}{}",
                        reason.as_ref().map(|why| format!(": {why}")).unwrap_or_default()
                    ),
                    "invocations fail until it is Active",
                    "wait while it is Pending or Inactive; mend and deploy it when it is Failed",
                )
            }
            FunctionState::Exists { .. } => continue,
            FunctionState::Unknown(_) => {}
        }
        all = false;
    }
    if all && !functions.is_empty() {
        diagnosis.ruled_out.push("each function exists and is Active".to_owned());
    }
}

/// Who is named in the Allow statements, and the external IDs that they ask for.
struct Named {
    principals: Vec<(String, Principal)>,
    ids: BTreeSet<String>,
}

fn named(document: &Document) -> Named {
    let mut named = Named { principals: Vec::new(), ids: BTreeSet::new() };
    for statement in document.canonical().statements.as_slice() {
        if statement.effect != Effect::Allow {
            continue;
        }
        match &statement.principal {
            Some(PrincipalElement::Principal(Principals::ByKind(kinds))) => {
                for (kind, value) in
                    kinds.iter().flat_map(|(kind, values)| values.as_slice().iter().map(move |v| (kind, v)))
                {
                    let principal = match kind.as_str() {
                        "AWS" if value == "*" => Principal::Anonymous,
                        "AWS" => Principal::Aws(value.clone()),
                        "Service" => Principal::Service(value.clone()),
                        _ => Principal::Federated(value.clone()),
                    };
                    named.principals.push((principal_in_words(kind, value, genesys_account_name), principal));
                }
            }
            Some(PrincipalElement::Principal(Principals::Any)) => {
                named.principals.push(("anyone".to_owned(), Principal::Anonymous));
            }
            Some(PrincipalElement::NotPrincipal(_)) | None => {}
        }
        for (_, values) in statement.conditions().on(EXTERNAL_ID) {
            named.ids.extend(values.iter().map(ToString::to_string));
        }
    }
    named
}

fn trust(role: &LiveRole, desired: &DesiredRole, diagnosis: &mut Diagnosis) {
    let right = desired.external_id.expose();
    let document = &role.role.assume_role_policy;
    let root = Arn::account_root(&desired.role.arn.partition, &desired.genesys_account_id).to_string();
    let genesys = Principal::Aws(root.clone());
    let us = principal_in_words("AWS", &root, genesys_account_name);
    let admits = |who: &Principal, id: Option<&str>| may_assume(role, who, id).decision == Decision::Allowed;
    let verifier = desired.verifier.as_ref().map(|arn| Principal::Aws(arn.to_string()));
    let named = named(document);
    let others: Vec<&(String, Principal)> = named
        .principals
        .iter()
        .filter(|(_, who)| *who != genesys && Some(who) != verifier.as_ref())
        .collect();
    let other_ids: Vec<&String> = named.ids.iter().filter(|id| *id != right).collect();

    let is_admitted = admits(&genesys, Some(right));
    let (mut wrong_account, mut wrong_id) = (false, false);
    if !is_admitted {
        wrong_id = other_ids.iter().any(|id| admits(&genesys, Some(id)));
        wrong_account = others.iter().any(|(_, who)| admits(who, Some(right)));
        if !wrong_id && !wrong_account {
            let both = others.iter().any(|(_, who)| other_ids.iter().any(|id| admits(who, Some(id))));
            (wrong_account, wrong_id) = (both, both);
        }
        if !wrong_id && !wrong_account {
            let why = may_assume(role, &genesys, Some(right)).reason;
            diagnosis.find(
                Cause::TrustPolicy,
                format!("The trust policy keeps {us} out: {why}"),
                NOT_ASSUMED,
                APPLY,
            );
        }
    }
    if wrong_account {
        let found: Vec<&str> = others.iter().map(|(name, _)| name.as_str()).collect();
        diagnosis.find(
            Cause::TrustedAccount,
            format!("The trust policy trusts {}, not {us}", found.join(" and ")),
            &format!("{NOT_ASSUMED}; and somebody else can assume the role"),
            APPLY,
        );
    } else if is_admitted {
        diagnosis.ruled_out.push(format!("{us} is trusted"));
    }
    if wrong_id {
        let found: Vec<String> = other_ids.iter().map(|id| format!("\"{id}\"")).collect();
        diagnosis.find(
            Cause::ExternalId,
            format!(
                "The trust policy demands the external ID {}, the spec has \"{right}\"",
                found.join(" or ")
            ),
            NOT_ASSUMED,
            &format!("when the spec has the right one, {APPLY}; otherwise correct `external_id` in the spec"),
        );
    } else if is_admitted {
        diagnosis.ruled_out.push("the trust policy demands the spec's external ID".to_owned());
    }
    open(role, desired, &others, wrong_account, wrong_id, diagnosis);
}

/// Who gets in beside Genesys Cloud, as far as it is not said already.
fn open(
    role: &LiveRole,
    desired: &DesiredRole,
    others: &[&(String, Principal)],
    wrong_account: bool,
    wrong_id: bool,
    diagnosis: &mut Diagnosis,
) {
    let right = desired.external_id.expose();
    let root = Arn::account_root(&desired.role.arn.partition, &desired.genesys_account_id).to_string();
    let may = |who: &Principal, id: Option<&str>| {
        matches!(may_assume(role, who, id).decision, Decision::Allowed | Decision::Undecided)
    };
    let mut who = Vec::new();
    if !wrong_account {
        who.extend(others.iter().map(|(name, _)| name.clone()));
    }
    let stranger = Principal::Aws(format!("arn:{}:iam::444455556666:root", desired.role.arn.partition));
    if who.is_empty() && !wrong_account && may(&stranger, Some(right)) {
        who.push("any AWS account".to_owned());
    }
    // Whoever is trusted: do they need the one external ID?
    let [altered, _] = near_misses(right);
    let trusted = [Principal::Aws(root)].into_iter().chain(others.iter().map(|(_, who)| who.clone()));
    let none = trusted.clone().any(|who| may(&who, None) || may(&who, Some(&altered)));
    let beside =
        role.role.assume_role_policy.statements.as_slice().iter().any(|statement| {
            statement.effect == Effect::Allow && accepted_beside(statement, right).is_some()
        });
    let mut faults = Vec::new();
    if !who.is_empty() {
        faults.push(format!("The trust policy also lets in {}", who.join(" and ")));
    }
    if none {
        faults.push("The trust policy does not demand the external ID".to_owned());
    } else if beside && !wrong_id {
        faults.push("The trust policy also accepts another external ID".to_owned());
    }
    if faults.is_empty() && !wrong_account && !wrong_id {
        diagnosis.ruled_out.push("nobody else can assume the role".to_owned());
    }
    for fault in faults {
        diagnosis.find(
            Cause::RoleOpen,
            fault,
            "somebody else than your organization can assume the role and invoke the functions",
            APPLY,
        );
    }
}

/// Whether a document by itself allows the role to invoke a function.
fn covers(document: &Document, role: &LiveRole, function: &FunctionArn) -> Decision {
    let request = Request {
        principal: Principal::Aws(role.role.arn.to_string()),
        action: "lambda:InvokeFunction".to_owned(),
        resource: function.to_string(),
        context: Context::partial(),
    };
    let identity = vec![("the policy".to_owned(), document)];
    evaluate(&Policies { identity, ..Policies::default() }, &request).decision
}

fn permissions(role: &LiveRole, facts: &Facts, diagnosis: &mut Diagnosis) {
    let Facts { live, desired, functions, simulated: _ } = facts;
    let name = &desired.policy.name;
    let is_attached = role.attached.contains_key(&desired.policy.arn);
    // Another policy may allow it all the same.
    let all_allowed = functions.iter().all(|function| {
        may_invoke(role, &function.arn, function.policy.as_ref().ok().and_then(Option::as_ref)).decision
            == Decision::Allowed
    });
    if live.policy.is_none() {
        let what = format!("There is no policy `{name}`");
        diagnosis.find(Cause::PolicyMissing, what, NOT_INVOKED, "`genesys-iam apply` makes and attaches it");
    } else if !is_attached {
        let what = format!("The policy `{name}` is not attached to the role");
        let consequence =
            if all_allowed { "another policy of the role allows it meanwhile" } else { NOT_INVOKED };
        diagnosis.find(Cause::PolicyNotAttached, what, consequence, "`genesys-iam apply` attaches it");
    } else {
        diagnosis.ruled_out.push(format!("the policy `{name}` is attached"));
    }
    let mut covered = true;
    for function in functions {
        let FunctionFacts { arn, state: _, policy: own } = function;
        let evaluation = may_invoke(role, arn, own.as_ref().ok().and_then(Option::as_ref));
        if let Some(policy) = &live.policy
            && covers(&policy.policy.document, role, arn) == Decision::ImplicitDeny
            && evaluation.decision != Decision::Allowed
        {
            covered = false;
            let what = format!(
                "The policy `{name}` does not allow the {}{}",
                name_of(arn),
                nearly(policy, role, arn)
            );
            diagnosis.find(Cause::PolicyDoesNotCover, what, NOT_INVOKED, APPLY);
        }
        if evaluation.decision == Decision::ExplicitDeny {
            let what = format!("The role may not invoke the {}: {}", name_of(arn), evaluation.reason);
            diagnosis.find(
                Cause::Denied,
                what,
                NOT_INVOKED,
                "whoever owns that policy can take the Deny away",
            );
        }
        if role
            .boundary
            .as_ref()
            .is_some_and(|boundary| covers(boundary, role, arn) == Decision::ImplicitDeny)
        {
            let what = format!("The permissions boundary does not allow the {}", name_of(arn));
            let remedy = "whoever owns the boundary can let it allow this function";
            diagnosis.find(Cause::Denied, what, NOT_INVOKED, remedy);
        }
    }
    if covered && live.policy.is_some() && !functions.is_empty() {
        diagnosis.ruled_out.push("the policy covers each function's exact ARN".to_owned());
    }
}

/// The usual mistake: an alias or version is another ARN than the function itself.
fn nearly(policy: &crate::model::LivePolicy, role: &LiveRole, function: &FunctionArn) -> String {
    let document = &policy.policy.document;
    let qualified_in_policy = document.to_json().contains(&format!("{function}:"));
    if function.qualifier().is_some() && covers(document, role, &function.unqualified()) == Decision::Allowed
    {
        " (it allows the unqualified function, which is another ARN)".to_owned()
    } else if function.qualifier().is_none() && qualified_in_policy {
        " (it allows an alias or version of it, which is another ARN)".to_owned()
    } else {
        String::new()
    }
}

fn extra_permissions(role: &LiveRole, desired: &DesiredRole, diagnosis: &mut Diagnosis) {
    let wanted = Access::of_permissions(&desired.policy.document).permissions;
    let others = role.attached.iter().filter(|(arn, _)| **arn != desired.policy.arn);
    let mut live = Access::default();
    others
        .map(|(_, policy)| &policy.document)
        .chain(role.inline.values())
        .for_each(|d| live.add_permissions(d));
    // The spec's own policy counts as far as it allows more than the spec; what it allows in place of it is said already.
    if let Some(own) = role.attached.get(&desired.policy.arn)
        && !diagnosis.has(Cause::PolicyDoesNotCover)
    {
        live.add_permissions(&own.document);
    }
    let extra: Vec<&str> =
        uncovered(&live.permissions, &wanted).into_iter().map(|grant| grant.sentence()).collect();
    if extra.is_empty() {
        diagnosis.ruled_out.push("the role may do nothing else".to_owned());
    } else {
        diagnosis.find(
            Cause::ExtraPermissions,
            format!("The role may also do this: {}", extra.join("; ")),
            "whoever assumes the role can do that too",
            "detach what is not needed, or let `extra_permissions = \"remove\"` in the spec do it",
        );
    }
}
