//! The permissions that `permissions` prints are sufficient, and all are necessary.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::process::Command;
use std::sync::Arc;

use crate::support::args;
use crate::support::packages::on_the_machine;
use crate::support::wire::{Call, Wire};
use crate::support::world::{
    ACCOUNT, ID, OTHER_ID, World, clean, connect_as, fleet_of, spec_of, virtual_time,
};
use crate::support::{BOTH_ENDS, EXAMPLE, Project, Run};
use aws_credential_types::Credentials;
use genesys_iam::apply::Interrupt;
use genesys_iam::commands::loading::seed;
use genesys_iam::commands::session::Session;
use genesys_iam::commands::{CommandError, Status, apply, check, destroy, plan};
use genesys_iam::model::resolve;
use genesys_iam::permissions::{CommandKind, Permission, permissions, prune_permissions, size};
use genesys_iam::policy::{Document, quota};
use genesys_iam::render::output::Output;
use genesys_iam::render::permissions::{json, policies};
use genesys_iam::sandbox::Sandbox;
use genesys_iam::spec::Spec;
use insta::assert_snapshot;

const KEY: &str = "AKIALIMITEDLIMITED";
const S3: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}"#;

/// The initial state, and what is run.
struct Scenario {
    before: Sandbox,
    wanted: Spec,
    purpose: CommandKind,
}

struct Outcome {
    result: Result<Status, CommandError>,
    said: String,
    /// By permission name.
    used: BTreeSet<String>,
}

/// Runs the scenario as a caller with exactly these grants, except one action.
async fn run(scenario: &Scenario, grants: &[Permission], without: Option<&str>) -> Outcome {
    let mut documents = Vec::new();
    for grants in policies(grants) {
        let mut policy: serde_json::Value = serde_json::from_str(&json(&[grants])).unwrap();
        for statement in policy["Statement"].as_array_mut().unwrap() {
            statement["Action"].as_array_mut().unwrap().retain(|action| action.as_str() != without);
        }
        let is_left = |one: &serde_json::Value| !one["Action"].as_array().unwrap().is_empty();
        policy["Statement"].as_array_mut().unwrap().retain(is_left);
        documents.push(Document::parse(&policy.to_string()).unwrap());
    }
    let mut sandbox = scenario.before.copy();
    sandbox.add_identity(KEY, &format!("arn:aws:iam::{ACCOUNT}:user/limited"), Some(documents));
    let wire = Wire::new(World::new(sandbox), None);
    let credentials = Credentials::new(KEY, "secret", None, None, "test");
    let clients = connect_as(&scenario.wanted, &wire, credentials).await;
    let session = Session::new(scenario.wanted.clone(), clients, None);
    let output = Output::capture();
    let interrupt = Interrupt::default();
    let result = match scenario.purpose {
        CommandKind::Plan => plan::run_in(session, &args::plan(""), &output).await,
        CommandKind::Check => check::run_in(&session, &args::check(""), &output).await,
        CommandKind::Apply => {
            apply::run_in(session, &args::apply("--yes --wait 0"), &interrupt, &output).await
        }
        CommandKind::Destroy => {
            destroy::run_in(session, &args::destroy("--yes --wait 0"), &interrupt, &output).await
        }
    };
    // Permissions for lookups of something that turns out not to exist are not needed.
    let in_vain = |call: &&Call| call.operation == "GetPolicyVersion" && !call.carried_out;
    let calls = wire.calls();
    let used =
        calls.iter().filter(|call| !in_vain(call)).filter_map(|call| permission(&call.operation)).collect();
    Outcome { result, said: output.captured(), used }
}

/// The permission that a call needs; probes need none from the caller.
fn permission(operation: &str) -> Option<String> {
    match operation {
        "GetCallerIdentity" | "AssumeRole" => None,
        path if path.ends_with("/configuration") => Some("lambda:GetFunctionConfiguration".to_owned()),
        path if path.ends_with("/concurrency") => Some("lambda:GetFunctionConcurrency".to_owned()),
        path if path.ends_with("/policy") => Some("lambda:GetPolicy".to_owned()),
        path if path.ends_with("/aliases") => Some("lambda:ListAliases".to_owned()),
        path if path.ends_with("/versions") => Some("lambda:ListVersionsByFunction".to_owned()),
        "LookupEvents" => Some("cloudtrail:LookupEvents".to_owned()),
        "/analyzer" => Some("access-analyzer:ListAnalyzers".to_owned()),
        "/finding" => Some("access-analyzer:ListFindings".to_owned()),
        path if path.starts_with('/') => None,
        operation => Some(format!("iam:{operation}")),
    }
}

