//! The least privileges that a command needs for a spec, as an IAM policy. Pure.

use std::collections::BTreeSet;

use crate::arn::Arn;
use crate::model::{DesiredRole, DesiredState};
use crate::plan::{Reads, role_of};
use crate::spec::{AcceptSpec, AcceptedThing, Boundary, ExtraPermissions, default_policy_name};

/// The command that needs the permissions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CommandKind {
    Plan,
    Check,
    Apply,
    Destroy,
}

/// One statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permission {
    pub sid: &'static str,
    pub actions: Vec<&'static str>,
    pub resources: Vec<String>,
    /// Condition operator, key and values.
    pub condition: Option<(&'static str, &'static str, Vec<String>)>,
    /// Without it the command still works, and reports what it could not find out.
    pub is_optional: bool,
}

impl Permission {
    /// Splits the permission into two that together allow what a command needs, the first for up to `first` resources.
    /// `None` if it cannot be divided.
    pub fn divided(&self, first: usize) -> Option<(Self, Self)> {
        let (mut one, mut other) = (self.clone(), self.clone());
        if self.resources.len() > 1 {
            let first = first.clamp(1, self.resources.len() - 1);
            other.resources = one.resources.split_off(first);
            // A role has only its own policy attached, so the order is the same.
            if let (Some((_, ATTACHED, some)), Some((_, _, rest))) =
                (&mut one.condition, &mut other.condition)
            {
                *rest = some.split_off(first);
            }
            return Some((one, other));
        }
        match (&mut one.condition, &mut other.condition) {
            (Some((_, _, some)), Some((_, _, rest))) if some.len() > 1 => {
                *rest = some.split_off(some.len() / 2)
            }
            _ => return None,
        }
        Some((one, other))
    }
}

/// The condition key for a policy being attached.
const ATTACHED: &str = "iam:PolicyARN";

/// A permission of Genesys Cloud's OAuth client, and its purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GenesysPermission {
    pub name: &'static str,
    /// Without it the command still works, and reports what it could not find out.
    pub is_optional: bool,
}

/// Whether an accept of this role may refer to a function's own policy.
pub fn accepts_about_functions(role: &DesiredRole) -> bool {
    role.accepts.iter().any(|accept| match accept.what {
        AcceptedThing::FunctionPolicySid(_) | AcceptedThing::Principal(_) => true,
        AcceptedThing::Policy(_) | AcceptedThing::InlinePolicy(_) => false,
    })
}

/// What it takes to see integrations and data actions.
pub fn viewing_permissions() -> Vec<GenesysPermission> {
    let needed = |name| GenesysPermission { name, is_optional: false };
    vec![needed("integrations:integration:view"), needed("integrations:action:view")]
}

/// What a command needs in Genesys Cloud; empty if the spec does not cover it.
pub fn genesys_permissions(desired: &DesiredState, purpose: CommandKind) -> Vec<GenesysPermission> {
    let integrations: Vec<_> = desired.roles.iter().filter_map(|role| role.integration.as_ref()).collect();
    if integrations.is_empty() {
        return Vec::new();
    }
    let needed = |name| GenesysPermission { name, is_optional: false };
    let actions = || integrations.iter().flat_map(|integration| &integration.actions);
    let mut permissions = viewing_permissions();
    match purpose {
        CommandKind::Plan => {}
        // For `--invoke`.
        CommandKind::Check => {
            permissions.push(GenesysPermission { name: "integrations:action:execute", is_optional: true })
        }
        CommandKind::Apply => {
            permissions.extend([
                needed("integrations:integration:add"),
                needed("integrations:integration:edit"),
                needed("integrations:action:add"),
                needed("integrations:action:edit"),
            ]);
            if actions().any(|action| action.replace) {
                permissions.push(needed("integrations:action:delete"));
            }
            if actions().any(|action| action.test_input.is_some()) {
                permissions
                    .push(GenesysPermission { name: "integrations:action:execute", is_optional: true });
            }
        }
        CommandKind::Destroy => permissions.extend([
            needed("integrations:integration:edit"),
            needed("integrations:integration:delete"),
            needed("integrations:action:delete"),
        ]),
    }
    if purpose != CommandKind::Check {
        permissions.push(GenesysPermission { name: "architect:dependencyTracking:view", is_optional: true });
    }
    permissions
}

