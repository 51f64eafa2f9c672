//! What plan, apply and check share: the spec, the clients, and one reading of the live state.

mod functions;
mod observed;
mod organization;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use self::observed::FunctionsFound;
pub use self::observed::Observed;

use super::CommandError;
use super::connections::{
    ByHand, Connections, GenesysAccess, SessionError, aws_endpoint_of_spec, genesys_access, may_send_secret,
    may_send_token, sandbox_clients, with_endpoints,
};
use super::options::{Global, ReadsArg};
use super::reading::Reading;
use super::specs::SpecSource;
use crate::apply::ReplacementTests;
use crate::arn::{AccountId, FunctionArn};
use crate::aws::{self, AwsError, AwsErrorKind, Caller, Clients, Freshness};
use crate::check::Unknown;
use crate::genesys;
use crate::model::resolve;
use crate::model::{
    DesiredRole, DesiredState, Invocation, Live, LiveState, LookForOrphans, OrganizationReading, Orphans,
};
use crate::permissions::{CommandKind, required_actions};
use crate::plan::{Plan, Reads, block_what_iam_refuses, diff, note_open_accepts, widen_by_verifiers};
use crate::policy::equivalent;
use crate::render::output::Output;
use crate::render::style::{WARNING, paint};
use crate::sandbox;
use crate::spec::Spec;
use crate::text::{plural, shell_word};

pub struct Session {
    pub spec: Spec,
    pub clients: Clients,
    pub in_sandbox: bool,
    /// For the organization, if there are credentials.
    pub genesys: Option<genesys::Client>,
    /// What is wrong with the settings for it.
    pub genesys_trouble: Option<Unknown>,
    pub reads: Reads,
    /// What to type to run another command with the same spec.
    pub invocation: Invocation,
    /// How reports name the spec's file.
    pub file: String,
    /// The spec names whoever answers for AWS, and the operator does not.
    pub has_aws_endpoint_of_spec: bool,
    /// The ARNs of the roles of every spec of the run.
    pub known_roles: Arc<BTreeSet<String>>,
}

/// Which functions to look up in Lambda.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LookUp {
    /// To destroy, or if it is done later.
    None,
    /// To plan: in bulk reads, only for roles whose policy does not already allow exactly these functions.
    New,
}

impl Session {
    pub async fn open(
        source: &SpecSource,
        spec: Spec,
        global: &Global,
        connections: &mut Connections,
        output: &Output,
    ) -> Result<Self, CommandError> {
        let (invocation, file) = (output.invocation().on(source.option()), source.display());
        let known_roles = match connections.roles.is_empty() {
            true => Arc::new(spec.role_arns().collect()),
            false => Arc::clone(&connections.roles),
        };
        let reads = match global.reads {
            ReadsArg::Auto => Reads::Auto,
            ReadsArg::Single => Reads::Single,
            ReadsArg::Bulk => Reads::Bulk,
        };
        if !global.sandbox {
            let (aws, cloud) = with_endpoints(&spec, global)?;
            may_send_token(&spec, &aws, global).await?;
            let clients = connections.clients(&aws, output).await?;
            may_send_secret(&spec, global)?;
            let GenesysAccess { client: genesys, trouble: genesys_trouble } =
                genesys_access(aws.profile.as_deref(), &cloud, output).await;
            let has_aws_endpoint_of_spec = aws_endpoint_of_spec(&spec, global).is_some();
            return Ok(Self {
                spec,
                clients,
                in_sandbox: false,
                genesys,
                genesys_trouble,
                reads,
                invocation,
                file,
                has_aws_endpoint_of_spec,
                known_roles,
            });
        }
        let options = &global.sandbox_options;
        let sandbox = connections.sandbox(source, &spec, options, ByHand::Never, output)?;
        let (clients, genesys) = sandbox_clients(sandbox, &spec.aws, &spec.genesys).await?;
        Ok(Self {
            spec,
            clients,
            in_sandbox: true,
            genesys: Some(genesys),
            genesys_trouble: None,
            reads,
            invocation,
            file,
            has_aws_endpoint_of_spec: false,
            known_roles,
        })
    }