/// Creates what `spec` wants, then makes manual changes.
async fn made(spec: &Spec, by_hand: impl AsyncFnOnce(&genesys_iam::aws::Clients)) -> Sandbox {
    let world = World::new(Sandbox::new(&seed(spec)));
    let clients = clean(&world, spec).await;
    let args = args::apply("--yes --no-check --wait 0");
    let session = Session::new(spec.clone(), clients.clone(), None);
    apply::run_in(session, &args, &Interrupt::default(), &Output::capture()).await.unwrap();
    by_hand(&clients).await;
    world.copy()
}

async fn scenarios() -> Vec<Scenario> {
    let arn = |name: &str| format!("arn:aws:iam::{ACCOUNT}:policy/{name}");
    let boundary = format!("permissions_boundary = {:?}", arn("boundary"));
    let remove = "extra_permissions = \"remove\"\nmax_session_duration = 7200\ntags = { team = \"t\" }";
    let wanted = spec_of("R", &["f", "g:live"], ID, remove);
    let bounded = spec_of("R", &["f"], ID, &boundary);
    let unbounded = spec_of("R", &["f"], ID, "permissions_boundary = \"none\"");
    let plain = spec_of("R", &["f"], ID, "");
    let with_path = spec_of("R", &["f"], ID, "path = \"/genesys/\"");
    let own = arn("GenesysLambdaInvokePolicy_R");
    let rogue = async |clients: &genesys_iam::aws::Clients| {
        let iam = &clients.iam;
        iam.create_policy().policy_name("rogue").policy_document(S3).send().await.unwrap();
        iam.attach_role_policy().role_name("R").policy_arn(arn("rogue")).send().await.unwrap();
        iam.put_role_policy().role_name("R").policy_name("in").policy_document(S3).send().await.unwrap();
        for n in 0..4 {
            let text = S3.replace("s3:*", &format!("s3:Get{n}"));
            let request = iam.create_policy_version().policy_arn(&own).policy_document(text);
            request.set_as_default(true).send().await.unwrap();
        }
    };
    let old = spec_of("R", &["f"], OTHER_ID, "");
    let drifted = made(&old, rogue).await;
    let rolled_back = made(&plain, async |clients| {
        let request = clients.iam.create_policy_version().policy_arn(&own).policy_document(S3);
        request.set_as_default(true).send().await.unwrap();
    })
    .await;
    let with_boundary_policy = made(&plain, async |clients| {
        clients.iam.create_policy().policy_name("boundary").policy_document(S3).send().await.unwrap();
    })
    .await;
    let with_boundary = made(&plain, async |clients| {
        clients.iam.create_policy().policy_name("boundary").policy_document(S3).send().await.unwrap();
        let request = clients.iam.put_role_permissions_boundary().role_name("R");
        request.permissions_boundary(arn("boundary")).send().await.unwrap();
    })
    .await;
    // Neither can go before the other.
    let entangled = made(&plain, async |clients| {
        for (name, allowed, denied) in [("a", "lambda:*", "iam:*"), ("b", "iam:*", "lambda:*")] {
            let text = format!(
                r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"{allowed}","Resource":"*"}},
                    {{"Effect":"Deny","Action":"{denied}","Resource":"*"}}]}}"#
            );
            let request = clients.iam.put_role_policy().role_name("R");
            request.policy_name(name).policy_document(text).send().await.unwrap();
        }
    })
    .await;
    let bare = spec_of("R", &["f"], ID, "extra_permissions = \"remove\"");
    let mut analyzed = drifted.copy();
    let analyzer = genesys_iam::sandbox::Scenario::parse("access_analyzer = true", &seed(&plain)).unwrap();
    analyzed.play_now(&analyzer, &seed(&plain)).unwrap();
    let scenario = |before: &Sandbox, wanted: &Spec, purpose| {
        let mut before = before.copy();
        for function in wanted.roles.iter().flat_map(|role| &role.functions) {
            before.add_function(&function.arn);
        }
        Scenario { before, wanted: wanted.clone(), purpose }
    };
    let nothing = Sandbox::new(&seed(&wanted));
    vec![
        scenario(&nothing, &wanted, CommandKind::Apply),
        scenario(&nothing, &with_path, CommandKind::Apply),
        scenario(&drifted, &wanted, CommandKind::Apply),
        scenario(&rolled_back, &plain, CommandKind::Apply),
        scenario(&with_boundary_policy, &bounded, CommandKind::Apply),
        scenario(&with_boundary, &unbounded, CommandKind::Apply),
        scenario(&entangled, &bare, CommandKind::Apply),
        scenario(&nothing, &wanted, CommandKind::Plan),
        scenario(&drifted, &wanted, CommandKind::Plan),
        scenario(&with_boundary, &plain, CommandKind::Plan),
        scenario(&analyzed, &plain, CommandKind::Check),
        scenario(&drifted, &plain, CommandKind::Destroy),
        scenario(&with_boundary, &plain, CommandKind::Destroy),
        scenario(&entangled, &plain, CommandKind::Destroy),
    ]
}

