//! How many round trips and calls a run takes: every answer takes one second of virtual time.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::support::args;
use crate::support::wire::Wire;
use crate::support::world::{ID, OTHER_ID, World, clean, connect, fleet_of, virtual_time};
use genesys_iam::apply::Interrupt;
use genesys_iam::commands::session::Session;
use genesys_iam::commands::{apply, loading::seed, plan};
use genesys_iam::plan::Reads;
use genesys_iam::render::output::Output;
use genesys_iam::sandbox::Sandbox;
use genesys_iam::spec::Spec;
use tokio::time::Instant;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Run {
    Plan,
    Apply,
}

/// Round trips, and calls by name; those to Lambda are named `/`.
async fn cost(world: &Arc<World>, spec: &Spec, reads: Reads, run: Run) -> (u64, BTreeMap<String, usize>) {
    let wire = Wire::slow(Arc::clone(world) as _, Duration::from_secs(1));
    let session = Session { reads, ..Session::new(spec.clone(), connect(spec, &wire).await, None) };
    let (output, began) = (Output::capture(), Instant::now());
    match run {
        Run::Plan => drop(Box::pin(plan::run_in(session, &args::plan(""), &output)).await.unwrap()),
        Run::Apply => {
            let args = args::apply("--yes --no-check --wait 20");
            Box::pin(apply::run_in(session, &args, &Interrupt::default(), &output)).await.unwrap();
        }
    }
    let mut calls = BTreeMap::new();
    for call in wire.calls() {
        let name = if call.operation.starts_with('/') { "/" } else { &call.operation };
        *calls.entry(name.to_owned()).or_default() += 1;
    }
    (began.elapsed().as_secs(), calls)
}

#[test]
fn a_first_apply_takes_five_round_trips_and_looks_names_up_once() {
    virtual_time().block_on(async {
        for (roles, reads) in [(1, Reads::Auto), (3, Reads::Single), (3, Reads::Bulk)] {
            let spec = fleet_of(roles, ID);
            let world = World::new(Sandbox::new(&seed(&spec)));
            // What exists, what would be refused, both creations, the attachment, the result.
            let (rounds, calls) = cost(&world, &spec, reads, Run::Apply).await;
            assert_eq!(rounds, 5, "{roles} {reads:?}: {calls:?}");
            assert_eq!(calls["GetAccountSummary"], 1, "{calls:?}");
            for write in ["CreatePolicy", "CreateRole", "AttachRolePolicy"] {
                assert_eq!(calls[write], roles, "{calls:?}");
            }
            // In bulk the listings contain the names.
            let listed = if reads == Reads::Bulk { None } else { Some(&1) };
            assert_eq!(calls.get("ListPolicies"), listed, "{calls:?}");
            let (rounds, calls) = cost(&world, &spec, reads, Run::Plan).await;
            let expected = if reads == Reads::Single { 2 } else { 1 };
            assert!(rounds <= expected, "{roles} {reads:?}: {rounds} rounds, {calls:?}");
            assert!(!calls.contains_key("GetAccountSummary"), "{calls:?}");
        }
    });
}

#[test]
fn many_roles_read_one_by_one_wait_for_no_answer_but_where_aws_throttles() {
    virtual_time().block_on(async {
        let spec = fleet_of(40, ID);
        let world = World::new(Sandbox::new(&seed(&spec)));
        cost(&world, &spec, Reads::Bulk, Run::Apply).await;
        // 241 calls: 38, 76 and the rest.
        let (rounds, calls) = cost(&world, &spec, Reads::Single, Run::Plan).await;
        assert_eq!((rounds, calls["GetPolicyVersion"]), (3, 40), "{calls:?}");
    });
}

#[test]
fn tags_of_policies_are_asked_for_one_by_one_only_where_they_can_change_the_plan() {
    virtual_time().block_on(async {
        let (spec, wanted) = (fleet_of(3, ID), fleet_of(3, OTHER_ID));
        let world = World::new(Sandbox::new(&seed(&spec)));
        cost(&world, &spec, Reads::Bulk, Run::Apply).await;
        let clients = clean(&world, &spec).await;
        // A boundary, and another role's policy.
        let policy = |n: usize| format!("arn:aws:iam::111122223333:policy/GenesysLambdaInvokePolicy_R{n}");
        let boundary = clients.iam.put_role_permissions_boundary().role_name("R0");
        boundary.permissions_boundary("arn:aws:iam::aws:policy/ReadOnlyAccess").send().await.unwrap();
        clients.iam.attach_role_policy().role_name("R0").policy_arn(policy(1)).send().await.unwrap();
        let (_, calls) = cost(&world, &spec, Reads::Bulk, Run::Plan).await;
        assert!(!calls.contains_key("ListPolicyTags"), "{calls:?}");
        // Before a write, IAM itself is asked who owns a policy.
        let (_, calls) = cost(&world, &wanted, Reads::Bulk, Run::Plan).await;
        assert_eq!(calls["ListPolicyTags"], 3, "{calls:?}");
    });
}
