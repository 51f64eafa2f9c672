//! What IAM would refuse blocks before anything is written.

use std::sync::Arc;

use crate::support::wire::{Fault, Wire};
use crate::support::world::{ACCOUNT, ID, World, clean, connect, spec_of, spec_text, virtual_time};
use crate::support::{Project, args};
use genesys_iam::apply::Interrupt;
use genesys_iam::aws::Clients;
use genesys_iam::commands::loading::seed;
use genesys_iam::commands::session::Session;
use genesys_iam::commands::{Status, apply, check, destroy, plan};
use genesys_iam::plan::Reads;
use genesys_iam::render::output::Output;
use genesys_iam::sandbox::Sandbox;
use genesys_iam::spec::{EmptyEnvironment, Spec};

const TRUST: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow",
    "Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}}"#;
const POLICY: &str =
    r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}"#;

/// Applies the spec, or destroys it again, after a manual change: nothing is written, and these words are printed.
async fn is_blocked(spec: &Spec, destroys: bool, by_hand: impl AsyncFnOnce(&Clients), words: &[&str]) {
    let world = World::new(Sandbox::new(&seed(spec)));
    let clients = clean(&world, spec).await;
    let session = || Session::new(spec.clone(), clients.clone(), None);
    let (interrupt, output) = (Interrupt::default(), Output::capture());
    if destroys {
        let args = args::apply("--yes --no-check --wait 0");
        Box::pin(apply::run_in(session(), &args, &interrupt, &Output::capture())).await.unwrap();
    }
    by_hand(&clients).await;
    let written = Arc::clone(&world).states.lock().unwrap().len();
    let result = if destroys {
        Box::pin(destroy::run_in(session(), &args::destroy("--yes --wait 0"), &interrupt, &output)).await
    } else {
        Box::pin(apply::run_in(session(), &args::apply("--yes --no-check --wait 0"), &interrupt, &output))
            .await
    };
    let said = output.captured();
    assert_eq!(result.map_err(|error| error.status()).unwrap_err(), Status::Refused, "{said}");
    for word in words {
        assert!(said.contains(word), "no {word:?} in {said}");
    }
    assert_eq!(world.states.lock().unwrap().len(), written, "nothing is written: {said}");
}

#[test]
fn names_that_are_taken_in_another_case_or_under_another_path_block() {
    virtual_time().block_on(async {
        let spec = spec_of("GenRole", &["f"], ID, "");
        let role = async |clients: &Clients| {
            let request = clients.iam.create_role().role_name("genrole");
            request.assume_role_policy_document(TRUST).send().await.unwrap();
        };
        Box::pin(is_blocked(
            &spec,
            false,
            role,
            &["the name of role `GenRole` is taken by", ":role/genrole`"],
        ))
        .await;
        let policy = async |clients: &Clients| {
            let request =
                clients.iam.create_policy().policy_name("genesyslambdainvokepolicy_GenRole").path("/x/");
            request.policy_document(POLICY).send().await.unwrap();
        };
        is_blocked(&spec, false, policy, &["is taken by", ":policy/x/genesyslambdainvokepolicy_GenRole`"])
            .await;
    });
}

/// What a check says of the spec, after it was applied (if it is to exist) and changed by hand.
async fn checked(applied: Option<&Spec>, spec: &Spec, by_hand: impl AsyncFnOnce(&Clients)) -> String {
    let world = World::new(Sandbox::new(&seed(spec)));
    let clients = clean(&world, spec).await;
    if let Some(applied) = applied {
        let session = Session::new(applied.clone(), clients.clone(), None);
        let args = args::apply("--yes --no-check --wait 0");
        Box::pin(apply::run_in(session, &args, &Interrupt::default(), &Output::capture())).await.unwrap();
    }
    by_hand(&clients).await;
    let output = Output::capture();
    let session = Session::new(spec.clone(), clients, None);
    Box::pin(check::run_in(&session, &args::check(""), &output)).await.unwrap();
    output.captured()
}

