//! Masked external IDs never appear in any output.

use crate::support::{EXAMPLE, LITERAL_ID, MASKED_ID, Project, ROLE, Run, by_hand, example_with};
use std::fs;

#[test]
fn a_masked_external_id_appears_nowhere() {
    let id = "6b1f7d2a-93c4-4e0b-8a57-d2c5e8f01234";
    let old = "0a1b2c3d-aaaa-4bbb-8ccc-ddddeeeeffff";
    let project = Project::new(&example_with(LITERAL_ID, MASKED_ID)).env("GENESYS_EXTERNAL_ID", old);
    project.sandbox(&["apply", "--yes"]).expect(0).says_not(old).says("(masked external ID)");
    // The rotation shows a change without either value or a near miss of the new one.
    let project = project.env("GENESYS_EXTERNAL_ID", id);
    for args in
        [&["plan", "-vv"][..], &["check", "-vv"], &["apply", "--yes", "-vv"], &["check", "-vv"], &["plan"]]
    {
        let run = Run::of(project.command(&[&["--sandbox"], args].concat()).env("RUST_LOG", "trace"));
        for secret in [id, old, &id[..id.len() - 1], &id.to_uppercase()] {
            run.says_not(secret);
        }
    }
    project.sandbox(&["plan", "--detailed-exitcode"]).expect(0);
}

/// Those too that need no spec, and the files that commands write.
#[test]
fn a_masked_id_of_the_spec_at_hand_is_in_no_output_or_file_of_any_command() {
    let id = "6b1f7d2a-93c4-4e0b-8a57-d2c5e8f01234";
    let project = Project::new(&example_with(LITERAL_ID, MASKED_ID)).env("GENESYS_EXTERNAL_ID", id);
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    fs::create_dir(project.path("below")).unwrap();
    let mut written = Vec::new();
    for (number, args) in [
        &["diagnose"][..],
        &["diagnose", ROLE, "--all"],
        &["diagnose", ROLE, "--format", "json"],
        &["diagnose", ROLE, "--format", "html"],
        &["diagnose", ROLE, "--out", "OUT"],
        &["import", ROLE],
        &["import", ROLE, "--json"],
        &["import", "--all", "--out", "OUT"],
        &["diagnose", ROLE, "--scenario", "open-role"],
        &["check", "--all", "--scenario", "wrong-external-id", "--report", "html=OUT"],
        &["plan", "--report", "markdown=OUT"],
        &["plan", "--out", "OUT"],
        &["validate", "--json"],
        &["permissions"],
        &["destroy", "--yes", "--format", "markdown"],
    ]
    .into_iter()
    .enumerate()
    {
        let toml = args.contains(&"diagnose") || args.contains(&"import");
        let file = format!("out-{number}.{}", if toml { "toml" } else { "json" });
        let args: Vec<String> = args.iter().map(|arg| arg.replace("OUT", &file)).collect();
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let run = project.sandbox(&args);
        assert!(!(run.stdout.clone() + &run.stderr).contains(id), "{args:?}: {}{}", run.stdout, run.stderr);
        written.extend(fs::read_to_string(project.path(&file)).ok().map(|text| (file, text)));
    }
    assert_eq!(written.len(), 5, "{:?}", written.iter().map(|(file, _)| file).collect::<Vec<_>>());
    for (file, text) in &written {
        assert!(!text.contains(id), "{file}: {text}");
    }
    let specs = written.iter().filter(|(file, _)| file.ends_with(".toml"));
    specs.for_each(|(_, text)| {
        assert!(text.contains("external_id = { env = \"GENESYS_EXTERNAL_ID\" }"), "{text}")
    });
}

/// Each in the variable where the spec at hand has it.
#[test]
fn an_imported_masked_id_is_taken_from_the_variable_of_the_named_spec() {
    let id = "6b1f7d2a-93c4-4e0b-8a57-d2c5e8f01234";
    let spec = example_with(LITERAL_ID, "external_id = { env = \"GENESYS_EXTERNAL_ID_TEST\" }");
    let project = Project::new(&spec).env("GENESYS_EXTERNAL_ID_TEST", id);
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    let imported = project.sandbox(&["import", "GenesysDataActionRole"]);
    imported.expect(0).says("external_id = { env = \"GENESYS_EXTERNAL_ID_TEST\" }\n").says_not(id);
    std::fs::create_dir(project.path("secret")).unwrap();
    std::fs::write(project.path("secret/organization"), id).unwrap();
    project.write_spec(&example_with(LITERAL_ID, "external_id = { file = \"secret/organization\" }"));
    let imported = project.sandbox(&["import", "GenesysDataActionRole"]);
    imported.expect(0).says("external_id = { file = \"secret/organization\" }\n").says_not(id);
}