#[test]
fn with_exactly_these_permissions_each_command_works_and_without_any_one_it_says_which_lacks() {
    virtual_time().block_on(async {
        let mut never_used: BTreeMap<CommandKind, BTreeSet<&str>> = BTreeMap::new();
        for scenario in scenarios().await {
            let Scenario { wanted, purpose, .. } = &scenario;
            let grants = permissions(&resolve(wanted, &BTreeMap::new()), *purpose);
            let all = run(&scenario, &grants, None).await;
            assert!(
                matches!(all.result, Ok(Status::Done | Status::Fault)),
                "{purpose:?}: {} {:?}",
                all.said,
                all.result
            );
            let granted: BTreeSet<&str> = grants.iter().flat_map(|grant| grant.actions.clone()).collect();
            for used in &all.used {
                assert!(granted.contains(used.as_str()), "{purpose:?} uses {used}, which is not printed");
            }
            let unused = granted.iter().filter(|action| !all.used.contains(**action)).copied().collect();
            let seen = never_used.entry(*purpose).or_insert_with(|| granted.clone());
            *seen = seen.intersection(&unused).copied().collect();
            for grant in &grants {
                for action in grant.actions.iter().filter(|action| all.used.contains(**action)) {
                    let lacking = run(&scenario, &grants, Some(action)).await;
                    if grant.is_optional {
                        // What does not exist, as far as anyone knows, is not granted.
                        let is_refused = |error: &CommandError| {
                            let help = error.help().unwrap_or_default();
                            *action == "lambda:GetFunctionConfiguration" && help.contains(action)
                        };
                        if *purpose == CommandKind::Apply && lacking.result.as_ref().is_err_and(is_refused) {
                            continue;
                        }
                        assert!(lacking.result.is_ok(), "{purpose:?} without {action}: {:?}", lacking.result);
                        continue;
                    }
                    let Err(error) = lacking.result else {
                        panic!("{purpose:?} works without {action}: {}", lacking.said)
                    };
                    let help = error.help().unwrap_or_default();
                    assert!(help.contains(action), "{purpose:?} without {action}: {error}: {help}");
                }
            }
        }
        // Each printed permission was needed in a scenario of its command.
        for (purpose, mut never) in never_used {
            // Only asked if IAM refuses a deletion: see `obstacles`.
            never.remove("iam:ListEntitiesForPolicy");
            assert_eq!(never, BTreeSet::new(), "{purpose:?}");
        }
    });
}

#[test]
fn a_plan_without_changes_needs_no_write_permission() {
    virtual_time().block_on(async {
        let plain = spec_of("R", &["f"], ID, "");
        let before = made(&plain, async |_| ()).await;
        let scenario = Scenario { before, wanted: plain.clone(), purpose: CommandKind::Apply };
        let grants = permissions(&resolve(&plain, &BTreeMap::new()), CommandKind::Check);
        let outcome = run(&scenario, &grants, None).await;
        assert!(outcome.result.is_ok(), "{} {:?}", outcome.said, outcome.result);
        assert!(outcome.used.iter().all(|used| !used.contains("Create") && !used.contains("Update")));
    });
}