#[test]
fn a_check_does_not_send_for_apply_where_the_plan_is_blocked() {
    virtual_time().block_on(async {
        let spec = spec_of("GenRole", &["f"], ID, "");
        let namesake = async |clients: &Clients| {
            let request = clients.iam.create_role().role_name("genrole");
            request.assume_role_policy_document(TRUST).send().await.unwrap();
        };
        let said = Box::pin(checked(None, &spec, namesake)).await;
        assert!(said.contains("): choose another `name`"), "{said}");
        // The role exists; only its trust policy would be changed.
        let text = spec_text("GenRole", &["f"], ID, "");
        let text = format!("{text}\n[check]\nverifier = \"arn:aws:iam::{ACCOUNT}:role/none\"\n");
        let (verified, faults) = genesys_iam::spec::parse(&text, "test", &EmptyEnvironment);
        let verified = verified.unwrap_or_else(|| panic!("{faults:?}"));
        let said = Box::pin(checked(Some(&spec), &verified, async |_: &Clients| ())).await;
        assert!(said.contains("): create it first, or correct the ARN"), "{said}");
        // Only its policy would be attached.
        let full = async |clients: &Clients| {
            let own = format!("arn:aws:iam::{ACCOUNT}:policy/GenesysLambdaInvokePolicy_GenRole");
            clients.iam.detach_role_policy().role_name("GenRole").policy_arn(own).send().await.unwrap();
            for n in 0..10 {
                let create = clients.iam.create_policy().policy_name(format!("p{n}"));
                let policy = create.policy_document(POLICY).send().await.unwrap().policy.unwrap();
                let attach = clients.iam.attach_role_policy().role_name("GenRole");
                attach.policy_arn(policy.arn.unwrap()).send().await.unwrap();
            }
        };
        let said = Box::pin(checked(Some(&spec), &spec, full)).await;
        assert!(said.contains("): detach one that it does not need"), "{said}");
    });
}

#[test]
fn a_path_that_belongs_to_aws_is_a_fault_of_the_spec() {
    for path in ["/aws-service-role/x.amazonaws.com/", "/aws-reserved/sso.amazonaws.com/"] {
        let text = spec_text("R", &["f"], ID, &format!("path = {path:?}"));
        let (spec, faults) = genesys_iam::spec::parse(&text, "test", &EmptyEnvironment);
        assert!(spec.is_none() && format!("{faults:?}").contains("belongs to AWS"), "{faults:?}");
    }
}

#[test]
fn a_policy_that_is_live_in_another_case_or_under_another_path_is_named_as_the_spec_would() {
    virtual_time().block_on(async {
        let plan_of = async |live: &str, wanted: &str| {
            let (live, wanted) = (spec_of("R", &["f"], ID, live), spec_of("R", &["f"], ID, wanted));
            let clients = clean(&World::new(Sandbox::new(&seed(&live))), &live).await;
            let args = args::apply("--yes --no-check --wait 0");
            let session = Session::new(live, clients.clone(), None);
            Box::pin(apply::run_in(session, &args, &Interrupt::default(), &Output::capture())).await.unwrap();
            let output = Output::capture();
            let session = Session::new(wanted, clients, None);
            Box::pin(plan::run_in(session, &args::plan(""), &output)).await.unwrap_err();
            output.captured()
        };
        let said = Box::pin(plan_of("policy_name = \"P\"", "policy_name = \"p\"")).await;
        assert!(said.contains("write `policy_name = \"P\"`, or choose another"), "{said}");
        assert_eq!(said.matches("blocked: ").count(), 1, "{said}");
        let said = Box::pin(plan_of("policy_path = \"/a/\"", "policy_path = \"/b/\"")).await;
        assert!(said.contains("write `policy_path = \"/a/\"`, or choose another"), "{said}");
    });
}

#[test]
fn what_the_specs_of_one_account_create_together_has_to_fit_its_quotas() {
    let project = Project::empty();
    std::fs::create_dir(project.path("specs")).unwrap();
    for name in ["a", "b", "c"] {
        let text = spec_text(&format!("R{name}"), &["f"], ID, "");
        let text = text.replace("\"test\"", &format!("{name:?}"));
        std::fs::write(project.path(&format!("specs/{name}.toml")), text).unwrap();
    }
    for (roles, status) in [(3, 0), (2, 3)] {
        let quotas = format!("quotas = {{ roles = {roles}, policies = 99 }}");
        std::fs::write(project.path("room.toml"), quotas).unwrap();
        let all = |words: &[&str]| {
            project.sandbox(&[&["--file", "specs", "--scenario", "room.toml"], words].concat())
        };
        let plan = all(&["plan"]);
        plan.expect(status);
        if status == 3 {
            plan.says("blocked: the account has 0 of 2 roles, and the plan creates 3");
            all(&["apply", "--yes", "--no-check"]).expect(3).says_not("done ");
        }
    }
}