#[test]
fn a_rotated_masked_id_is_shown_as_another_value() {
    let project = Project::new(&example_with(LITERAL_ID, MASKED_ID))
        .env("GENESYS_EXTERNAL_ID", "first-organization-id");
    project.sandbox(&["apply", "--yes"]).expect(0);
    let plan = project.env("GENESYS_EXTERNAL_ID", "second-organization-id").sandbox(&["plan"]);
    plan.says("\"(masked: another external ID)\"").says("\"(masked external ID)\"").expect(0);
}

#[test]
fn where_an_external_id_is_masked_so_are_those_of_what_is_pruned() {
    let id = "0b1c2d3e-0b6c-4a8e-9d51-7f0e3c2b1a90";
    let named = |text: &str| format!("name = \"contact-centre\"\n{text}");
    let project = Project::new(&named(&EXAMPLE.replace("2f9c1c5e-0b6c-4a8e-9d51-7f0e3c2b1a90", id)));
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    by_hand(&project, |role| {
        role["inline"]["more"] = serde_json::json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow",
            "Action": "sts:AssumeRole", "Resource": "*", "Condition": {"StringEquals": {"sts:ExternalId": "inline-id-1"}}}})
        .to_string()
        .into();
    });
    project.write_spec(&named(&example_with(LITERAL_ID, MASKED_ID).replacen(ROLE, "Renamed", 1)));
    let project = project.env("GENESYS_EXTERNAL_ID", "6b1f7d2a-93c4-4e0b-8a57-d2c5e8f01234");
    for args in [&["plan", "--prune"][..], &["plan", "--prune", "--format", "json", "--out", "plan.json"]] {
        project
            .sandbox(args)
            .expect(0)
            .says("(masked: another external ID)")
            .says_not(id)
            .says_not("inline-id-1");
    }
    let saved = fs::read_to_string(project.path("plan.json")).unwrap();
    assert!(!saved.contains(id) && !saved.contains("inline-id-1"));
}

#[test]
fn a_masked_id_of_any_shape_appears_in_no_format() {
    // What a spec may contain, and what a document may store.
    for id in ["org_live_S3cret@acme", "S3cret:a/b,c=d+e.f-g"] {
        let project = Project::new(&EXAMPLE.replacen(
            "external_id = \"2f9c1c5e-0b6c-4a8e-9d51-7f0e3c2b1a90\"",
            "external_id = { env = \"GENESYS_EXTERNAL_ID\" }",
            1,
        ))
        .env("GENESYS_EXTERNAL_ID", id);
        project.sandbox(&["apply", "--yes"]).expect(0).says_not("S3cret");
        let shapes = [
            "S3cretOld_with_under",
            "S3cret@Old",
            "S3cret\u{85}Old",
            "S3cret\u{a0}Old*x",
            "S3cret'Old`x`",
            "S3cret|Old",
            "S3cret\tOld",
            "S3cret\"Old",
            "S3cret\\Old",
            "S3cret<Old>",
            "S3cret&Old",
            "S3cret Old  two",
            "S3cret```Old",
            "S3cret#1$x$~~y~~",
            "S3cret\u{e0041}\u{200b}Old",
            "S3cret\"\\`|<Old",
        ];
        for live in shapes {
            by_hand(&project, |role| {
                let trust = serde_json::json!({
                    "Version": "2012-10-17",
                    "Statement": { "Effect": "Allow", "Principal": { "AWS": "765628985471" }, "Action": "sts:AssumeRole",
                        "Condition": { "StringEquals": { "sts:ExternalId": [live, "S3cretSecond_1"] } } },
                });
                role["trust"] = trust.to_string().into();
            });
            for args in [
                &["plan"][..],
                &["plan", "--format", "markdown"],
                &["plan", "--format", "json"],
                &["check", "--all"],
                &["check", "--format", "markdown"],
                &["check", "--format", "json"],
            ] {
                let run = project.sandbox(args);
                assert!(
                    !run.stdout.contains("S3cret") && !run.stderr.contains("S3cret"),
                    "{live:?} {args:?}: {}",
                    run.transcript()
                );
            }
        }
    }
}

#[test]
fn a_masked_id_with_underscores_and_its_near_misses_appear_in_no_comment_log_error_or_saved_plan() {
    // The spec's value, an earlier one, and the value a check would try instead.
    let project = Project::new(&example_with(LITERAL_ID, MASKED_ID)).env("GENESYS_EXTERNAL_ID", "my_org_0");
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    let project = project.env("GENESYS_EXTERNAL_ID", "my_org_1");
    for args in [
        &["plan", "--out", "plan.json"][..],
        &["plan", "--format", "markdown"],
        &["check", "--format", "markdown"],
        &["check", "--all"],
        &["apply", "missing.json"],
        &["apply", "--yes"],
        &["check", "--format", "markdown"],
    ] {
        let run = Run::of(project.command(&[&["--sandbox", "-vv"], args].concat()).env("RUST_LOG", "trace"));
        let saved = fs::read_to_string(project.path("plan.json")).unwrap_or_default();
        let seen = [run.stdout.as_str(), &run.stderr, &saved].concat().to_lowercase();
        // Ignoring whatever an escape puts between the letters.
        let seen = seen.replace(['\\', '`'], "").replace("<!-- -->", "").replace("%5f", "_");
        assert!(!seen.contains("my_org"), "{args:?}: {}", run.transcript());
    }
}