/// What one identity needs to run several commands: each permission once, necessary if it is for one of them.
pub fn together(needs: impl IntoIterator<Item = Vec<Permission>>) -> Vec<Permission> {
    let mut all: Vec<Permission> = Vec::new();
    for need in needs.into_iter().flatten() {
        let is_same = |known: &&mut Permission| {
            (known.sid, &known.condition) == (need.sid, &need.condition)
                && (known.resources == need.resources || known.actions == need.actions)
        };
        match all.iter_mut().find(is_same) {
            Some(known) => {
                add_new(&mut known.actions, need.actions);
                add_new(&mut known.resources, need.resources);
                known.is_optional &= need.is_optional;
            }
            None => all.push(need),
        }
    }
    all
}

fn add_new<T: PartialEq>(known: &mut Vec<T>, more: Vec<T>) {
    for one in more {
        if !known.contains(&one) {
            known.push(one);
        }
    }
}

/// The same for Genesys Cloud.
pub fn genesys_together(needs: impl IntoIterator<Item = Vec<GenesysPermission>>) -> Vec<GenesysPermission> {
    let mut all: Vec<GenesysPermission> = Vec::new();
    for need in needs.into_iter().flatten() {
        match all.iter_mut().find(|known| known.name == need.name) {
            Some(known) => known.is_optional &= need.is_optional,
            None => all.push(need),
        }
    }
    all.sort_by_key(|permission| permission.is_optional);
    all
}

/// What `import` needs: to find roles, and to read what they can do. `account`: its ID, or `*`.
pub fn import_permissions(partition: &str, account: &str) -> Vec<Permission> {
    let grant = |sid, actions: &[&'static str], resources: Vec<String>| Permission {
        sid,
        actions: actions.to_vec(),
        resources,
        condition: None,
        is_optional: false,
    };
    let of_account = |kind: &str| format!("arn:{partition}:iam::{account}:{kind}/*");
    vec![
        // For `--all` only.
        grant("FindRoles", &["iam:GetAccountAuthorizationDetails"], vec!["*".to_owned()]),
        grant(
            "ReadAllRoles",
            &["iam:GetRole", "iam:ListAttachedRolePolicies", "iam:ListRolePolicies", "iam:GetRolePolicy"],
            vec![of_account("role")],
        ),
        grant(
            "ReadAllPolicies",
            &["iam:GetPolicy", "iam:GetPolicyVersion"],
            vec![of_account("policy"), format!("arn:{partition}:iam::aws:policy/*")],
        ),
    ]
}

/// What `--prune` needs to remove roles of these names, which no spec has any longer, and their policies with a default name. A
/// name may have its path before it (`ci/OldRole`); without one it is that of the first role. `writes`: for a command that removes
/// them; one that only plans it just reads.
pub fn prune_permissions(desired: &DesiredState, names: &[String], writes: bool) -> Vec<Permission> {
    let Some(like) = desired.roles.first() else { return Vec::new() };
    let pruned = |named: &String| {
        let named = named.trim_matches('/');
        let (path, name) = match named.rsplit_once('/') {
            Some((path, name)) => (format!("{path}/"), name),
            None => (like.role.path.trim_start_matches('/').to_owned(), named),
        };
        let role = Arn { resource: format!("role/{path}{name}"), ..like.role.arn.clone() };
        // It is looked for in both places.
        like.policy.arn.namesakes(&default_policy_name(name)).into_iter().map(move |policy| {
            let mut like = like.clone();
            like.role.arn = role.clone();
            like.policy.arn = policy;
            like.verifier = None;
            like
        })
    };
    let state = DesiredState { roles: names.iter().flat_map(pruned).collect(), ..desired.clone() };
    let mut grants = permissions(&state, CommandKind::Destroy);
    // To find them is all that is optional of them.
    const WRITES: [&str; 3] = ["RemovePolicies", "RemoveRoles", "ShutMeanwhile"];
    grants.retain(|grant| grant.sid != "ReadInBulk" && grant.sid != "FindRolesTakenOut");
    grants.retain(|grant| writes || !WRITES.contains(&grant.sid));
    for grant in &mut grants {
        let resources = std::mem::take(&mut grant.resources);
        add_new(&mut grant.resources, resources);
        if grant.sid == "ShutMeanwhile" {
            grant.sid = "ShutPrunedMeanwhile";
        }
    }
    grants.push(Permission {
        sid: "FindRolesTakenOut",
        actions: vec!["iam:GetAccountAuthorizationDetails"],
        resources: vec!["*".to_owned()],
        condition: None,
        is_optional: false,
    });
    grants
}

