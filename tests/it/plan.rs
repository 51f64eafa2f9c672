//! `plan`: what is shown, and who gets access.

use std::fs;

use crate::support::served::serve;
use crate::support::{EXAMPLE, FUNCTIONS, LITERAL_ID, Project, by_hand, example_with};
use insta::assert_snapshot;

#[test]
fn a_plan_from_nothing_shows_every_change_and_who_gains_access() {
    let plan = Project::example().sandbox(&["plan", "--detailed-exitcode"]);
    assert_snapshot!(plan.transcript());
}

#[test]
fn a_plan_after_apply_is_empty() {
    let project = Project::example();
    project.sandbox(&["apply", "--yes"]).expect(0);
    let plan = project.sandbox(&["plan", "--detailed-exitcode"]);
    assert_snapshot!(plan.transcript(), @r"
    exit status 0
    --- stdout
    AWS account 111122223333, region us-east-1

    role GenesysDataActionRole: no changes

    No changes. Live state is what the spec says.
    A plan compares what the spec makes: `genesys-iam --sandbox check` says who can get in and whether the functions run.
    --- stderr
    ");
    project.sandbox(&["apply"]).expect(0).says("No changes.");
}

#[test]
fn a_missing_function_is_named_with_its_region_and_kind() {
    let project = Project::example();
    // The sandbox keeps the functions it was created with; the typo comes later, with the served sandbox.
    let server = serve(&project, &[]);
    let spec = example_with(
        FUNCTIONS,
        "functions = [\"gone\", \"my-genesys-trigger-function:live\", \"my-genesys-trigger-function:7\"]",
    );
    let other = Project::new(&spec).aws(&server.endpoint, "111122223333", "x");
    assert_snapshot!(other.run(&["plan"]).transcript());
}

#[test]
fn a_missing_function_blocks_its_role_and_no_other() {
    let project = Project::new(&format!("{EXAMPLE}\n[[role]]\nname = \"Second\"\nfunctions = [\"other\"]\n"));
    let server = serve(&project, &[]);
    let text = format!("{EXAMPLE}\n[[role]]\nname = \"Second\"\nfunctions = [\"gone\"]\n");
    let line = text.lines().position(|line| line.contains("gone")).unwrap() + 1;
    let other = Project::new(&text).aws(&server.endpoint, "111122223333", "x");
    let plan = other.run(&["plan", "--out", "plan.json"]);
    plan.expect(3).says("role GenesysDataActionRole").says("6 to create");
    plan.says(&format!("Lambda has no function `gone` in us-east-1 (line {line} of the spec)"));
    assert!(!other.path("plan.json").exists());
    other.run(&["apply", "--yes", "--no-check"]).expect(3).says_not("done   ");
    other.run(&["apply", "--yes", "--no-check", "--role", "Genesys*"]).expect(0).says("3 changes made");
}

#[test]
fn another_account_is_refused_and_nothing_of_it_is_shown() {
    let project = Project::example();
    let server = serve(&project, &[]);
    let other = Project::example().aws(&server.endpoint, "999988887777", "x");
    let plan = other.run(&["plan"]).transcript();
    for args in [&["apply", "--yes"][..], &["check"]] {
        assert_eq!(other.run(args).transcript(), plan);
    }
    assert_snapshot!(plan);
}

#[test]
fn several_roles_in_one_file_work() {
    let spec = format!(
        "{EXAMPLE}\n[[role]]\nname = \"Second\"\npath = \"/genesys/\"\nfunctions = [\"other:live\", \
         \"arn:aws:lambda:us-east-1:111122223333:function:third\"]\nmax_session_duration = 7200\n"
    );
    let project = Project::new(&spec);
    project.sandbox(&["apply", "--yes"]).expect(0).says("6 changes made");
    project.sandbox(&["plan", "--detailed-exitcode"]).expect(0).says("role Second");
}

#[test]
fn another_partition_works() {
    // No Genesys account is public there.
    let spec = example_with("\"us-east-1\"", "\"us-gov-west-1\"").replace(
        "account_id = \"765628985471\"",
        "account_id = \"999988887777\"\naccount_reason = \"told by Genesys\" #",
    );
    let project = Project::new(&spec);
    let plan = project.sandbox(&["plan"]);
    plan.expect(0).says("arn:aws-us-gov:iam::999988887777:root").says("told by Genesys").says_not("arn:aws:");
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    project.sandbox(&["plan", "--detailed-exitcode"]).expect(0);
}

#[test]
fn a_function_in_another_region_is_found_there() {
    let spec =
        example_with(FUNCTIONS, "functions = [\"arn:aws:lambda:eu-west-1:111122223333:function:far:live\"]");
    let project = Project::new(&spec);
    project
        .sandbox(&["apply", "--yes"])
        .expect(0)
        .says("Genesys Cloud can invoke `far:live`")
        .says("no fault");
}

#[test]
fn a_description_is_set_changed_and_cleared() {
    let line = "description = \"Lets Genesys Cloud data actions invoke Lambda\"";
    let project = Project::example();
    for description in ["&@90ë'{«¡Çø}\\t\\\"", "another", ""] {
        project.write_spec(&example_with(line, &format!("description = \"{description}\"")));
        project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
        project.sandbox(&["plan", "--detailed-exitcode"]).expect(0).says("No changes.");
    }
}

#[test]
fn refuse_wider_lets_repairs_pass_and_nothing_else() {
    let project = Project::example();
    for command in [&["plan", "--refuse-wider"][..], &["apply", "--yes", "--refuse-wider"]] {
        project.sandbox(command).expect(3).says("widens access").says("<- WIDER").says("help:");
    }
    project.sandbox(&["plan", "--detailed-exitcode"]).expect(2).says("3 to create");
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    // Access opened by hand is narrowed unattended.
    by_hand(&project, |role| {
        let open = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}}"#;
        role["trust"] = open.into();
    });
    project.sandbox(&["apply", "--yes", "--refuse-wider"]).expect(0).says("1 change made").says_not("WIDER");
    // Another function is not allowed.
    project.write_spec(&example_with(FUNCTIONS, "functions = [\"my-genesys-trigger-function\", \"second\"]"));
    project.sandbox(&["apply", "--yes", "--refuse-wider"]).expect(3).says("function:second  <- WIDER");
}