#[test]
fn the_permissions_for_this_very_spec_are_printed_as_json_and_for_terraform() {
    let project = Project::example();
    let plan = project.run(&["permissions", "--for", "plan"]);
    plan.expect(0);
    assert_snapshot!(plan.stdout);
    let terraform = project.run(&["permissions", "--format", "terraform"]);
    terraform.expect(0);
    assert_snapshot!(terraform.stdout);
}

#[test]
fn one_identity_may_run_several_commands_and_the_report_has_both_services() {
    let project = Project::new(BOTH_ENDS);
    let policy = |purpose: &str| -> BTreeMap<String, serde_json::Value> {
        let run = project.run(&["permissions", "--for", purpose]);
        let policy: serde_json::Value = serde_json::from_str(&run.expect(0).stdout).unwrap();
        let statements = policy["Statement"].as_array().unwrap();
        let by_sid: BTreeMap<_, _> =
            statements.iter().map(|one| (one["Sid"].as_str().unwrap().to_owned(), one.clone())).collect();
        assert_eq!(by_sid.len(), statements.len(), "{purpose}: two statements have one Sid");
        by_sid
    };
    let allows = |policy: &BTreeMap<String, serde_json::Value>| -> BTreeSet<(String, String)> {
        let pairs = |one: &serde_json::Value| -> Vec<(String, String)> {
            let rest = format!("{} {}", one["Resource"], one["Condition"]);
            one["Action"]
                .as_array()
                .unwrap()
                .iter()
                .map(|action| (action.to_string(), rest.clone()))
                .collect()
        };
        policy.values().flat_map(pairs).collect()
    };
    for commands in ["plan,check", "apply,destroy", "plan,check,apply,destroy"] {
        let alone: BTreeSet<_> = commands.split(',').flat_map(|command| allows(&policy(command))).collect();
        assert_eq!(allows(&policy(commands)), alone, "{commands}");
    }
    let repeated = project.run(&["permissions", "--for", "plan", "--for", "check"]);
    let drift = project.run(&["permissions", "--for", "drift"]);
    assert_eq!(repeated.expect(0).stdout, drift.expect(0).stdout);
    project
        .run(&["permissions", "--for", "drift", "--format", "terraform"])
        .expect(0)
        .says("genesys_iam_drift_111122223333");
    let report = project.run(&["--json", "permissions", "--for", "plan,check"]);
    report.expect(0).says_not("In Genesys Cloud");
    let report: serde_json::Value = serde_json::from_str(&report.stdout).unwrap();
    assert_eq!(report["for"], serde_json::json!(["plan", "check"]));
    assert_eq!(report["policies"][0], serde_json::from_str::<serde_json::Value>(&repeated.stdout).unwrap());
    let needed = |name: &str| {
        let all = report["genesys_cloud"].as_array().unwrap();
        all.iter().find(|one| one["permission"] == name).map(|one| !one["is_optional"].as_bool().unwrap())
    };
    assert_eq!(needed("integrations:action:view"), Some(true));
    assert_eq!(needed("integrations:action:execute"), Some(false));
    assert_eq!(needed("integrations:action:add"), None);
    // The organization of a spec with credentials of its own is read without integrations, too.
    let named = EXAMPLE.replacen("[genesys]\n", "[genesys]\ncredentials = \"EMEA\"\n", 1);
    let project = Project::new(&named);
    project.run(&["permissions", "--for", "drift"]).expect(0).says("integrations:integration:view");
    project.run(&["permissions", "--for", "destroy"]).expect(0).says_not("integrations:");
    assert!(report["optional"].as_array().unwrap().contains(&"LookAhead".into()), "{report:#}");
}

/// The blocks of HCL on the page, each with the title in its first line.
fn examples() -> Vec<String> {
    let page = include_str!("../../docs/permissions.md");
    page.split("```hcl\n").skip(1).map(|rest| rest.split("```").next().unwrap().to_owned()).collect()
}