/// Everything the command might need for this spec.
pub fn permissions(desired: &DesiredState, command: CommandKind) -> Vec<Permission> {
    let roles = || desired.roles.iter().map(|role| literal(&role.role.arn)).collect::<Vec<_>>();
    let policies = || desired.roles.iter().map(|role| literal(&role.policy.arn)).collect::<Vec<_>>();
    let grant = |sid, actions: &[&'static str], resources| Permission {
        sid,
        actions: actions.to_vec(),
        resources,
        condition: None,
        is_optional: false,
    };
    let mut grants = vec![
        grant(
            "ReadRoles",
            &["iam:GetRole", "iam:ListAttachedRolePolicies", "iam:ListRolePolicies", "iam:GetRolePolicy"],
            desired.roles.iter().flat_map(|role| as_read(&role.role.arn)).collect(),
        ),
        grant(
            "ReadPolicies",
            &["iam:GetPolicy", "iam:GetPolicyVersion", "iam:ListPolicyVersions"],
            policies(),
        ),
        grant("ReadWhatOthersAttached", &["iam:GetPolicy", "iam:GetPolicyVersion"], others(desired)),
    ];
    let functions = functions(desired);
    let optional = |grant: Permission| Permission { is_optional: true, ..grant };
    if command != CommandKind::Destroy {
        let actions = &["lambda:GetFunctionConfiguration"];
        grants.push(optional(grant("FindFunctions", actions, functions.clone())));
    }
    let accepts = desired.roles.iter().any(accepts_about_functions);
    if matches!(command, CommandKind::Check | CommandKind::Apply) || command == CommandKind::Plan && accepts {
        let whole = || functions.iter().filter(|arn| arn.matches(':').count() == 6);
        let mut all = functions.clone();
        all.extend(whole().map(|arn| format!("{arn}:*")));
        grants.push(optional(grant("ReadPoliciesOfFunctions", &["lambda:GetPolicy"], all)));
        let actions = &["lambda:ListAliases", "lambda:ListVersionsByFunction"];
        grants.push(optional(grant("FindAliasesAndVersions", actions, whole().cloned().collect())));
    }
    if matches!(command, CommandKind::Check | CommandKind::Apply) {
        // Apply ends with a check.
        let actions = &["lambda:GetFunctionConcurrency"];
        grants.push(optional(grant("ReadConcurrencyOfFunctions", actions, functions)));
        grants.push(optional(grant("AskTheSimulator", &["iam:SimulatePrincipalPolicy"], roles())));
    }
    if command == CommandKind::Check {
        let everything = || vec!["*".to_owned()];
        grants.push(optional(grant("SeeWhoUsedRoles", &["cloudtrail:LookupEvents"], everything())));
        let actions = &["iam:GenerateServiceLastAccessedDetails"];
        grants.push(optional(grant("SeeWhatRolesReached", actions, roles())));
        let actions = &["iam:GetServiceLastAccessedDetails"];
        grants.push(optional(grant("ReadWhatRolesReached", actions, everything())));
        let actions = &["access-analyzer:ListAnalyzers", "access-analyzer:ListFindings"];
        grants.push(optional(grant("AskAccessAnalyzer", actions, everything())));
    }
    if desired.reads_organization && command != CommandKind::Destroy {
        let actions = &[
            "organizations:DescribeOrganization",
            "organizations:DescribePolicy",
            "organizations:ListParents",
            "organizations:ListPoliciesForTarget",
        ];
        grants.push(optional(grant("ReadOrganizationPolicies", actions, vec!["*".to_owned()])));
    }
    const DETAILS: &str = "iam:GetAccountAuthorizationDetails";
    let everything = vec!["*".to_owned()];
    if Reads::Auto.pages(desired.roles.len()).is_some() {
        let actions = &[DETAILS, "iam:ListPolicyTags", "iam:ListRoles", "tag:GetResources"];
        grants.push(optional(grant("ReadInBulk", actions, everything)));
    } else if command != CommandKind::Check {
        grants.push(optional(grant("FindRolesTakenOut", &[DETAILS], everything)));
    }
    let accepted = |role: &DesiredRole| -> Vec<Arn> {
        let principal = |accept: &AcceptSpec| match &accept.what {
            AcceptedThing::Principal(value) => role_of(value.parse().ok()?),
            _ => None,
        };
        role.accepts.iter().filter_map(principal).collect()
    };
    let verifiers: BTreeSet<Arn> = desired
        .roles
        .iter()
        .flat_map(|role| role.verifier.iter().cloned().chain(accepted(role)))
        .filter(|arn| arn.account == desired.account_id.as_str())
        .collect();
    let verifying_roles: Vec<String> =
        verifiers.iter().filter(|arn| arn.resource.starts_with("role/")).map(literal).collect();
    match command {
        CommandKind::Check if verifying_roles.is_empty() => {}
        CommandKind::Check => {
            grants.push(optional(grant("FindVerifier", &["iam:GetRole"], verifying_roles)));
        }
        CommandKind::Plan | CommandKind::Apply => {
            let actions = &["iam:GetAccountSummary", "iam:ListPolicies", "iam:ListRoles"];
            grants.push(optional(grant("LookAhead", actions, vec!["*".to_owned()])));
            let users = verifiers.iter().filter(|arn| arn.resource.starts_with("user/"));
            let verifying_users = users.map(literal).collect();
            for (sid, action, found) in [
                ("FindVerifier", "iam:GetRole", verifying_roles),
                ("FindVerifyingUser", "iam:GetUser", verifying_users),
            ] {
                if !found.is_empty() {
                    grants.push(optional(grant(sid, &[action], found)));
                }
            }
        }
        CommandKind::Destroy => {
            let actions = &["iam:ListInstanceProfilesForRole"];
            grants.push(optional(grant("FindInstanceProfiles", actions, roles())));
            let actions = &["iam:ListEntitiesForPolicy"];
            grants.push(optional(grant("FindUsersOfPolicies", actions, policies())));
        }
    }
    match command {
        CommandKind::Plan | CommandKind::Check => {}
        CommandKind::Apply => grants.extend(writes(desired, roles(), policies())),
        CommandKind::Destroy => {
            grants.push(grant(
                "RemoveRoles",
                &["iam:DeleteRole", "iam:DeleteRolePolicy", "iam:DetachRolePolicy"],
                roles(),
            ));
            grants.push(grant(
                "ShutMeanwhile",
                &["iam:PutRolePolicy", "iam:UpdateAssumeRolePolicy"],
                roles(),
            ));
            grants.push(grant(
                "RemovePolicies",
                &["iam:DeletePolicy", "iam:DeletePolicyVersion"],
                policies(),
            ));
        }
    }
    grants
}