#[test]
fn a_pattern_made_from_a_masked_id_is_masked_as_well() {
    let project = Project::new(&example_with(LITERAL_ID, MASKED_ID))
        .env("GENESYS_EXTERNAL_ID", "2f9c1c5e-0b6c-4a8e-9d51-7f0e3c2b1a90");
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    for pattern in [
        "2f9c1c5e-0b6c-4a8e-9d51-7f0e3c2b1a9*",
        "*f9c1c5e-0b6c-4a8e-9d51-7f0e3c2b1a90",
        "2f9c1c5e-0b6c-????-9d51-7f0e3c2b1a??",
    ] {
        by_hand(&project, |role| {
            let trust = role["trust"].as_str().unwrap().replace("StringEquals", "StringLike");
            let mut trust: serde_json::Value = serde_json::from_str(&trust).unwrap();
            trust["Statement"][0]["Condition"]["StringLike"]["sts:ExternalId"] = pattern.into();
            role["trust"] = trust.to_string().into();
        });
        for args in [
            &["check"][..],
            &["check", "--json"],
            &["check", "--format", "markdown"],
            &["plan"],
            &["diagnose", ROLE, "--format", "markdown"],
        ] {
            let run = project.sandbox(args);
            run.says_not("c1c5e-0b6c").says_not("7f0e3c2b1a");
        }
    }
}

#[test]
fn what_others_chose_hides_nothing_of_a_report() {
    let project = Project::new(&example_with(LITERAL_ID, MASKED_ID))
        .env("GENESYS_EXTERNAL_ID", "6b1f7d2a-93c4-4e0b-8a57-d2c5e8f01234");
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    let report = |ids: serde_json::Value| {
        by_hand(&project, |role| {
            let trust = serde_json::json!({
                "Version": "2012-10-17",
                "Statement": [
                    { "Effect": "Allow", "Principal": { "AWS": "222222222222" }, "Action": "sts:AssumeRole" },
                    { "Effect": "Allow", "Principal": { "AWS": "765628985471" }, "Action": "sts:AssumeRole",
                      "Condition": { "StringEquals": { "sts:ExternalId": ids } } },
                ],
            });
            role["trust"] = trust.to_string().into();
        });
        let json = |args: &[&str]| -> serde_json::Value {
            serde_json::from_str(&project.sandbox(args).stdout).unwrap()
        };
        (
            [json(&["plan", "--format", "json"]), json(&["check", "--format", "json"])],
            [
                &["plan"][..],
                &["plan", "--format", "markdown"],
                &["plan", "--format", "html"],
                &["check", "--all"],
            ]
            .map(|args| project.sandbox(args).stdout),
        )
    };
    // Two IDs that are nothing else, and eight that are also words, accounts and keys in the report.
    let neutral = serde_json::json!(["S3cret-one-1", "S3cret-two-2"]);
    let hostile = [
        "unknown",
        "access_is_wider",
        "WIDER",
        "YES",
        "222222222222",
        "true",
        "is",
        "arn:aws:iam::222222222222:root",
    ];
    let (plain, _) = report(neutral);
    let (attacked, texts) = report(hostile.into());
    assert_eq!(keys(&plain[0]), keys(&attacked[0]));
    assert_eq!(keys(&plain[1]), keys(&attacked[1]));
    assert_eq!(plain[0]["summary"], attacked[0]["summary"]);
    assert_eq!(plain[1]["roles"][0]["verdict"]["sign"], attacked[1]["roles"][0]["verdict"]["sign"]);
    assert_eq!(plain[1]["roles"][0]["verdict"]["others"], attacked[1]["roles"][0]["verdict"]["others"]);
    for text in &texts {
        assert!(text.contains("222222222222"), "{text}");
        for shown in [
            "\"access_is_wider\"",
            "\"YES\"",
            "ID YES",
            "or YES",
            "\"222222222222\"",
            "or WIDER",
            "\"unknown\"",
        ] {
            assert!(!text.contains(shown), "{shown}: {text}");
        }
    }
}

/// The keys of all objects, in order.
fn keys(value: &serde_json::Value) -> Vec<String> {
    match value {
        serde_json::Value::Object(members) => members
            .iter()
            .filter(|(key, _)| *key != "before" && *key != "after")
            .flat_map(|(key, value)| std::iter::once(key.clone()).chain(keys(value)))
            .collect(),
        serde_json::Value::Array(items) => items.first().map(keys).unwrap_or_default(),
        _ => Vec::new(),
    }
}
