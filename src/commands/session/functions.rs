//! The functions of the spec, as Lambda knows them.

use std::collections::BTreeMap;

use futures_util::future::try_join_all;
use futures_util::stream::{self, StreamExt as _};

use super::Session;
use super::observed::{FunctionsFound, Observed};
use crate::arn::FunctionArn;
use crate::aws::{self, AwsError};
use crate::check::{FunctionFacts, FunctionState};
use crate::model::DesiredRole;

/// How many functions are looked up at a time: each takes memory and a connection.
const FUNCTIONS_AT_A_TIME: usize = 128;

impl Session {
    /// Each function's state, and the exact ARNs that Lambda's API returned.
    pub(super) async fn functions(&self, mut wanted: Vec<&FunctionArn>) -> Result<FunctionsFound, AwsError> {
        wanted.sort_unstable();
        wanted.dedup();
        let ask = wanted.iter().map(|arn| aws::function(&self.clients, arn));
        let answers: Vec<_> = stream::iter(ask).buffered(FUNCTIONS_AT_A_TIME).collect().await;
        let mut states = BTreeMap::new();
        let mut exact = BTreeMap::new();
        for (arn, answer) in wanted.into_iter().zip(answers) {
            let state = match answer {
                Ok(Some(function)) => {
                    exact.insert(arn.clone(), function.arn);
                    FunctionState::Exists(function.settings)
                }
                Ok(None) => FunctionState::Missing,
                // The ARN is known without the API: only the function's existence stays unknown.
                Err(error) if error.is_access_denied() => FunctionState::Unknown(error.brief()),
                Err(error) => return Err(error),
            };
            states.insert(exact.get(arn).unwrap_or(arn).clone(), state);
        }
        Ok((states, exact))
    }

    /// The functions of a role, with their own policies.
    pub async fn function_facts(
        &self,
        observed: &Observed,
        desired: &DesiredRole,
    ) -> Result<Vec<FunctionFacts>, AwsError> {
        let not_yet = desired.functions.iter().filter(|arn| !observed.functions.contains_key(arn)).collect();
        let (later, _) = self.functions(not_yet).await?;
        let later = &later;
        let facts = desired.functions.iter().map(|arn| async move {
            let missing = FunctionState::Unknown("not looked up".to_owned());
            let state = observed.functions.get(arn).or_else(|| later.get(arn)).cloned().unwrap_or(missing);
            if state == FunctionState::Missing {
                return Ok(FunctionFacts {
                    arn: arn.clone(),
                    state,
                    reserved_concurrency: Ok(None),
                    policy: Ok(None),
                });
            }
            let (policy, reserved) = futures_util::join!(
                self.own_policy(arn.clone()),
                aws::reserved_concurrency(&self.clients, arn)
            );
            let (_, policy) = policy?;
            // Only one claim depends on it.
            let reserved_concurrency = reserved.map_err(|error| error.brief());
            Ok(FunctionFacts { arn: arn.clone(), state, reserved_concurrency, policy })
        });
        try_join_all(facts).await
    }
}
