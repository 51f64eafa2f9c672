//! `init`.

use std::fs;

use crate::support::Project;
#[cfg(unix)]
use crate::support::terminal::on_a_terminal;

#[test]
fn init_writes_a_spec_that_validates_and_never_over_another() {
    let empty = Project::empty();
    let flags = [
        "init",
        "--region",
        "eu-west-1",
        "--account-id",
        "444455556666",
        "--function",
        "a:live",
        "--function",
        "b",
    ];
    // Not a terminal: missing values are named.
    empty.run(&flags).expect(64).says("cannot be asked for: --external-id").says("help:");
    let all = [&flags[..], &["--external-id", "6b1f7d2a-93c4-4e0b-8a57-d2c5e8f01234"]].concat();
    empty.run(&all).expect(0).says("is written");
    let text = fs::read_to_string(empty.path("genesys.toml")).unwrap();
    for line in [
        "region = \"eu-west-1\"",
        "account_id = \"444455556666\"",
        "name = \"GenesysDataActionRole\"   # tags what this spec makes",
        "functions = [\"a:live\", \"b\"]",
        "# permissions_boundary",
        "\n# [role.integration]",
        "\n# [[role.data_action]]",
        "\n# name = \"Get order status\"",
        "# function = \"a:live\"",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    empty.run(&["validate"]).expect(0).says_not("warning");
    empty.run(&all).expect(1).says("`genesys.toml` exists already").says("--file OTHER.toml");
    let bad = [&flags[..], &["--external-id", "x", "--file", "bad.toml"]].concat();
    empty.run(&bad).expect(64).says("`x` is not an organization's ID").says("nothing was written");
    assert!(!empty.path("bad.toml").exists());
}

#[test]
fn init_writes_genesys_clouds_side_when_it_is_named() {
    let empty = Project::empty();
    let external_id = "6b1f7d2a-93c4-4e0b-8a57-d2c5e8f01234";
    let flags =
        ["init", "--region", "eu-west-1", "--account-id", "444455556666", "--external-id", external_id];
    let orders = ["--function", "a:live", "--function", "b", "--integration", "The \"orders\""];
    let action = ["--data-action", "Get order"];
    empty.run(&[&flags[..], &action].concat()).expect(64).says("--integration");

    empty.run(&[&flags[..], &orders, &["--file", "alone.toml"]].concat()).expect(0).says_not("note:");
    let text = fs::read_to_string(empty.path("alone.toml")).unwrap();
    assert!(
        text.contains("\n[role.integration]") && text.contains("\nname = \"The \\\"orders\\\"\""),
        "{text}"
    );
    assert!(text.contains("\n# [[role.data_action]]") && !text.contains("AWS Lambda orders"), "{text}");
    empty.run(&["validate", "--file", "alone.toml"]).expect(0).says_not("warning");

    let both = [&flags[..], &orders, &action].concat();
    empty
        .run(&both)
        .expect(0)
        .says("warning: the data action takes nothing")
        .says("write its `input` and `output` before");
    let text = fs::read_to_string(empty.path("genesys.toml")).unwrap();
    for line in [
        "[[role.data_action]]",
        "name = \"Get order\"",
        "function = \"a:live\"",
        "input = {}",
        "# test_input = ",
    ] {
        assert!(text.contains(&format!("\n{line}")), "{line}: {text}");
    }
    empty.run(&["validate"]).expect(0).says("an empty contract");
    let applied = empty.sandbox(&["apply", "--yes"]);
    applied.expect(0).says(
        "PostIntegrationsActions data action \"Get order\"\n      note: takes nothing and returns nothing, which can never be changed",
    );
}

#[test]
fn init_gives_each_function_its_data_action_and_says_which_has_none() {
    let external_id = "6b1f7d2a-93c4-4e0b-8a57-d2c5e8f01234";
    let flags =
        ["init", "--region", "us-east-1", "--account-id", "444455556666", "--external-id", external_id];
    let init = |functions: &[&str], actions: &[&str]| {
        let empty = Project::empty();
        let mut all = [&flags[..], &["--integration", "Orders"]].concat();
        all.extend(functions.iter().flat_map(|name| ["--function", *name]));
        all.extend(actions.iter().flat_map(|name| ["--data-action", *name]));
        (empty.run(&all), empty)
    };
    let (run, project) = init(&["status", "cancel"], &["Get, or guess, a status", "Cancel order"]);
    run.expect(0).says_not("no data action invokes");
    let actions = |project: &Project| -> Vec<(String, Option<String>)> {
        let text = fs::read_to_string(project.path("genesys.toml")).unwrap();
        let spec: toml::Table = text.parse().unwrap();
        let actions = spec["role"][0]["data_action"].as_array().unwrap();
        let text =
            |action: &toml::Value, key| action.get(key).map(|value| value.as_str().unwrap().to_owned());
        actions.iter().map(|action| (text(action, "name").unwrap(), text(action, "function"))).collect()
    };
    let pair = |name: &str, function: Option<&str>| (name.to_owned(), function.map(str::to_owned));
    let both = [pair("Get, or guess, a status", Some("status")), pair("Cancel order", Some("cancel"))];
    assert_eq!(actions(&project), both);
    // The two contracts are empty: only `validate` says so twice.
    let apply = project.sandbox(&["apply", "--yes"]);
    apply
        .expect(0)
        .says("note: 1 more warning like these: `genesys-iam --sandbox validate genesys.toml` shows all");
    assert_eq!(apply.stderr.matches("takes nothing and returns nothing").count(), 1, "{}", apply.stderr);
    let validate = project.run(&["validate"]);
    assert_eq!(validate.expect(0).stderr.matches("takes nothing and returns nothing").count(), 2);

    let (run, project) = init(&["status"], &["Get status", "Get it again"]);
    run.expect(0).says_not("no data action invokes");
    assert_eq!(actions(&project), [pair("Get status", None), pair("Get it again", None)]);

    let (run, project) = init(&["order status"], &["A"]);
    run.expect(64).says("`order status` is more than one function").says("give `--function` once for each");
    assert!(!project.path("genesys.toml").exists());
    let (run, _) = init(&["a", "b", "c"], &["A"]);
    run.expect(0).says("no data action invokes `b` and `c` yet: write a [[role.data_action]] for each");
    let (run, project) = init(&["a", "b"], &["A", "B", "C"]);
    run.expect(64).says("function").says("nothing was written");
    assert!(!project.path("genesys.toml").exists());
}

#[test]
fn init_writes_the_contract_that_cannot_be_changed_later() {
    let project = Project::empty();
    let external_id = "6b1f7d2a-93c4-4e0b-8a57-d2c5e8f01234";
    let flags =
        ["init", "--region", "us-east-1", "--account-id", "444455556666", "--external-id", external_id];
    let more = ["--function", "f", "--integration", "Orders", "--data-action", "Get it"];
    let fields = ["--input", "OrderNumber=string", "--input", "Count=integer", "--output", "status"];
    let bad = [&flags[..], &more, &["--input", "OrderNumber=sting"]].concat();
    project
        .run(&bad)
        .expect(64)
        .says("`--input OrderNumber=sting` is not valid")
        .says("did you mean \"string\"? There are string, integer, number, boolean")
        .says("nothing was written");
    project.run(&[&flags[..], &more, &fields].concat()).expect(0).says_not("takes nothing");
    let text = fs::read_to_string(project.path("genesys.toml")).unwrap();
    let input = "\ninput = { OrderNumber = \"string\", Count = \"integer\" }   # the contract";
    assert!(text.contains(input) && text.contains("\noutput = { status = \"string\" }\n"), "{text}");
    project.sandbox(&["apply", "--yes"]).expect(0);
}

#[test]
fn each_data_action_has_the_contract_that_follows_it_and_none_is_forgotten() {
    let project = Project::empty();
    let external_id = "6b1f7d2a-93c4-4e0b-8a57-d2c5e8f01234";
    let flags =
        ["init", "--region", "us-east-1", "--account-id", "444455556666", "--external-id", external_id];
    let more = ["--function", "f", "--function", "g", "--integration", "Orders"];
    let (get, cancel) = (["--data-action", "Get"], ["--data-action", "Cancel"]);
    let (number, done) = (["--input", "OrderNumber=string"], ["--output", "done=boolean"]);
    let start = [&flags[..], &more].concat();
    project
        .run(&[&start[..], &get, &cancel, &number].concat())
        .expect(64)
        .says("data action \"Get\" has no `--input`, and another one has")
        .says("(`--input ''` if it takes nothing), or before the first: then it is for all");
    assert!(!project.path("genesys.toml").exists());
    let own = [&start[..], &done, &get, &number, &cancel, &["--input", "Id=integer", "--input", "Why"]];
    project.run(&own.concat()).expect(0).says_not("takes nothing");
    let text = fs::read_to_string(project.path("genesys.toml")).unwrap();
    let spec: toml::Table = text.parse().unwrap();
    let contract = |index: usize| {
        let action = &spec["role"][0]["data_action"][index];
        format!("{} {} {}", action["name"], action["input"], action["output"])
    };
    assert_eq!(contract(0), r#""Get" { OrderNumber = "string" } { done = "boolean" }"#);
    assert_eq!(contract(1), r#""Cancel" { Id = "integer", Why = "string" } { done = "boolean" }"#);
}

#[test]
fn what_init_wrote_can_be_pruned() {
    let project = Project::empty();
    let external_id = "6b1f7d2a-93c4-4e0b-8a57-d2c5e8f01234";
    let flags = ["--region", "us-east-1", "--account-id", "444455556666", "--external-id", external_id];
    let of = |file: &str, role: &str| {
        let more = ["--function", "f", "--file", file, "--role", role];
        project.run(&[&["init"], &flags[..], &more].concat()).expect(0);
        fs::read_to_string(project.path(file)).unwrap()
    };
    let text = of("genesys.toml", "Orders");
    assert!(text.contains("\nname = \"Orders\"   # tags"), "{text}");
    project.sandbox(&["apply", "--yes"]).expect(0);
    fs::write(
        project.path("genesys.toml"),
        text.replace("[[role]]\nname = \"Orders\"", "[[role]]\nname = \"Other\""),
    )
    .unwrap();
    project.sandbox(&["apply", "--prune", "--yes"]).expect(0).says("DeleteRole");
    let text = of("stage.toml", "Stage");
    assert!(text.contains("\nname = \"stage\"   # tags"), "{text}");
    // What a tag cannot hold is left out.
    let text = of("a#b (c).toml", "Odd");
    assert!(text.contains("\nname = \"ab c\"   # tags"), "{text}");
    let imported = project.sandbox(&["--file", "genesys.toml", "import", "Other", "--out", "d#e.toml"]);
    imported.expect(0);
    assert!(fs::read_to_string(project.path("d#e.toml")).unwrap().contains("name = \"de\""));
}

#[cfg(unix)]
#[test]
fn init_takes_several_data_actions_at_its_prompt() {
    let empty = Project::empty();
    let answers = "us-east-1\n\n\norder-status, cancel-order\nOrderRole\nOrders\nGet order status, Cancel order\nOrderNumber=string\nstatus\nOrderId=sting\nOrderId=string\n\n";
    on_a_terminal(&empty, &["--sandbox", "init"], answers)
        .expect(0)
        .says("separated by commas")
        .says("The contract of data action \"Cancel order\"")
        .says("did you mean \"string\"? There are string, integer");
    let text = fs::read_to_string(empty.path("genesys.toml")).unwrap();
    let second = "[[role.data_action]]\nname = \"Cancel order\"\nfunction = \"cancel-order\"\ninput = { OrderId = \"string\" }\noutput = {}\n";
    let first = "\noutput = { status = \"string\" }\n";
    assert!(text.contains("name = \"Get order status\"") && text.contains(first), "{text}");
    assert!(text.contains("[[role]]\nname = \"OrderRole\""), "{text}");
    assert!(text.contains(second), "{text}");
}

#[cfg(unix)]
#[test]
fn init_asks_for_genesys_clouds_side_when_it_asks_at_all() {
    let empty = Project::empty();
    let answers = "us-east-1\n\n\nmy-genesys-trigger-function\n\nOrders\nGet order\n\n\n";
    on_a_terminal(&empty, &["--sandbox", "init"], answers).expect(0).says("leave Genesys Cloud alone");
    let text = fs::read_to_string(empty.path("genesys.toml")).unwrap();
    assert!(text.contains("\nname = \"Orders\"") && text.contains("\nname = \"Get order\""), "{text}");
    assert!(text.contains("\n# function = "), "the role has one function: {text}");
}

#[cfg(unix)]
#[test]
fn init_asks_on_a_terminal_for_what_it_was_not_told_and_until_the_answer_is_valid() {
    let empty = Project::empty();
    let answers = "us-esat-1\nus-west-2\n12345\n444455556666\n\nour-organization\n6b1f7d2a-93c4-4e0b-8a57-d2c5e8f01234\nbad name!\na:live,b\nbad role!\n\n\n";
    let run = on_a_terminal(&empty, &["init"], answers);
    run.expect(0)
        .says("Genesys Cloud: Admin > Organization Settings")
        .says("not valid: AWS has no region `us-esat-1`")
        .says("an answer is needed")
        .says("not valid: an organization's ID is a GUID")
        .says("is written");
    assert_eq!(run.stdout.matches("not valid:").count(), 6, "{}", run.transcript());
    let text = fs::read_to_string(empty.path("genesys.toml")).unwrap();
    for line in ["region = \"us-west-2\"", "account_id = \"444455556666\"", "functions = [\"a:live\", \"b\"]"]
    {
        assert!(text.contains(line), "{line}: {text}");
    }
    empty.run(&["validate"]).expect(0);
}

#[test]
fn init_writes_an_unmistakable_answer_as_it_must_be_and_takes_no_placeholder() {
    let empty = Project::empty();
    let init = |account: &str, id: &str| {
        let flags = [
            "init",
            "--region",
            "us-east-1",
            "--function",
            "f",
            "--account-id",
            account,
            "--external-id",
            id,
        ];
        empty.run(&flags)
    };
    init("1111-2222-3333", "2F9C1C5E-0B6C-4A8E-9D51-7F0E3C2B1A90").expect(0).says_not("warning");
    let text = fs::read_to_string(empty.path("genesys.toml")).unwrap();
    for value in ["\"111122223333\"", "\"2f9c1c5e-0b6c-4a8e-9d51-7f0e3c2b1a90\""] {
        assert!(text.contains(value), "{value}: {text}");
    }
    fs::remove_file(empty.path("genesys.toml")).unwrap();
    for id in [
        "YOUR-ORG-ID",
        "your_organization_id",
        "changeme",
        "xxxxxxxx",
        "00000000-0000-0000-0000-000000000000",
    ] {
        init("111122223333", id)
            .expect(64)
            .says("the external ID is a placeholder")
            .says("Organization Settings");
        assert!(!empty.path("genesys.toml").exists(), "{id}");
    }
    // Not every odd ID is one, and none is an organization's.
    init("111122223333", "acme-contact-centre-1")
        .expect(64)
        .says("which is a GUID")
        .says("nothing was written");
}

#[cfg(unix)]
#[test]
fn ctrl_d_ends_init_with_nothing_written() {
    let empty = Project::empty();
    on_a_terminal(&empty, &["init"], "us-east-1\n\u{4}").expect(3).says("no answer, nothing was changed");
    assert!(!empty.path("genesys.toml").exists());
}

#[cfg(unix)]
#[test]
fn init_in_the_sandbox_offers_what_the_sandbox_has() {
    let empty = Project::empty();
    let run = on_a_terminal(
        &empty,
        &["--sandbox", "init"],
        "us-east-1\n\n\nmy-genesys-trigger-function, to-come\n",
    );
    run.expect(0)
        .says("Lambda has no function `to-come` in this region yet")
        .says_not("no function `my-genesys");
    run.says("AWS account [111122223333]:").says("  my-genesys-trigger-function");
    // The sandbox contains what its spec names.
    empty.sandbox(&["apply", "--yes"]).expect(0).says("no fault");
}

/// As with `import` and `diagnose`, the operator says where Genesys Cloud is; what it does not answer can be asked for.
#[test]
fn init_asks_the_genesys_cloud_that_the_operator_names_for_the_organization() {
    let project = Project::example();
    let server = crate::support::served::serve(&project, &[]);
    let client = |project: Project| {
        project
            .aws(&server.endpoint, "111122223333", "x")
            .env("GENESYSCLOUD_OAUTHCLIENT_ID", "id")
            .env("GENESYSCLOUD_OAUTHCLIENT_SECRET", "made-up-secret")
    };
    let init = ["init", "--region", "us-east-1", "--account-id", "111122223333", "--function", "a"];
    let by_variable = client(Project::empty()).env("GENESYSCLOUD_ENDPOINT_URL", &server.endpoint);
    by_variable.run(&init).expect(0);
    let text = fs::read_to_string(by_variable.path("genesys.toml")).unwrap();
    assert!(text.contains("external_id = \"2f9c1c5e-0b6c-4a8e-9d51-7f0e3c2b1a90\""), "{text}");
    let by_flag = client(Project::empty());
    by_flag.run(&[&init[..], &["--genesys-endpoint-url", &server.endpoint]].concat()).expect(0);

    let nowhere = client(Project::empty()).env("GENESYSCLOUD_ENDPOINT_URL", "http://127.0.0.1:9");
    let run = nowhere.run(&init);
    run.expect(64).says("the organization's ID is not known").says("cannot be asked for: --external-id");
    let without_region = client(Project::empty()).run(&init);
    without_region.expect(64).says("no region is given").says("cannot be asked for: --external-id");
}