#[test]
fn a_plan_for_comments_says_first_whether_access_is_widened() {
    let project = Project::example();
    let plan = project.sandbox(&["plan", "--format", "markdown"]);
    assert_snapshot!(plan.stdout);
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    let none = project.sandbox(&["plan", "--format", "markdown"]);
    assert!(none.stdout.starts_with("**no changes** · access widened: no\n"), "{}", none.stdout);
}

#[test]
fn a_comment_names_what_widens_before_anything_else_and_keeps_to_its_room() {
    let role = |n: usize, more: &str| format!("\n[[role]]\nname = \"R{n}\"\nfunctions = [\"f{n}\"{more}]\n");
    let head = &EXAMPLE[..EXAMPLE.find("[[role]]").unwrap()];
    let spec = |last: &str, long: bool| {
        let mut text = head.to_owned();
        for n in 0..120 {
            text.push_str(&role(n, if n == 119 { last } else { "" }));
            if long {
                // Roles that differ in nothing but their names are shown once.
                text.push_str(&format!("description = \"{n} {}\"\n", "long ".repeat(150)));
            }
        }
        text
    };
    let project = Project::new(&spec("", false));
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    project.write_spec(&spec(", \"wide\"", true));
    let comment = project.sandbox(&["plan", "--format", "markdown"]);
    comment.expect(0).says("! R119: lambda:InvokeFunction on").says("function:wide").says("are not shown");
    assert!(comment.stdout.len() < 61_000, "{}", comment.stdout.len());
    assert!(comment.stdout.find("function:wide").unwrap() < 30_000);
}

#[test]
fn a_plan_too_long_for_a_comment_is_cut_with_everything_that_counts_first() {
    let mut spec = EXAMPLE.to_owned();
    for n in 0..60 {
        // Roles that differ in nothing but their names are shown once.
        spec.push_str(&format!(
            "\n[[role]]\nname = \"role-{n}\"\nfunctions = [\"f{n}\", \"g{n}\"]\ntags = {{ owner = \"{n}\" }}\n"
        ));
    }
    let plan = Project::new(&spec).sandbox(&["plan", "--format", "markdown"]);
    assert!(plan.stdout.len() < 60_500, "{}", plan.stdout.len());
    assert!(plan.stdout.starts_with("**183 to create** · access widened: yes, for Genesys Cloud\n"));
    for n in 0..60 {
        assert!(plan.stdout.contains(&format!("| `role-{n}` | 3 | 0 | 0 | yes |")), "{n}");
    }
    plan.says("parts of this plan are not shown");
}

#[test]
fn a_plan_as_json_is_what_is_saved_and_tells_the_exit_status() {
    let project = Project::example();
    let plan = project.sandbox(&["plan", "--format", "json", "--detailed-exitcode", "--out", "plan.json"]);
    let mut value: serde_json::Value = serde_json::from_str(&plan.expect(2).stdout).unwrap();
    assert_eq!(value["exit_status"].take(), 2);
    value.as_object_mut().unwrap().remove("exit_status");
    let saved: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(project.path("plan.json")).unwrap()).unwrap();
    assert_eq!(saved["plan"], value);
    assert_eq!(value["roles"][0]["access"]["assume"][0]["is_wider"], true);
}