/// The actions that the command cannot work without. IAM reports only one missing action at a time.
pub fn required_actions(desired: &DesiredState, command: CommandKind) -> BTreeSet<&'static str> {
    let permissions = permissions(desired, command);
    permissions.into_iter().filter(|one| !one.is_optional).flat_map(|one| one.actions).collect()
}

/// A role is read by its name: IAM cannot know the path of one that does not exist.
fn as_read(role: &Arn) -> Vec<String> {
    let mut resources = vec![literal(role)];
    if let Some((path, name)) = role.resource.rsplit_once('/')
        && path != "role"
    {
        resources.push(literal(&Arn { resource: format!("role/{name}"), ..role.clone() }));
    }
    resources
}

/// An ARN that matches only itself: a path may contain what a policy treats as wildcards and variables.
fn literal(arn: &Arn) -> String {
    let escape = |c: char| match c {
        '*' | '?' | '$' => format!("${{{c}}}"),
        c => c.to_string(),
    };
    Arn { resource: arn.resource.chars().map(escape).collect(), ..arn.clone() }.to_string()
}

/// How many characters of a document IAM counts: all except white space.
pub fn size(document: &str) -> usize {
    document.chars().filter(|c| !c.is_whitespace()).count()
}

fn writes(desired: &DesiredState, roles: Vec<String>, policies: Vec<String>) -> Vec<Permission> {
    let which = |is: fn(&DesiredRole) -> bool| -> Vec<String> {
        desired.roles.iter().filter(|role| is(role)).map(|role| literal(&role.role.arn)).collect()
    };
    let bounded = which(|role| matches!(role.boundary, Boundary::Policy(_)));
    let unbounded = which(|role| !matches!(role.boundary, Boundary::Policy(_)));
    let grant = |sid, actions: &[&'static str], resources: &[String]| Permission {
        sid,
        actions: actions.to_vec(),
        resources: resources.to_vec(),
        condition: None,
        is_optional: false,
    };
    let boundary = |role: &DesiredRole| match &role.boundary {
        Boundary::Policy(arn) => Some(literal(arn)),
        _ => None,
    };
    let boundaries: BTreeSet<String> = desired.roles.iter().filter_map(boundary).collect();
    let with_boundary = |grant: Permission| Permission {
        condition: Some(("ArnEquals", "iam:PermissionsBoundary", boundaries.iter().cloned().collect())),
        ..grant
    };
    let create = |sid, roles: &[String]| grant(sid, &["iam:CreateRole"], roles);
    // A role created without its boundary could do more than the boundary allows: those without one are apart.
    let mut grants = match (bounded.is_empty(), unbounded.is_empty()) {
        (true, _) => vec![create("CreateRoles", &roles)],
        (false, true) => vec![with_boundary(create("CreateRoles", &roles))],
        (false, false) => vec![
            with_boundary(create("CreateRoles", &bounded)),
            create("CreateRolesWithoutBoundary", &unbounded),
        ],
    };
    grants.extend([
        grant("WriteRoles", &["iam:TagRole", "iam:UpdateAssumeRolePolicy", "iam:UpdateRole"], &roles),
        grant(
            "WritePolicies",
            &[
                "iam:CreatePolicy",
                "iam:CreatePolicyVersion",
                "iam:DeletePolicyVersion",
                "iam:SetDefaultPolicyVersion",
                "iam:TagPolicy",
            ],
            &policies,
        ),
        // The holder of this permission cannot attach any other policy.
        Permission {
            condition: Some(("ArnEquals", ATTACHED, policies)),
            ..grant("AttachPolicies", &["iam:AttachRolePolicy"], &roles)
        },
    ]);
    // If no order of the changes is safe, nobody can use the role in the meantime.
    grants.push(grant("ShutMeanwhile", &["iam:PutRolePolicy", "iam:DeleteRolePolicy"], &roles));
    let stripped = which(|role| role.extra_permissions == ExtraPermissions::Remove);
    if !stripped.is_empty() {
        let actions = &["iam:DeleteRolePolicy", "iam:DetachRolePolicy"];
        grants.push(grant("RemoveExtraPermissions", actions, &stripped));
    }
    if !bounded.is_empty() {
        grants.push(with_boundary(grant("PutBoundaries", &["iam:PutRolePermissionsBoundary"], &bounded)));
    }
    let freed = which(|role| role.boundary == Boundary::None);
    if !freed.is_empty() {
        grants.push(grant("RemoveBoundaries", &["iam:DeleteRolePermissionsBoundary"], &freed));
    }
    grants
}

/// What else may be attached or be a boundary: the account's policies and AWS's.
fn others(desired: &DesiredState) -> Vec<String> {
    let Some(role) = desired.roles.first() else { return Vec::new() };
    let Arn { partition, account, .. } = &role.role.arn;
    vec![format!("arn:{partition}:iam::{account}:policy/*"), format!("arn:{partition}:iam::aws:policy/*")]
}

/// Each function by its own ARN and, if the spec names an alias or version, by that too: Lambda's reads use either.
fn functions(desired: &DesiredState) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for arn in desired.roles.iter().flat_map(|role| &role.functions) {
        found.push(arn.to_string());
        found.push(arn.unqualified().to_string());
    }
    found.sort_unstable();
    found.dedup();
    found
}