#[test]
fn a_verifier_or_boundary_that_does_not_exist_blocks() {
    virtual_time().block_on(async {
        let reserved = format!("arn:aws:iam::{ACCOUNT}:role/aws-reserved/sso.amazonaws.com/SSO_Admin");
        let text = spec_text("R", &["f"], ID, "");
        let text = format!("{text}\n[check]\nverifier = \"{reserved}\"\n");
        let (spec, faults) = genesys_iam::spec::parse(&text, "test", &EmptyEnvironment);
        let spec = spec.unwrap_or_else(|| panic!("{faults:?}"));
        let role = async |clients: &Clients| {
            let request = clients.iam.create_role().role_name("SSO_Admin");
            let request = request.path("/aws-reserved/sso.amazonaws.com/eu-west-1/");
            request.assume_role_policy_document(TRUST).send().await.unwrap();
        };
        let words = ["`[check] verifier` in the spec", "sso.amazonaws.com/eu-west-1/SSO_Admin`"];
        Box::pin(is_blocked(&spec, false, role, &words)).await;
        Box::pin(is_blocked(&spec, false, async |_: &Clients| (), &["IAM has no `", "create it first"]))
            .await;
        let line = format!("permissions_boundary = \"arn:aws:iam::{ACCOUNT}:policy/none\"");
        let bounded = spec_of("R", &["f"], ID, &line);
        let words = ["there is no policy `", "`permissions_boundary` in the spec"];
        Box::pin(is_blocked(&bounded, false, async |_: &Clients| (), &words)).await;
    });
}