#[test]
fn terraform_takes_the_examples_of_the_page_with_what_is_printed() {
    let Some(terraform) = on_the_machine("terraform") else { return };
    let project = Project::new(BOTH_ENDS);
    let printed = ["plan", "apply", "drift"].map(|purpose| {
        project.run(&["permissions", "--for", purpose, "--format", "terraform"]).expect(0).stdout.clone()
    });
    let provider = "terraform {\n  required_providers {\n    aws = { source = \"hashicorp/aws\" }\n  }\n}\n";
    let examples = examples();
    let [account, hub] = examples.as_slice() else { panic!("{examples:?}") };
    for (name, files) in
        [("account", [std::slice::from_ref(account), &printed[..]].concat()), ("hub", vec![hub.clone()])]
    {
        let folder = project.path(name);
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(folder.join("example.tf"), &files[0]).unwrap();
        let run = |args: &[&str]| Run::of(Command::new(&terraform).args(args).current_dir(&folder));
        run(&["fmt", "-check", "-diff", "-no-color"]).expect(0);
        for (number, text) in files.iter().enumerate().skip(1) {
            std::fs::write(folder.join(format!("printed{number}.tf")), text).unwrap();
        }
        std::fs::write(folder.join("provider.tf"), provider).unwrap();
        let init = run(&["init", "-input=false", "-no-color"]);
        if init.status != 0 {
            let why = format!("skipped: Terraform has no provider for AWS here: {}\n", init.stderr);
            let _ = std::io::stderr().write_all(why.as_bytes());
            return;
        }
        run(&["validate", "-no-color"]).expect(0).says("The configuration is valid");
    }
}

#[test]
fn permissions_name_just_the_paths_of_the_spec_and_tell_when_they_are_too_long() {
    let odd = format!("{EXAMPLE}\npath = \"/a*/${{b}}/%{{c}}/\"\n");
    let project = Project::new(&odd);
    project
        .run(&["permissions"])
        .expect(0)
        .says("role/a${*}/${$}{b}/%{c}/GenesysDataActionRole")
        .says_not("characters");
    let terraform = project.run(&["permissions", "--format", "terraform"]);
    terraform.expect(0).says("role/a$${*}/$${$}{b}/%%{c}/");
    let mut many = EXAMPLE.to_owned();
    for n in 0..20 {
        many.push_str(&format!("\n[[role]]\nname = \"Role{n}\"\nfunctions = [\"f{n}\"]\n"));
    }
    project.write_spec(&many);
    let printed = project.run(&["permissions"]);
    printed
        .expect(0)
        .says("a customer managed policy takes 6144: this is an array of")
        .says("attach them all\n");
    let array: Vec<serde_json::Value> = serde_json::from_str(&printed.stdout).unwrap();
    assert!(array.len() > 1 && array.iter().all(|policy| size(&policy.to_string()) <= quota::MANAGED_POLICY));
    let terraform = project.run(&["permissions", "--format", "terraform"]);
    terraform.expect(0).says(&format!("{} data sources", array.len()));
    terraform
        .says(&format!("\"aws_iam_policy_document\" \"genesys_iam_apply_111122223333_{}\"", array.len()));
    terraform
        .says(&format!("data.aws_iam_policy_document.genesys_iam_apply_111122223333_{}.json,", array.len()));
    // The names of two commands do not collide, and a policy keeps its own when others join it.
    let plan = project.run(&["permissions", "--for", "plan", "--format", "terraform"]);
    plan.expect(0).says("\"genesys_iam_plan_111122223333_1\"").says_not("genesys_iam_apply");
    for n in 20..120 {
        many.push_str(&format!("\n[[role]]\nname = \"Role{n}\"\nfunctions = [\"f{n}\"]\n"));
    }
    project.write_spec(&many);
    project.run(&["permissions"]).expect(0).says("more than a role takes").says("--role");
}