    /// A session with its own clients.
    pub fn new(spec: Spec, clients: Clients, genesys: Option<genesys::Client>) -> Self {
        let file = format!("{}.toml", spec.name);
        Self {
            known_roles: Arc::new(spec.role_arns().collect()),
            spec,
            clients,
            in_sandbox: false,
            genesys,
            genesys_trouble: None,
            reads: Reads::Auto,
            invocation: Invocation::default(),
            file,
            has_aws_endpoint_of_spec: false,
        }
    }

    /// Reads the caller, the functions and the live state, all at the same time.
    pub async fn observe(
        &self,
        orphans: LookForOrphans,
        look_up: LookUp,
        output: &Output,
    ) -> Result<Observed, CommandError> {
        let Self { spec, clients, .. } = self;
        // Only `check` does not look for orphans; it treats whatever cannot be read as not provable.
        let is_check = orphans == LookForOrphans::No;
        // A part of the spec says nothing about what is not in it.
        let orphans = if spec.is_part { LookForOrphans::No } else { orphans };
        // The account is in the spec, so all ARNs are known in advance.
        let expected = resolve(spec, &BTreeMap::new());
        let in_bulk = self.reads.pages(expected.roles.len()).is_some();
        let all: Vec<&FunctionArn> = match look_up {
            LookUp::New if !in_bulk => expected.roles.iter().flat_map(|role| &role.functions).collect(),
            _ => Vec::new(),
        };
        tracing::trace!(
            target: "genesys_iam::session",
            "spec `{}`: {} {}, {} looked up",
            spec.name,
            plural(expected.roles.len(), "role"),
            if in_bulk { "in bulk" } else { "one by one" },
            plural(all.len(), "function")
        );
        let reads = async {
            // Boxed: each is large, and together they overflow a thread's stack.
            futures_util::join!(
                aws::caller(clients),
                self.functions(all),
                Box::pin(self.live(&expected, orphans, Freshness::Settled, output)),
                Box::pin(self.organization(&expected, orphans)),
                Box::pin(self.guards())
            )
        };
        let reading = Reading::of(std::iter::once((spec, clients)));
        let (caller, functions, live, organization, guards) =
            output.waiting_for(|| reading.text(), reads).await;
        if let Err(error) = &caller {
            self.name_profile(error, output);
        }
        let caller = caller?;
        if caller.account != spec.aws.account_id {
            return Err(SessionError::WrongAccount {
                live: caller.account,
                wanted: spec.aws.account_id.clone(),
            }
            .into());
        }
        if let Err(error) = &live {
            let kind = if is_check { CommandKind::Check } else { CommandKind::Plan };
            self.list_permissions(error, kind, output);
        }
        let (functions, exact) = functions?;
        let mut live = live?;
        live.guards = guards;
        let is_plan = !is_check && look_up != LookUp::None;
        live.is_of_spec_endpoint = self.has_aws_endpoint_of_spec;
        if is_plan {
            live.own_organization = Box::pin(self.own_organization(&organization)).await;
        }
        let (organization, genesys_unread) = match organization {
            Err(error) if is_check => (OrganizationReading::NotRead(error.brief()), None),
            // AWS's side can be planned without it.
            Err(error) if is_plan => (OrganizationReading::NotRead(error.brief()), Some(error)),
            organization => (organization?, None),
        };
        live.organization = organization;
        if !is_plan {
            return self.observed_for_no_plan(caller, (functions, exact), live, in_bulk && is_check).await;
        }
        let desired = as_answered(spec, expected, &exact);
        let plan = diff(&live, &desired);
        let later = async {
            if !in_bulk {
                return Ok((functions, exact));
            }
            let new = desired.roles.iter().filter(|role| !is_allowed_already(role, &live));
            self.functions(new.flat_map(|role| &role.functions).collect()).await
        };
        let ahead = Box::pin(aws::foresee(clients, &plan, &desired, &live));
        let (found, foresight) = futures_util::join!(later, ahead);
        let (functions, exact) = found?;
        let foresight = Some(foresight?);
        let is_final = !in_bulk || is_as_written(&exact);
        let desired = if is_final { desired } else { resolve(spec, &exact) };
        let draft = if self.genesys.is_none() && is_final {
            Some(plan)
        } else {
            Box::pin(self.read_usage(&mut live, &plan)).await;
            None
        };
        Ok(Observed {
            caller,
            functions,
            live,
            desired,
            foresight,
            draft,
            genesys_unread,
            function_policies: BTreeMap::new(),
            replaced: ReplacementTests::default(),
        })
    }