#[test]
fn a_repair_for_genesys_cloud_is_not_headlined_like_a_strangers_entry() {
    let project = Project::example();
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    by_hand(&project, |role| {
        let stranger = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"691338073777"},"Action":"sts:AssumeRole"}}"#;
        role["trust"] = stranger.into();
    });
    let plan = project.sandbox(&["plan", "--refuse-wider=strangers"]);
    plan.expect(0).says("Access is widened for Genesys Cloud.").says_not("unknown");
    project.sandbox(&["plan", "--refuse-wider"]).expect(3);
    let comment = project.sandbox(&["plan", "--format", "markdown"]);
    comment.expect(0).says("access widened: yes, for Genesys Cloud").says_not("[!CAUTION]");
    project.sandbox(&["apply", "--yes", "--refuse-wider=strangers"]).expect(0).says("no fault");
}

#[test]
fn an_external_id_in_place_of_another_is_another_customers_entry_and_giving_it_back_is_not() {
    let project = Project::example();
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    let back = project.sandbox(&["--scenario", "wrong-external-id", "plan", "--refuse-wider=strangers"]);
    back.expect(0).says("Access is widened for Genesys Cloud.");
    project.sandbox(&["apply", "--yes", "--refuse-wider=strangers"]).expect(0).says("no fault");

    let theirs = "3f9c1c5e-0b6c-4a8e-9d51-7f0e3c2b1a90";
    project.write_spec(&example_with(LITERAL_ID, &format!("external_id = \"{theirs}\"")));
    let plan = project.sandbox(&["plan", "--refuse-wider=strangers"]);
    plan.expect(3).says(&format!("someone unknown (the Genesys Cloud organization {theirs})"));
    let comment = project.sandbox(&["plan", "--format", "markdown"]);
    comment.expect(0).says("> [!CAUTION]").says("is not the ID of your Genesys Cloud organization");
    project.sandbox(&["apply", "--yes", "--refuse-wider=strangers"]).expect(3);
}

#[test]
fn a_reason_in_the_spec_makes_no_account_genesyss() {
    let project = Project::new(&example_with(
        "account_id = \"765628985471\"",
        "account_id = \"666666666666\"\naccount_reason = \"routine\" #",
    ));
    let apply = project.sandbox(&["apply", "--yes", "--refuse-wider=strangers"]);
    apply.expect(3).says("someone unknown (AWS account 666666666666)").says_not("widened for Genesys Cloud");
    project.sandbox(&["plan", "--format", "markdown"]).expect(0).says("[!CAUTION]");
}

#[test]
fn no_changes_is_not_all_is_well() {
    let project = Project::example();
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    project.sandbox(&["plan", "--detailed-exitcode"]).expect(0);
    by_hand(&project, |role| {
        let deny =
            r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"lambda:*","Resource":"*"}}"#;
        role["inline"]["freeze"] = deny.into();
    });
    let plan = project.sandbox(&["plan", "--detailed-exitcode"]);
    plan.expect(2).says(
        "Nothing to change, but role `GenesysDataActionRole`: inline policy `freeze`, not from this spec, denies \
         lambda:InvokeFunction on `my-genesys-trigger-function`: Genesys Cloud is refused.",
    );
    let comment = project.sandbox(&["plan", "--format", "markdown"]);
    assert!(comment.stdout.lines().next().unwrap().contains("inline policy `freeze`"), "{}", comment.stdout);
}

#[test]
fn an_account_that_is_not_genesyss_is_said_first_and_blocks() {
    let project = Project::new(&EXAMPLE.replacen("765628985471", "691338073777", 1));
    let plan = project.sandbox(&["plan"]);
    plan.expect(3);
    assert!(plan.stdout.lines().nth(1).unwrap().starts_with("blocked:"), "{}", plan.stdout);
    let comment = project.sandbox(&["plan", "--format", "markdown"]);
    assert!(comment.stdout.lines().nth(2).unwrap() == "> [!CAUTION]", "{}", comment.stdout);
    let check = project.sandbox(&["check"]);
    check.expect(4).says("The account that the spec trusts is not Genesys's");
}

#[test]
fn a_comment_names_its_spec_its_commit_and_its_run() {
    let project = Project::example()
        .env("GITHUB_SHA", "0123456789abcdef0123456789abcdef01234567")
        .env("GITHUB_SERVER_URL", "https://git.example")
        .env("GITHUB_REPOSITORY", "team/roles")
        .env("GITHUB_RUN_ID", "4711");
    for command in ["plan", "check"] {
        let comment = project.sandbox(&[command, "--format", "markdown"]);
        let first: Vec<&str> = comment.stdout.lines().take(6).collect();
        let origin = first.iter().find(|line| line.starts_with("spec `genesys.toml`")).unwrap();
        assert!(origin.contains(" · commit `0123456789ab` · "), "{origin}");
        assert!(origin.ends_with("[run 4711](https://git.example/team/roles/actions/runs/4711)"), "{origin}");
        // What later comparisons use must not vary between runs.
        let json = project.sandbox(&[command, "--format", "json"]);
        assert!(!json.stdout.contains("0123456789ab") && !json.stdout.contains("4711"));
    }
}
