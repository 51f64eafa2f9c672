//! `diagnose`: every scenario is named, its remedies work, secrets are masked, and error texts are understood.

use std::collections::{BTreeMap, BTreeSet};

use genesys_iam::sandbox::BUILT_IN;
use serde_json::Value;

use crate::support::python::fits_schema;
use crate::support::served::BothEnds;
use crate::support::world::ID;
use crate::support::{BOTH_ENDS, EXAMPLE, Project, ROLE, Run, by_hand};

/// Each planted scenario, with exactly the causes that a diagnosis without a spec names.
pub const NAMED: &[(&str, &[&str])] = &[
    ("role-missing", &["role-missing"]),
    ("wrong-external-id", &["external-id"]),
    ("wrong-account", &["trusted-account"]),
    ("open-role", &["role-open"]),
    ("trust-deny", &["trust-policy"]),
    ("policy-missing", &["policy-missing"]),
    ("no-permission", &["policy-not-attached"]),
    ("other-arn", &["policy-does-not-cover"]),
    ("extra-permissions", &["extra-permissions"]),
    ("explicit-deny", &["denied"]),
    ("boundary", &["denied"]),
    ("boundary-secure-transport", &[]),
    ("function-missing", &["function-missing"]),
    ("function-failed", &["function-not-ready"]),
    // They may be Active in a moment: nobody can say whether an invocation fails.
    ("function-pending", &[]),
    ("function-inactive", &[]),
    ("function-not-invocable", &["function-not-ready"]),
    ("last-update-failed", &[]),
    ("concurrency-zero", &["function-throttled"]),
    ("tenant-isolation", &["tenant-isolation"]),
    ("function-deny", &["denied"]),
    ("function-public", &["function-open"]),
    ("scp-deny", &["organization-guard"]),
    ("scp-missing-allow", &["organization-guard"]),
    ("scp-region-fence", &[]),
    ("rcp-identity-perimeter", &["organization-guard"]),
    ("used", &[]),
    ("stranger", &["stranger"]),
    ("another-customer", &["stranger"]),
    ("integration-disabled", &["integration"]),
    ("other-role", &["integration-credential"]),
    // The role demands one ID and the organization has another: nobody can say which is wrong.
    ("other-organization", &["external-id"]),
    ("other-function", &["data-action"]),
    ("flow-uses-action", &[]),
    ("missing-permission", &[]),
    ("rejected-client", &["genesys-credentials"]),
];

/// The built-in spec, applied in an empty folder.
fn applied() -> Project {
    let project = Project::empty();
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    project
}

fn report(run: &Run) -> Value {
    serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{}", run.transcript()))
}