    /// The reading, if nothing will be planned.
    async fn observed_for_no_plan(
        &self,
        caller: Caller,
        (mut functions, mut exact): FunctionsFound,
        mut live: LiveState,
        look_up_functions: bool,
    ) -> Result<Observed, CommandError> {
        if look_up_functions {
            let expected = resolve(&self.spec, &BTreeMap::new());
            let new = expected.roles.iter().filter(|role| !is_allowed_already(role, &live));
            (functions, exact) = self.functions(new.flat_map(|role| &role.functions).collect()).await?;
        }
        let desired = resolve(&self.spec, &exact);
        if self.genesys.is_some() {
            let plan = diff(&live, &desired);
            Box::pin(self.read_usage(&mut live, &plan)).await;
        }
        Ok(Observed {
            caller,
            functions,
            live,
            desired,
            foresight: None,
            draft: None,
            genesys_unread: None,
            function_policies: BTreeMap::new(),
            replaced: ReplacementTests::default(),
        })
    }

    /// Works only on AWS's side, as if the spec did not mention Genesys Cloud.
    pub fn leave_genesys_alone(&mut self) {
        self.genesys = None;
        for role in &mut self.spec.roles {
            role.integration = None;
            role.data_actions.clear();
        }
    }

    /// Lists all permissions that a command needs; AWS only reports the first missing one.
    pub(super) fn list_permissions(&self, error: &AwsError, command: CommandKind, output: &Output) {
        if !error.is_access_denied() {
            return;
        }
        let word = match command {
            CommandKind::Plan => "plan",
            CommandKind::Check => "check",
            CommandKind::Apply => "apply",
            CommandKind::Destroy => "destroy",
        };
        let desired = resolve(&self.spec, &BTreeMap::new());
        let actions: Vec<&str> = required_actions(&desired, command).into_iter().collect();
        let mut more = String::new();
        if command == CommandKind::Apply && !actions.contains(&error.operation.as_str()) {
            let all = required_actions(&desired, CommandKind::Destroy).into_iter();
            let deleting: Vec<&str> = all.filter(|action| !actions.contains(action)).collect();
            more = format!(
                "; to delete what the spec no longer names also {}, on those roles and policies (`--pruned NAME` adds them)",
                deleting.join(", ")
            );
        }
        // A policy for the spec says nothing about what was taken out of it.
        let role = error.subject.strip_prefix("role `").and_then(|rest| rest.strip_suffix('`'));
        let pruned = role.filter(|name| desired.roles.iter().all(|role| role.role.name != **name));
        let pruned = pruned.map(|name| format!(" --pruned {}", shell_word(name))).unwrap_or_default();
        output.message(&format!(
            "{} for this spec `{word}` needs {}; `{} permissions --for {word}{pruned}` prints the policy{more}\n",
            paint(WARNING, "note:"),
            actions.join(", "),
            self.invocation
        ));
    }