/// The exception of one role opens nothing for the others.
#[test]
fn what_one_role_is_an_exception_to_is_granted_for_that_role_only() {
    let project = Project::new(&format!(
        "{}\n[[role]]\nname = \"Free\"\nfunctions = [\"f\"]\npermissions_boundary = \"none\"\n\
         [[role]]\nname = \"Stripped\"\nfunctions = [\"f\"]\nextra_permissions = \"remove\"\n",
        EXAMPLE.replacen(
            "[defaults]",
            "[defaults]\npermissions_boundary = \"arn:aws:iam::111122223333:policy/b\"",
            1
        )
    ));
    project.run(&["permissions", "--for", "plan"]).expect(0).says_not("which others have");
    let printed = project.run(&["permissions", "--for", "apply"]);
    printed.says("role `Free` is without a `permissions_boundary`, which others have");
    let policy: serde_json::Value = serde_json::from_str(&printed.expect(0).stdout).unwrap();
    let of = |sid: &str| {
        let statements = policy["Statement"].as_array().unwrap();
        let statement = statements.iter().find(|statement| statement["Sid"] == sid).unwrap();
        let resources = statement["Resource"].as_array().unwrap().iter();
        let names = resources.map(|role| role.as_str().unwrap().rsplit('/').next().unwrap().to_owned());
        (names.collect::<Vec<_>>(), statement["Condition"]["ArnEquals"]["iam:PermissionsBoundary"].is_array())
    };
    let bounded = vec!["GenesysDataActionRole".to_owned(), "Stripped".to_owned()];
    assert_eq!(of("CreateRoles"), (bounded.clone(), true));
    assert_eq!(of("PutBoundaries"), (bounded, true));
    assert_eq!(of("CreateRolesWithoutBoundary"), (vec!["Free".to_owned()], false));
    assert_eq!(of("RemoveBoundaries"), (vec!["Free".to_owned()], false));
    assert_eq!(of("RemoveExtraPermissions"), (vec!["Stripped".to_owned()], false));
}

#[test]
fn permissions_of_many_roles_are_policies_that_fit_and_allow_all_of_it_together() {
    virtual_time().block_on(async {
        let wanted = fleet_of(30, ID);
        let grants = permissions(&resolve(&wanted, &BTreeMap::new()), CommandKind::Apply);
        let printed = policies(&grants);
        assert!(printed.len() > 2, "{}", printed.len());
        for policy in &printed {
            assert!(size(&json(std::slice::from_ref(policy))) <= quota::MANAGED_POLICY);
        }
        let pairs = |grants: &mut dyn Iterator<Item = &Permission>| -> BTreeSet<(&str, &str, String)> {
            let each = |grant: &'_ Permission| -> Vec<(&'static str, &'static str, String)> {
                let of = |action| {
                    grant.resources.iter().map(move |resource| (grant.sid, action, resource.clone()))
                };
                grant.actions.iter().copied().flat_map(of).collect()
            };
            grants.flat_map(each).collect()
        };
        assert_eq!(pairs(&mut printed.iter().flatten()), pairs(&mut grants.iter()));
        let scenario = Scenario {
            before: Sandbox::new(&seed(&wanted)),
            wanted: wanted.clone(),
            purpose: CommandKind::Apply,
        };
        let all = run(&scenario, &grants, None).await;
        assert!(matches!(all.result, Ok(Status::Done)), "{} {:?}", all.said, all.result);
        // More boundaries than fit into one condition.
        let long = Permission {
            sid: "CreateRoles",
            actions: vec!["iam:CreateRole"],
            resources: vec![
                "arn:aws:iam::111122223333:role/a".to_owned(),
                "arn:aws:iam::111122223333:role/b".to_owned(),
            ],
            condition: Some((
                "ArnEquals",
                "iam:PermissionsBoundary",
                (0..200).map(|n| format!("arn:aws:iam::111122223333:policy/boundary{n}")).collect(),
            )),
            is_optional: false,
        };
        let printed = policies(&[long]);
        assert!(
            printed.iter().all(|policy| size(&json(std::slice::from_ref(policy))) <= quota::MANAGED_POLICY)
        );
        let values: BTreeSet<(&String, &String)> = printed
            .iter()
            .flatten()
            .flat_map(|one| {
                one.resources.iter().flat_map(|role| {
                    one.condition
                        .iter()
                        .flat_map(move |(_, _, values)| values.iter().map(move |value| (role, value)))
                })
            })
            .collect();
        assert_eq!(values.len(), 400);
    });
}

