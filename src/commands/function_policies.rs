//! Functions' own policies, and those of their aliases and versions: who may run a function without the role.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::{join_all, try_join_all};
use futures_util::stream::{self, StreamExt as _};

use super::session::Session;
use crate::arn::FunctionArn;
use crate::aws::{self, AwsError};
use crate::check::{OwnPolicy, QualifiedPolicies};
use crate::model::{DesiredRole, DesiredState};
use crate::permissions::accepts_about_functions;
use crate::text::plural;

/// A run's reads of aliases' and versions' policies, shared among the roles' functions: 20 seconds at AWS's rate.
const MOST_QUALIFIED: usize = 300;
/// Of each function in any case.
const FEWEST_QUALIFIED: usize = 10;
/// How many of a function at a time.
const AT_A_TIME: usize = 8;

impl Session {
    /// The own policies of functions for which the spec may accept something.
    pub async fn accepted_policies(
        &self,
        desired: &DesiredState,
    ) -> Result<BTreeMap<FunctionArn, OwnPolicy>, AwsError> {
        let roles: Vec<_> = desired.roles.iter().filter(|role| accepts_about_functions(role)).collect();
        let functions = roles.iter().flat_map(|role| &role.functions);
        let functions: BTreeSet<FunctionArn> =
            functions.flat_map(|arn| [arn.clone(), arn.unqualified()]).collect();
        let read = try_join_all(functions.into_iter().map(|arn| self.own_policy(arn)));
        let qualified = join_all(roles.into_iter().map(|role| self.qualified_policies(role)));
        let (read, qualified) = futures_util::join!(read, qualified);
        let qualified = qualified.into_iter().flatten().flat_map(|one| one.policies);
        Ok(read?.into_iter().chain(qualified).collect())
    }

    /// The own policies of functions whose aliases or versions a role has, unless it has the functions too.
    pub async fn whole_functions(
        &self,
        desired: &DesiredRole,
    ) -> Result<Vec<(FunctionArn, OwnPolicy)>, AwsError> {
        let others = whole(desired).into_iter().filter(|arn| !desired.functions.contains(arn));
        try_join_all(others.map(|arn| self.own_policy(arn))).await
    }

    /// A function's own policy, or that of an alias or version.
    pub(super) async fn own_policy(&self, arn: FunctionArn) -> Result<(FunctionArn, OwnPolicy), AwsError> {
        let policy = match aws::function_policy(&self.clients, &arn).await {
            Ok(policy) => Ok(policy),
            Err(error) if error.is_access_denied() => Err(error.brief()),
            Err(error) => return Err(error),
        };
        Ok((arn, policy))
    }

    /// The policies of all other aliases and versions of a role's functions: each lets others in by itself.
    pub async fn qualified_policies(&self, desired: &DesiredRole) -> Vec<QualifiedPolicies> {
        let functions: usize = self.spec.roles.iter().map(|role| role.functions.len()).sum();
        let most = (MOST_QUALIFIED / functions.max(1)).max(FEWEST_QUALIFIED);
        let read = whole(desired).into_iter().map(|function| async move {
            let all = match aws::function_qualifiers(&self.clients, &function).await {
                Ok(all) => all,
                Err(error) => {
                    return QualifiedPolicies { function, policies: Vec::new(), unread: Some(error.brief()) };
                }
            };
            let mut all: Vec<_> = all.into_iter().filter(|arn| !desired.functions.contains(arn)).collect();
            let left = all.split_off(most.min(all.len()));
            let mut unread = (!left.is_empty()).then(|| {
                format!(
                    "only those of {most} aliases and versions were looked at, the newest; {} are left",
                    plural(left.len(), "older version")
                )
            });
            let mut policies = Vec::new();
            let mut answers = stream::iter(all.into_iter().map(|arn| async move {
                let policy = aws::function_policy(&self.clients, &arn).await;
                (arn, policy)
            }))
            .buffered(AT_A_TIME);
            while let Some((arn, policy)) = answers.next().await {
                match policy {
                    Ok(policy) => policies.push((arn, Ok(policy))),
                    // The others would be refused, too.
                    Err(error) => {
                        unread = Some(error.brief());
                        break;
                    }
                }
            }
            QualifiedPolicies { function, policies, unread }
        });
        join_all(read).await
    }
}

fn whole(desired: &DesiredRole) -> BTreeSet<FunctionArn> {
    desired.functions.iter().map(FunctionArn::unqualified).collect()
}