    /// Blocks what IAM would refuse, if anything is created or deleted.
    ///
    /// # Errors
    ///
    /// When IAM does not answer.
    pub async fn look_ahead(
        &self,
        plan: &mut Plan,
        observed: &Observed,
        output: &Output,
    ) -> Result<(), AwsError> {
        let Observed { desired, live, foresight, .. } = observed;
        let looked_up;
        let foresight = match foresight {
            Some(foresight) => foresight,
            None => {
                // Boxed: the futures of listings are large.
                let foresee = aws::foresee(&self.clients, plan, desired, live);
                looked_up = Box::pin(foresee).await?;
                &looked_up
            }
        };
        for unknown in &foresight.unknown {
            output.message(&format!("{} {unknown}\n", paint(WARNING, "warning:")));
        }
        block_what_iam_refuses(plan, desired, live, foresight);
        widen_by_verifiers(plan, desired, foresight);
        note_open_accepts(plan, desired, live, foresight);
        Ok(())
    }

    /// The same for `check`, whose remedies only have to work: what cannot be looked up blocks nothing.
    pub async fn look_ahead_quietly(&self, plan: &mut Plan, observed: &Observed) {
        let Observed { desired, live, .. } = observed;
        // Boxed: the futures of listings are large.
        let foresight = Box::pin(aws::foresee(&self.clients, plan, desired, live)).await.unwrap_or_default();
        block_what_iam_refuses(plan, desired, live, &foresight);
    }

    /// The SDK reports missing credentials, but not for which profile.
    fn name_profile(&self, error: &AwsError, output: &Output) {
        let written = self.spec.aws.profile.clone().map(|name| (name, "`[aws] profile` in the spec"));
        let profile = written.or_else(|| Some((std::env::var("AWS_PROFILE").ok()?, "AWS_PROFILE")));
        if let (AwsErrorKind::Credentials(_), Some((name, source))) = (error.kind.as_ref(), profile) {
            output.message(&format!("{} the profile is `{name}`, from {source}\n", paint(WARNING, "note:")));
        }
    }

    /// The roles of the spec with their policies, and those that were removed from it.
    pub async fn live(
        &self,
        desired: &DesiredState,
        orphans: LookForOrphans,
        freshness: Freshness,
        output: &Output,
    ) -> Result<LiveState, AwsError> {
        let live = aws::survey(&self.clients, desired, orphans, self.reads, freshness).await?;
        let taken_out = match &live.orphans {
            Orphans::Read(roles) => Some(roles.values()),
            Orphans::Named(_) | Orphans::Unknown(_) => None,
        };
        mask(live.roles.values().chain(taken_out.into_iter().flatten()), desired, output);
        Ok(live)
    }

    /// In the sandbox, clients that act as Genesys Cloud: an identity of its own account.
    pub fn as_genesys(&self, account: &AccountId) -> Option<Clients> {
        self.in_sandbox.then(|| self.clients.with_credentials(sandbox::prober_credentials(account)))
    }
}

fn is_as_written(exact: &BTreeMap<FunctionArn, FunctionArn>) -> bool {
    exact.iter().all(|(written, exact)| written == exact)
}

/// The desired state with the ARNs that Lambda's API returned: usually the expected ones.
fn as_answered(
    spec: &Spec,
    expected: DesiredState,
    exact: &BTreeMap<FunctionArn, FunctionArn>,
) -> DesiredState {
    if is_as_written(exact) { expected } else { resolve(spec, exact) }
}

/// Whether the live policy already allows what is wanted: then each function was looked up when the policy was written.
fn is_allowed_already(role: &DesiredRole, live: &LiveState) -> bool {
    let policy = live.roles.get(&role.role.name).and_then(|live| live.policy.as_ref());
    policy.is_some_and(|policy| equivalent(&policy.policy.document, &role.policy.document))
}

/// If the spec's external ID is masked, also masks those in any live document.
fn mask<'a>(live: impl Iterator<Item = &'a Live>, desired: &DesiredState, output: &Output) {
    if !desired.roles.iter().any(|role| role.external_id.is_masked()) {
        return;
    }
    output.mask(|redactor| {
        live.flat_map(Live::documents).for_each(|document| redactor.add_live_external_ids(document));
    });
}