fn causes(report: &Value) -> BTreeSet<String> {
    let causes = report["causes"].as_array().unwrap();
    causes.iter().map(|cause| cause["cause"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn each_scenario_is_named_and_nothing_else() {
    let planted: BTreeSet<&str> = BUILT_IN.iter().map(|(name, _)| *name).collect();
    assert_eq!(planted, NAMED.iter().map(|(name, _)| *name).collect());
    for (scenario, expected) in NAMED {
        let run = applied().sandbox(&["--scenario", scenario, "diagnose", ROLE, "--json"]);
        let report = report(&run);
        let expected: BTreeSet<String> = expected.iter().map(|word| (*word).to_owned()).collect();
        assert_eq!(causes(&report), expected, "{scenario}: {report:#}");
        assert_eq!(run.status, if expected.is_empty() { 0 } else { 4 }, "{scenario}");
        for cause in report["causes"].as_array().unwrap() {
            assert!(!cause["ways"].as_array().unwrap().is_empty(), "{scenario}: {cause:#}");
        }
    }
}

/// The page's commands, each with the cause that its section names.
fn page() -> Vec<(String, String)> {
    let page = include_str!("../../docs/failures.md");
    let mut found = Vec::new();
    for section in page.split("\n### ").skip(1) {
        let section = section.split("\n## ").next().unwrap();
        let command = section.lines().find_map(|line| line.strip_prefix("genesys-iam ")).unwrap();
        let named = section.rsplit_once("amed `").unwrap().1;
        found.push((command.to_owned(), named.split_once('`').unwrap().0.to_owned()));
    }
    found
}

#[test]
fn each_command_of_the_twenty_ways_shows_its_cause() {
    let page = page();
    assert_eq!(page.len(), 20);
    for (command, cause) in page {
        let words: Vec<&str> = command.split(' ').collect();
        assert_eq!(words[words.len() - 2..], ["diagnose", ROLE], "{command}");
        let project = Project::empty();
        project.run(&["--sandbox", "apply", "--yes"]).expect(0);
        project.run(&words).expect(4).says(&format!("({cause})")).says("To fix it");
    }
}

#[test]
fn in_an_empty_folder_each_scenario_breaks_a_role_that_works() {
    for (scenario, expected) in NAMED {
        let project = Project::empty();
        let run = project.run(&["--sandbox", "--scenario", scenario, "diagnose"]);
        run.says("the scenario is planted on GenesysDataActionRole, which works").says(ROLE);
        let run = project.run(&["--sandbox", "diagnose", ROLE, "--json"]);
        let expected: BTreeSet<String> = expected.iter().map(|word| (*word).to_owned()).collect();
        // Without the scenario, only the policy says which function was meant.
        assert_eq!(causes(&report(&run)), expected, "{scenario}: {}", run.transcript());
        let planted = format!("planted in this sandbox, and in force unless it was fixed: {scenario};");
        run.says(&planted);
    }
}

#[test]
fn scenarios_in_one_folder_are_named_until_they_are_reset() {
    let project = applied();
    project.sandbox(&["--scenario", "other-organization", "diagnose", ROLE]).expect(4);
    // It stays, whatever the spec says.
    let run = project.sandbox(&["diagnose", ROLE]);
    run.expect(4).says("(external-id)").says("in force unless it was fixed: other-organization; `");
    let run = project.sandbox(&["--scenario", "explicit-deny", "diagnose", ROLE]);
    run.expect(4).says("explicit-deny is planted on top of other-organization; to see it alone");
    run.says("(external-id)").says("(denied)");
    let run = project.sandbox(&["plan"]);
    run.says("fixed: other-organization and explicit-deny; `");
    project
        .run(&["sandbox", "reset"])
        .expect(0)
        .says("and what other-organization and explicit-deny had planted with it");
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    project.sandbox(&["diagnose", ROLE]).expect(0).says_not("planted");
}

#[test]
fn a_stranger_is_left_out_from_when_it_is_settled() {
    let project = applied();
    let run = project.sandbox(&["--scenario", "stranger", "diagnose", ROLE]);
    let command = "when it is settled, `genesys-iam --sandbox diagnose GenesysDataActionRole --since ";
    run.expect(4).says(command);
    let since = run.stdout.split_once(" --since ").unwrap().1.split('`').next().unwrap();
    project.sandbox(&["diagnose", ROLE, "--since", since]).expect(0).says_not("AWS account 999988887777");
    project.sandbox(&["diagnose", ROLE, "--since", "100d"]).expect(64).says("90 days");
}

#[test]
fn what_a_written_spec_leaves_out_is_said_and_the_spec_is_not_called_whole() {
    let project = Project::new(EXAMPLE);
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    by_hand(&project, |role| role["tags"] = serde_json::json!([]));
    std::fs::remove_file(project.path("genesys.toml")).unwrap();
    let run = project.sandbox(&["--scenario", "missing-permission", "diagnose", ROLE, "--out", "own.toml"]);
    run.says("a spec of the role, but for what the notes below say, is in own.toml")
        .says("note: Genesys Cloud's side is left out: it was not read")
        .says_not("as it should be is in");
    let spec = std::fs::read_to_string(project.path("own.toml")).unwrap();
    assert!(spec.contains("\nname = \"own\"   # tags what this spec makes"), "{spec}");
}

#[test]
fn the_spec_that_is_written_has_the_integration_and_invites_nobody_to_delete_it() {
    let project = Project::new(BOTH_ENDS);
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    std::fs::remove_file(project.path("genesys.toml")).unwrap();
    project.sandbox(&["diagnose", ROLE, "--out", "genesys.toml"]).expect(0);
    let spec = std::fs::read_to_string(project.path("genesys.toml")).unwrap();
    assert!(spec.contains("[role.integration]") && spec.contains("[[role.data_action]]"), "{spec}");
    // The name is the one that the role carries: with another, pruning would not find what it has made.
    assert!(spec.contains("\nname = \"genesys\"   # as the role's tag says"), "{spec}");
    project.sandbox(&["plan", "--adopt"]).expect(0).says("No changes").says_not("--prune").says_not("delete");
    project.sandbox(&["apply", "--adopt", "--yes"]).expect(0);
    project.sandbox(&["plan", "--detailed-exitcode"]).expect(0);
    let run = project.sandbox(&[
        "diagnose",
        ROLE,
        "--out",
        "more.toml",
        "--with",
        "extra_permissions = \"remove\"",
    ]);
    run.expect(0);
    assert!(
        std::fs::read_to_string(project.path("more.toml"))
            .unwrap()
            .contains("extra_permissions = \"remove\"\nadopt")
    );
    let run = project.sandbox(&["diagnose", ROLE, "--out", "none.toml", "--with", "extra = 1"]);
    run.expect(64).says("`--with extra = 1` makes no spec: unknown key `extra`");
    assert!(!project.path("none.toml").exists());
}

#[test]
fn nothing_is_written_by_a_diagnosis() {
    let project = applied();
    // Every run gets new tokens.
    let state = || {
        let text = std::fs::read_to_string(project.path(".genesys-iam/sandbox.json")).unwrap();
        let mut state: Value = serde_json::from_str(&text).unwrap();
        state["organization"]["tokens"] = Value::Null;
        state
    };
    project.sandbox(&["--scenario", "explicit-deny", "diagnose", ROLE]).expect(4);
    let before = state();
    for options in [&["diagnose"][..], &["diagnose", ROLE], &["diagnose", ROLE, "--out", "found.toml"]] {
        project.sandbox(options);
        let after = state();
        assert_eq!(
            before["accounts"]["111122223333"]["policies"],
            after["accounts"]["111122223333"]["policies"]
        );
        assert_eq!(
            before["accounts"]["111122223333"]["roles"][ROLE]["inline"],
            after["accounts"]["111122223333"]["roles"][ROLE]["inline"]
        );
        assert_eq!(before["organization"], after["organization"]);
    }
    assert!(project.path("found.toml").exists());
    project
        .sandbox(&["diagnose", ROLE, "--out", "found.toml"])
        .expect(1)
        .says("cannot write `found.toml`: the file exists");
    project.run(&["validate", "--file", "found.toml"]).expect(0);
}

/// A spec has the external ID, which a ticket must not have.
#[test]
fn what_out_writes_is_a_spec_and_never_a_ticket() {
    let project = applied();
    for options in [
        &["--out", "ticket.md"][..],
        &["--out", "ticket"],
        &["--out", "ticket.md", "--format", "markdown"],
        &["--out", "ticket.toml", "--format", "markdown"],
        &["--out", "ticket.toml", "--json"],
    ] {
        let run = project.sandbox(&[&["diagnose", ROLE][..], options].concat());
        run.expect(64).says("`--out` writes a spec").says("--format markdown > ticket.md").says_not(ID);
        assert!(!project.path(options[1]).exists(), "{options:?}");
    }
}

/// The region of the functions, where nobody chose another.
#[test]
fn without_a_chosen_region_it_is_that_of_the_functions() {
    let spec = BOTH_ENDS.replace("us-east-1", "eu-central-1");
    let project = Project::new(&spec);
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    let server = crate::support::served::serve(&project, &[]);
    let project = project.aws(&server.endpoint, "111122223333", "x");
    std::fs::remove_file(project.path("genesys.toml")).unwrap();
    project.run(&["diagnose", ROLE, "--format", "text"]).says("region eu-central-1");
    project.run(&["diagnose", ROLE, "--out", "found.toml"]).expect(0);
    assert!(
        std::fs::read_to_string(project.path("found.toml")).unwrap().contains("region = \"eu-central-1\"")
    );
    project.run(&["diagnose", ROLE, "--region", "eu-west-1", "--format", "text"]).says("region eu-west-1");
}

/// Before the first `apply`, the spec is all that knows the role.
#[test]
fn a_role_that_only_the_spec_has_is_made_by_apply() {
    let project = Project::new(BOTH_ENDS);
    for words in [&["diagnose"][..], &["diagnose", ROLE]] {
        let run = project.sandbox(words);
        run.expect(4).says("(role-missing)").says("     $ genesys-iam --sandbox apply\n");
        run.says("(the spec in this folder)").says_not("--out").says_not("--adopt");
    }
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    project.sandbox(&["diagnose", ROLE]).expect(0).says("✓");
    let run = Project::empty().sandbox(&["diagnose"]);
    run.expect(0).says("No role of AWS account").says("genesys-iam --sandbox init");
}

/// What nobody knows is not written into a command.
#[test]
fn an_external_id_that_is_not_known_is_left_to_fill_in() {
    let project = applied();
    project.sandbox(&["--scenario", "rejected-client", "diagnose", ROLE]).expect(4);
    let run = project.sandbox(&["diagnose", "arn:aws:iam::111122223333:role/Foo"]);
    run.expect(4)
        .says("external ID        not known")
        .says("${EXTERNAL_ID:?}")
        .says("which is not shown here");
    run.says_not("00000000-0000-4000-8000-000000000000");
}

/// An integration that works is not pointed at a role that does not exist.
#[test]
fn a_role_that_is_missing_takes_no_integration_from_one_that_works() {
    let project = applied();
    let run = project.sandbox(&["diagnose", "arn:aws:iam::111122223333:role/Foo"]);
    run.expect(4).says("(role-missing)").says_not("\n       arn:aws:iam::111122223333:role/Foo");
    // Nor by the spec that the tool would write.
    run.says_not("--out");
    let out = ["diagnose", "arn:aws:iam::111122223333:role/Foo", "--out", "foo.toml"];
    project
        .sandbox(&out)
        .expect(0)
        .says("the integration \"AWS Lambda orders\" uses another role, and stays as it is");
    assert!(!std::fs::read_to_string(project.path("foo.toml")).unwrap().contains("[role.integration]"));
    run.says("GenesysDataActionRole exists, trusts Genesys Cloud, and the integration \"AWS Lambda orders\" uses it");
}

/// Whether a condition on the caller is met, this tool's own call does not show.
#[test]
fn a_deny_that_depends_on_the_caller_is_a_suspicion_with_steps() {
    let project = Project::empty();
    let scenario = r#"
about = "A Deny outside one network, beside an Allow."
[role."*".inline.mixed]
Version = "2012-10-17"
[[role."*".inline.mixed.Statement]]
Effect = "Deny"
Action = "lambda:*"
Resource = "*"
Condition = { NotIpAddress = { "aws:SourceIp" = "10.0.0.0/8" } }
[[role."*".inline.mixed.Statement]]
Effect = "Allow"
Action = "s3:GetObject"
Resource = "*"
"#;
    std::fs::write(project.path("mixed.toml"), scenario).unwrap();
    let run = project.sandbox(&["--scenario", "mixed.toml", "diagnose", ROLE]);
    run.expect(4)
        .says("it is not known whether Genesys Cloud can invoke")
        .says("If Genesys Cloud is refused, this may be why");
    // Neither way takes away what is beside it.
    run.says("the Deny in `mixed` stays, what it allows goes")
        .says("`mixed` without the statement; the rest of it stays");
    run.says_not("aws iam delete-role-policy");
    run.says("it may keep Genesys Cloud");
}

#[test]
fn texts_for_tickets_have_no_external_id_and_fit_their_schema() {
    let project = applied();
    let text = project.sandbox(&["--scenario", "wrong-external-id", "diagnose", ROLE]);
    text.expect(4).says(ID).says("0b1c2d3e-0000-4000-8000-000000000000");
    let mut texts = Vec::new();
    for format in ["json", "markdown"] {
        let run = project.sandbox(&["diagnose", ROLE, "--format", format]);
        run.expect(4).says_not(ID).says_not("0b1c2d3e-0000-4000-8000-000000000000").says("(masked");
        // A masked ID in a command would be written, and lock Genesys Cloud out.
        run.says("${EXTERNAL_ID:?}").says("set that variable");
        for line in
            run.stdout.lines().filter(|line| line.contains("aws iam ") || line.contains("sts:ExternalId"))
        {
            assert!(!line.contains("(masked") || !line.contains("ExternalId"), "{line}");
        }
        texts.push(run.stdout);
    }
    project.sandbox(&["--scenario", "other-role", "diagnose", ROLE, "--quiet"]);
    let list = project.sandbox(&["diagnose", "--json"]);
    list.expect(4);
    let schema = include_str!("../../docs/diagnose.schema.json");
    let broken = texts[0].replace("\"causes\"", "\"reasons\"");
    assert_eq!(fits_schema(schema, &[&texts[0], &list.stdout, &broken]), [true, true, false]);
}

#[test]
fn without_a_role_the_only_one_is_diagnosed_and_several_are_listed() {
    let project = applied();
    let only = format!("{ROLE} is the only one that looks like Genesys Cloud's");
    project.sandbox(&["diagnose"]).expect(0).says(&only).says_not("Not diagnosed yet");
    let run = project.sandbox(&["--scenario", "explicit-deny", "diagnose"]);
    run.expect(4).says(&only).says("(denied)");
    // The only role that looks right, and no integration uses it: that is what is wrong.
    let project = applied();
    let run = project.sandbox(&["--scenario", "other-role", "diagnose"]);
    run.expect(4).says("an integration names Other, which does not exist").says("(integration-credential)");
    project.sandbox(&["diagnose", "--out", "found.toml"]).expect(0);
    // Two that look right are a choice.
    let project = applied();
    project.sandbox(&["--scenario", "other-role", "diagnose"]).expect(4);
    let second = BOTH_ENDS.replace("GenesysDataActionRole", "Second").replace("AWS Lambda orders", "Two");
    std::fs::write(project.path("two.toml"), second.replace("Get order status", "Two")).unwrap();
    project.sandbox(&["apply", "--file", "two.toml", "--yes", "--no-check"]).expect(0);
    let run = project.sandbox(&["diagnose"]);
    run.expect(4).says("Not diagnosed yet. Roles of AWS account 111122223333");
    run.says("it trusts an account of Genesys's")
        .says("an integration holds its ARN, and there is no such role")
        .says("Probably the cause: the integration \"AWS Lambda orders\" uses the role Other, which does not exist");
    project.sandbox(&["diagnose", "--out", "more.toml"]).expect(64).says("none is named");
    let project = applied();
    let run = project.sandbox(&["--scenario", "role-missing", "diagnose"]);
    run.expect(4)
        .says("(role-missing)")
        .says(&format!("an integration names the role {ROLE}, which does not exist"))
        .says_not(&only);
}

#[test]
fn a_misspelt_role_is_not_diagnosed_as_missing() {
    let project = applied();
    let run = project.sandbox(&["diagnose", "GenesysDataActionRol", "--out", "found.toml"]);
    run.expect(64).says("AWS account 111122223333 has no role `GenesysDataActionRol`");
    run.says("did you mean `GenesysDataActionRole`?");
    assert!(!project.path("found.toml").exists());
    let exact = "arn:aws:iam::111122223333:role/GenesysDataActionRol";
    project.sandbox(&["diagnose", exact]).expect(4).says("(role-missing)");
    // A name that nobody knows is no missing role: the fix would be a role that nobody needs.
    project.sandbox(&["diagnose", "Another"]).expect(64).says("did you mean `GenesysDataActionRole`?");
    for (name, what) in [
        ("my-genesys-trigger-function", "that is a function"),
        ("GenesysLambdaInvokePolicy_GenesysDataActionRole", "that is a policy"),
    ] {
        project.sandbox(&["diagnose", name]).expect(64).says(what).says_not("create-role");
    }
}

#[test]
fn the_text_of_an_error_names_the_role_and_how_far_it_got() {
    let project = applied();
    let assume = "AccessDenied: User: arn:aws:sts::765628985471:assumed-role/x/y is not authorized to perform: \
                  sts:AssumeRole on resource: arn:aws:iam::111122223333:role/GenesysDataActionRole";
    // Nothing is wrong: the cause must be something that no document of the account shows.
    let run = project.sandbox(&["diagnose", "--error", assume]);
    run.expect(5).says("refused when it assumed the role").says("nothing that was found explains it");
    run.says("Genesys Cloud was let in just now").says_not("resource control policy (RCP)");
    // AWS itself names the policy, wherever it is.
    let guarded = format!("{assume} with an explicit deny in a resource control policy");
    let run = project.sandbox(&["diagnose", "--error", &guarded]);
    run.expect(4)
        .says("✗ GenesysDataActionRole: Genesys Cloud cannot invoke")
        .says("(organization-guard, explains the error)");
    run.says("AWS names a resource control policy as the reason for refusing sts:AssumeRole")
        .says("send them this text");
    // The only role that begins like what was not cut off.
    let cut = assume.strip_suffix("ActionRole").unwrap();
    project
        .sandbox(&["diagnose", "--error", cut])
        .expect(5)
        .says("the text is cut off: GenesysDataActionRole is")
        .says_not("warning:");
    project.sandbox(&["diagnose", "--error", "-"]).expect(5).says("the text says nothing").says("✓");
    let run = project.sandbox(&["--scenario", "wrong-external-id", "diagnose", "--error", assume]);
    run.expect(4).says("(external-id, explains the error)");
    let project = applied();
    let run = project.sandbox(&["--scenario", "extra-permissions", "diagnose", ROLE, "--error", assume]);
    run.expect(4).says("does not explain the error").says("This is not why a data action fails");
    // Another role's error says nothing about this one.
    let other = assume.replace("GenesysDataActionRole", "Other");
    let run = project.sandbox(&["diagnose", ROLE, "--error", &other]);
    run.says("warning: the text is about another role, arn:aws:iam::111122223333:role/Other");
    project.sandbox(&["diagnose", ROLE, "--error", assume]).says_not("warning: the text");
    // The only role there is; the text says too little to blame anything.
    let run = project.sandbox(&["diagnose", "--error", "HTTP 403"]);
    run.expect(4).says("the text names no role").says("does not explain the error");
    let run =
        project.sandbox(&["--scenario", "wrong-external-id", "diagnose", "--error", "it does not work"]);
    run.expect(4).says("(external-id, may be the cause)");
    project.sandbox(&["sandbox", "reset"]);
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    let pending = "The function is currently in the following state: Pending";
    let run = project.sandbox(&["--scenario", "function-pending", "diagnose", ROLE, "--error", pending]);
    run.expect(0).says("is not ready yet").says_not("nothing that was found explains it");
    // What the text blames is gone.
    let bound = "User: arn:aws:sts::111122223333:assumed-role/GenesysDataActionRole/x is not authorized to perform: \
                 lambda:InvokeFunction because no permissions boundary allows the lambda:InvokeFunction action";
    project.sandbox(&["sandbox", "undo"]);
    let run = project.sandbox(&["diagnose", ROLE, "--error", bound]);
    run.expect(5).says("the role has no permissions boundary now: is the text older than a change?");
    let run = project.sandbox(&["diagnose", ROLE, "--error", "Invoked function failed: KeyError"]);
    run.says("the function ran and failed by itself").says("read the function's log");
}

/// Carries them out one by one.
#[test]
fn a_fix_that_is_made_elsewhere_is_told_as_steps() {
    for (scenario, steps) in [
        (
            "concurrency-zero",
            &["Lambda (us-east-1) > Functions > my-genesys-trigger-function > Configuration"][..],
        ),
        (
            "tenant-isolation",
            &["Lambda (us-east-1) > Create function", "IAM > Policies > ", "Admin > Integrations > Actions"],
        ),
        (
            "stranger",
            &["Event history > Resource name = GenesysDataActionRole", "Event history > User name = "],
        ),
    ] {
        let run = applied().sandbox(&["--scenario", scenario, "diagnose", ROLE]);
        run.expect(4).says("in the console").says("$ aws ").says("the `aws` commands would go to AWS itself");
        steps.iter().for_each(|step| {
            run.says(step);
        });
    }
    let run = applied().sandbox(&["--scenario", "last-update-failed", "diagnose", ROLE]);
    run.expect(0)
        .says("Worth knowing:")
        .says("The image could not be pulled: invocations run")
        .says("let Lambda pull the container image");
    let run = applied().sandbox(&["--scenario", "concurrency-zero", "diagnose", ROLE, "--out", "role.toml"]);
    // The file is what was asked for: `diagnose … --out FILE && apply` goes on.
    run.expect(0)
        .says("this spec does not fix 1 (function-throttled)")
        .says("sandbox apply --file role.toml");
    // Whoever writes the file has seen the rest.
    run.says_not("To fix it").says_not("--prune");
    let run =
        applied().sandbox(&["--scenario", "wrong-external-id", "diagnose", ROLE, "--out", "again.toml"]);
    run.expect(0).says_not("does not fix");
}

#[test]
fn what_is_not_a_role_of_the_account_is_refused() {
    let project = applied();
    let other = "arn:aws:iam::999988887777:role/R";
    project.sandbox(&["diagnose", other]).expect(3).says("in another account than the credentials");
    let page = project.sandbox(&["diagnose", ROLE, "--format", "html"]);
    page.expect(64).says("[possible values: text, json, markdown]");
    project.sandbox(&["diagnose", "a role"]).expect(64).says("is not the name or the ARN of a role");
    project
        .sandbox(&["diagnose", "--out", "x.toml"])
        .expect(0)
        .says("is the only one that looks like Genesys Cloud's");
    // A session's ARN names its role too.
    let session = "arn:aws:sts::111122223333:assumed-role/GenesysDataActionRole/genesys-cloud";
    project.sandbox(&["diagnose", session]).expect(0).says("✓ GenesysDataActionRole");
    project.run(&["plan"]).expect(1).says("`genesys-iam diagnose ROLE` needs none");
}

#[test]
fn names_in_commands_are_quoted_for_the_shell() {
    let spec = BOTH_ENDS.replace("name = \"GenesysDataActionRole\"", "name = \"Genesys,Role=1\"");
    let project = Project::new(&spec);
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    let run = project.sandbox(&["--scenario", "wrong-external-id", "diagnose", "Genesys,Role=1"]);
    run.expect(4).says("--role-name 'Genesys,Role=1' --policy-document '{\"Version\"");
}

/// The same words in every format.
#[test]
fn a_ticket_has_what_the_screen_has() {
    let project = applied();
    project.sandbox(&["--scenario", "boundary", "diagnose", ROLE]).expect(4);
    let formats: BTreeMap<&str, String> = ["text", "markdown", "json"]
        .into_iter()
        .map(|format| (format, project.sandbox(&["diagnose", ROLE, "--format", format]).stdout))
        .collect();
    for (format, text) in formats {
        for part in
            ["does not allow the function", "create-policy-version", "boundary-of-GenesysDataActionRole"]
        {
            assert!(text.contains(part), "{format} has no {part:?}:\n{text}");
        }
    }
}

/// What works stays with the role through which it works.
#[test]
fn an_integration_that_works_through_another_role_is_not_offered_to_this_one() {
    let served = BothEnds::new("");
    served.run(&["apply", "--yes", "--no-check"]).expect(0);
    served.0.boto3(
        "
right = {'StringEquals': {'sts:ExternalId': '2f9c1c5e-0b6c-4a8e-9d51-7f0e3c2b1a90'}}
iam.create_role(RoleName='callback', AssumeRolePolicyDocument=trust('arn:aws:iam::765628985471:root', right))
iam.put_role_policy(RoleName='callback', PolicyName='p', PolicyDocument=permissions('lambda:InvokeFunction',
    'arn:aws:lambda:us-east-1:111122223333:function:my-genesys-trigger-function'))
",
    );
    let endpoint = served.0.server.endpoint.clone();
    let diagnose = |more: &[&str]| {
        let all = ["--genesys-endpoint-url", &endpoint, "diagnose", "callback"];
        served.run(&[&all[..], more].concat())
    };
    let found = diagnose(&[]);
    found
        .says_not("holds arn:aws:iam::111122223333:role/GenesysDataActionRole")
        .says_not("Configure: Role ARN");
    diagnose(&["--out", "callback.toml"]);
    let written = std::fs::read_to_string(served.0.project.path("callback.toml")).unwrap();
    assert!(!written.contains("[role.integration]\nname"), "{written}");
    // Where the other role does not work, the integration may be this one's.
    served
        .0
        .boto3("iam.update_assume_role_policy(RoleName='GenesysDataActionRole', PolicyDocument=trust())\n");
    diagnose(&[]).says("holds arn:aws:iam::111122223333:role/GenesysDataActionRole");
}

#[test]
fn an_error_about_a_function_that_is_not_the_roles_says_so() {
    let project = applied();
    for other in ["payroll", "my-genesys-trigger-function:prod"] {
        let arn = format!("arn:aws:lambda:us-east-1:111122223333:function:{other}");
        let text = format!(
            "User: arn:aws:sts::111122223333:assumed-role/{ROLE}/x is not authorized to perform: lambda:InvokeFunction on resource: {arn} \
             because no identity-based policy allows the lambda:InvokeFunction action"
        );
        let run = project.sandbox(&["diagnose", ROLE, "--error", &text]);
        run.says(&format!("the text is about {arn}, which is none of the functions"));
        run.says_not("older than a change").says_not("nothing that was found explains it");
    }
}