#[test]
fn what_import_needs_takes_no_spec_and_what_a_prune_needs_names_the_role() {
    let project = Project::empty();
    let import = project.run(&["permissions", "--for", "import"]);
    import
        .expect(0)
        .says("arn:aws:iam::*:role/*")
        .says("iam:GetAccountAuthorizationDetails")
        .says("integrations:action:view");
    project.run(&["permissions", "--for", "import,plan"]).expect(1).says("there is no genesys.toml");
    let project = Project::example();
    let import = project.run(&["permissions", "--for", "import"]);
    import.expect(0).says("arn:aws:iam::111122223333:role/*").says_not("iam::*");
    let apply = project.run(&["permissions", "--for", "apply"]);
    apply.expect(0).says_not("iam:DeleteRole\"");
    let pruned = project.run(&["permissions", "--for", "apply", "--pruned", "Old"]);
    let policy: serde_json::Value = serde_json::from_str(&pruned.expect(0).stdout).unwrap();
    let statements = policy["Statement"].as_array().unwrap();
    let of = |action: &str| -> Vec<String> {
        let with =
            statements.iter().filter(|one| one["Action"].to_string().contains(&format!("\"{action}\"")));
        with.map(|one| one["Resource"].to_string()).collect()
    };
    assert_eq!(of("iam:DeleteRole"), ["[\"arn:aws:iam::111122223333:role/Old\"]"]);
    assert_eq!(
        of("iam:DeletePolicy"),
        ["[\"arn:aws:iam::111122223333:policy/GenesysLambdaInvokePolicy_Old\"]"]
    );
}

#[test]
fn with_pruned_roles_the_statements_have_names_of_their_own_and_a_plan_job_changes_nothing() {
    let spec = EXAMPLE.replace("[defaults]", "[defaults]\npath = \"/g/\"\npolicy_path = \"/p/\"");
    let project = Project::new(&spec);
    for words in ["plan", "check", "drift", "apply", "destroy", "plan,apply", "import,apply,destroy"] {
        let printed = project.run(&["permissions", "--for", words, "--pruned", "Old", "--pruned", "x/Older"]);
        let policy: serde_json::Value = serde_json::from_str(&printed.expect(0).stdout).unwrap();
        let statements = policy["Statement"].as_array().unwrap();
        let sids: BTreeSet<&str> = statements.iter().map(|one| one["Sid"].as_str().unwrap()).collect();
        assert_eq!(sids.len(), statements.len(), "{words}: {policy:#}");
        let text = policy.to_string();
        for resource in [
            "role/g/Old\"",
            "role/x/Older\"",
            "policy/p/GenesysLambdaInvokePolicy_Old\"",
            "policy/GenesysLambdaInvokePolicy_Older\"",
        ] {
            assert!(text.contains(&format!("arn:aws:iam::111122223333:{resource}")), "{words}: {resource}");
        }
        let writes = ["Delete", "Put", "Update", "Detach", "Create", "Attach", "Tag"];
        let is_writing = writes.iter().any(|verb| text.contains(&format!("\"iam:{verb}")));
        assert_eq!(is_writing, words.contains("apply") || words == "destroy", "{words}: {policy:#}");
    }
}

#[test]
fn a_caller_with_what_is_printed_for_it_can_import_and_prune() {
    virtual_time().block_on(async {
        let old = spec_of("Old", &["f"], ID, "");
        let mut wanted = spec_of("R", &["f"], ID, "");
        let before = made(&old, async |_| {}).await;
        let desired = resolve(&wanted, &BTreeMap::new());
        wanted.is_named = true;
        let mut grants = permissions(&desired, CommandKind::Apply);
        let prune = prune_permissions(&desired, &["Old".to_owned()], true);
        let run = async |grants: &[Permission]| {
            let document = Document::parse(&json(&[grants.to_vec()])).unwrap();
            let mut sandbox = before.copy();
            sandbox.add_identity(KEY, &format!("arn:aws:iam::{ACCOUNT}:user/limited"), Some(vec![document]));
            let world = World::new(sandbox);
            let wire = Wire::new(Arc::clone(&world) as _, None);
            let clients =
                connect_as(&wanted, &wire, Credentials::new(KEY, "secret", None, None, "test")).await;
            let session = Session::new(wanted.clone(), clients, None);
            let output = Output::capture();
            let args = args::apply("--yes --prune --no-check --wait 0");
            let result = Box::pin(apply::run_in(session, &args, &Interrupt::default(), &output)).await;
            (result, output.captured())
        };
        let (result, said) = run(&grants).await;
        assert!(result.is_err(), "{said}");
        grants.extend(prune);
        let (result, said) = run(&grants).await;
        assert!(matches!(result, Ok(Status::Done)), "{result:?} {said}");
        assert!(said.contains("DeleteRole role `Old`"), "{said}");
    });
}