#[test]
fn a_boundary_that_the_spec_names_is_read_so_that_its_replacement_needs_no_detour() {
    virtual_time().block_on(async {
        let bounded = |name: &str, more: &str| {
            let arn = format!("arn:aws:iam::{ACCOUNT}:policy/{name}");
            spec_of("R", &["f"], ID, &format!("permissions_boundary = \"{arn}\"\n{more}"))
        };
        let (old, wanted) = (bounded("narrow", ""), bounded("wide", "extra_permissions = \"remove\""));
        let world = World::new(Sandbox::new(&seed(&old)));
        let clients = clean(&world, &old).await;
        let document = |allows: &str, denies: &str| {
            let deny = match denies {
                "" => String::new(),
                action => format!(r#",{{"Effect":"Deny","Action":"{action}","Resource":"*"}}"#),
            };
            let allow = format!(r#"{{"Effect":"Allow","Action":"{allows}","Resource":"*"}}"#);
            format!(r#"{{"Version":"2012-10-17","Statement":[{allow}{deny}]}}"#)
        };
        for (name, text) in
            [("narrow", document("lambda:InvokeFunction", "")), ("wide", document("lambda:*", ""))]
        {
            clients.iam.create_policy().policy_name(name).policy_document(text).send().await.unwrap();
        }
        let session =
            |spec: &Spec, reads| Session { reads, ..Session::new(spec.clone(), clients.clone(), None) };
        let interrupt = Interrupt::default();
        let args = args::apply("--yes --no-check --wait 0");
        let first = session(&old, Reads::Auto);
        Box::pin(apply::run_in(first, &args, &interrupt, &Output::capture())).await.unwrap();
        let put = clients.iam.put_role_policy().role_name("R").policy_name("extra");
        put.policy_document(document("lambda:*", "iam:*")).send().await.unwrap();
        for reads in [Reads::Single, Reads::Bulk] {
            let output = Output::capture();
            Box::pin(plan::run_in(session(&wanted, reads), &args::plan(""), &output)).await.unwrap();
            let said = output.captured();
            for operation in ["DeleteRolePolicy", "PutRolePermissionsBoundary", "1 to change, 1 to remove"] {
                assert!(said.contains(operation), "{reads:?}: no {operation} in {said}");
            }
            assert!(!said.contains("+ PutRolePolicy"), "{reads:?}: {said}");
        }
    });
}

#[test]
fn a_policy_that_becomes_its_roles_boundary_is_created_first() {
    virtual_time().block_on(async {
        let own =
            format!("permissions_boundary = \"arn:aws:iam::{ACCOUNT}:policy/GenesysLambdaInvokePolicy_R\"");
        let spec = spec_of("R", &["f"], ID, &format!("{own}\nadopt = true"));
        let clients = clean(&World::new(Sandbox::new(&seed(&spec))), &spec).await;
        let role = clients.iam.create_role().role_name("R").assume_role_policy_document(TRUST);
        role.send().await.unwrap();
        let output = Output::capture();
        let args = args::apply("--yes --no-check --wait 0");
        let session = Session::new(spec, clients, None);
        let ended = Box::pin(apply::run_in(session, &args, &Interrupt::default(), &output)).await;
        let said = output.captured();
        assert_eq!(ended.map_err(|error| error.status()), Ok(Status::Done), "{said}");
        let at = |what: &str| said.find(&format!("done   {what}")).unwrap();
        assert!(at("CreatePolicy") < at("PutRolePermissionsBoundary"), "{said}");
    });
}

#[test]
fn a_pruning_that_is_refused_names_what_deleting_needs() {
    virtual_time().block_on(async {
        let parse = |more: &str| {
            let text = format!("{}\n{more}", spec_text("New", &["f"], ID, ""));
            let (spec, faults) = genesys_iam::spec::parse(&text, "test", &EmptyEnvironment);
            spec.unwrap_or_else(|| panic!("{faults:?}"))
        };
        let (before, after) = (parse("[[role]]\nname = \"Old\"\nfunctions = [\"f\"]\n"), parse(""));
        let made = World::new(Sandbox::new(&seed(&before)));
        let run = async |world: &Arc<World>, spec: &Spec, fault, more: &str| {
            let wire = Wire::new(Arc::clone(world) as _, fault);
            let session = Session::new(spec.clone(), connect(spec, &wire).await, None);
            let args = args::apply(&format!("--yes --no-check --wait 0 {more}"));
            let output = Output::capture();
            let ended = Box::pin(apply::run_in(session, &args, &Interrupt::default(), &output)).await;
            (ended.map_err(|error| error.status()), output.captured(), wire.calls())
        };
        Box::pin(run(&made, &before, None, "")).await.0.unwrap();
        let (_, _, calls) = Box::pin(run(&World::new(made.copy()), &after, None, "--prune")).await;
        let at = calls.iter().position(|call| call.operation == "DeletePolicy").unwrap();
        let refused = Fault::Error { code: "AccessDenied", status: 403, calls: 1 };
        let (ended, said, _) =
            Box::pin(run(&World::new(made.copy()), &after, Some((at, refused)), "--prune")).await;
        assert_eq!(ended, Err(Status::Error), "{said}");
        let (_, list) = said.split_once("to delete what the spec no longer names also ").unwrap();
        assert!(list.contains("iam:DeletePolicy") && list.contains("iam:DeleteRole"), "{said}");
    });
}

#[test]
fn what_the_spec_still_names_is_not_pruned() {
    virtual_time().block_on(async {
        let policy = format!("arn:aws:iam::{ACCOUNT}:policy/GenesysLambdaInvokePolicy_Old");
        let verifier = format!("[check]\nverifier = \"arn:aws:iam::{ACCOUNT}:role/Old\"\n");
        let old = "[[role]]\nname = \"Old\"\nfunctions = [\"f\"]\n";
        for (line, table, words) in [
            (
                "",
                verifier.as_str(),
                "role `Old` would be deleted, and `[check] verifier` in the spec names it",
            ),
            (
                &format!("permissions_boundary = {policy:?}"),
                "",
                "`permissions_boundary` in the spec names it",
            ),
        ] {
            let parse = |line: &str, more: &str| {
                let text = format!("{}\n{more}", spec_text("New", &["f"], ID, line));
                let (spec, faults) = genesys_iam::spec::parse(&text, "test", &EmptyEnvironment);
                spec.unwrap_or_else(|| panic!("{faults:?}"))
            };
            let (before, after) = (parse("", old), parse(line, table));
            let world = World::new(Sandbox::new(&seed(&before)));
            let clients = clean(&world, &before).await;
            let run = async |spec: &Spec, more: &str| {
                let session = Session::new(spec.clone(), clients.clone(), None);
                let args = args::apply(&format!("--yes --no-check --wait 0 {more}"));
                let output = Output::capture();
                let ended = Box::pin(apply::run_in(session, &args, &Interrupt::default(), &output)).await;
                (ended.map_err(|error| error.status()), output.captured())
            };
            Box::pin(run(&before, "")).await.0.unwrap();
            let written = world.states.lock().unwrap().len();
            let (ended, said) = Box::pin(run(&after, "--prune")).await;
            assert!(said.contains(words), "no {words:?} in {said}");
            assert_eq!(ended, Err(Status::Refused), "{said}");
            assert_eq!(world.states.lock().unwrap().len(), written, "{said}");
        }
    });
}

#[test]
fn what_iam_does_not_delete_is_not_destroyed() {
    virtual_time().block_on(async {
        let spec = spec_of("R", &["f"], ID, "");
        let in_profile = async |clients: &Clients| {
            clients.iam.create_instance_profile().instance_profile_name("web").send().await.unwrap();
            let request = clients.iam.add_role_to_instance_profile().instance_profile_name("web");
            request.role_name("R").send().await.unwrap();
        };
        Box::pin(is_blocked(&spec, true, in_profile, &["role `R` is in the instance profile `web`"])).await;
        let bounds = async |clients: &Clients| {
            let policy = format!("arn:aws:iam::{ACCOUNT}:policy/GenesysLambdaInvokePolicy_R");
            let request = clients.iam.create_role().role_name("Other").permissions_boundary(policy);
            request.assume_role_policy_document(TRUST).send().await.unwrap();
        };
        Box::pin(is_blocked(&spec, true, bounds, &["is the permissions boundary of 1 role or user"])).await;
    });
}
