//! The GitHub Action's scripts and the pre-commit hooks.

use crate::support::served::serve;
use crate::support::{FUNCTIONS, Project, Run, example_with};
use std::fs;

/// A `gh` that keeps what it is asked, and has the comments of a file.
#[cfg(unix)]
fn fake_gh(project: &Project) {
    use std::os::unix::fs::PermissionsExt as _;
    let script = r#"#!/usr/bin/env bash
set -eu
echo "$*" >> "$GH_LOG"
case "$*" in
  *--method*) for word in "$@"; do case $word in body=@*) cp "${word#body=@}" "$GH_BODY";; esac; done ;;
  *--paginate*) cat "$GH_EXISTING" 2>/dev/null || true ;;
esac
"#;
    fs::create_dir_all(project.path("bin")).unwrap();
    fs::write(project.path("bin/gh"), script).unwrap();
    fs::set_permissions(project.path("bin/gh"), fs::Permissions::from_mode(0o755)).unwrap();
}

#[cfg(unix)]
#[test]
fn the_actions_scripts_keep_one_comment_with_the_plan_and_save_it() {
    let project = Project::example();
    let server = serve(&project, &[]);
    let project = project.aws(&server.endpoint, "111122223333", "x");
    fake_gh(&project);
    let plan = |more: &[(&str, &str)]| {
        let path = format!("{}:{}", project.path("bin").display(), std::env::var("PATH").unwrap());
        let mut command = std::process::Command::new("bash");
        command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/ci/plan.sh")).current_dir(project.path(""));
        command.envs([
            ("PATH", path.as_str()),
            ("GENESYS_IAM", env!("CARGO_BIN_EXE_genesys-iam")),
            ("PULL_REQUEST", "7"),
            ("GITHUB_REPOSITORY", "o/r"),
            ("GH_LOG", "gh.log"),
            ("GH_BODY", "body.md"),
            ("GH_EXISTING", "existing"),
            ("AWS_ENDPOINT_URL", &server.endpoint),
            ("AWS_ACCESS_KEY_ID", "111122223333"),
            ("AWS_SECRET_ACCESS_KEY", "x"),
        ]);
        command.envs(more.iter().copied());
        Run::of(&mut command)
    };
    let read = |name: &str| fs::read_to_string(project.path(name)).unwrap();
    plan(&[]).expect(0);
    assert!(read("gh.log").contains("--method POST repos/o/r/issues/7/comments"), "{}", read("gh.log"));
    let body = read("body.md");
    assert!(
        body.starts_with("<!-- genesys-iam plan: genesys.toml -->\n## genesys-iam plan: `genesys.toml`\n"),
        "{body}"
    );
    assert!(body.contains("**3 to create** · access widened: **YES**"), "{body}");
    assert!(body.contains("**Merging applies exactly this plan"), "{body}");
    project.run(&["apply", "plan.json", "--no-check"]).expect(0).says("3 changes made");
    // The second time the same comment is brought up to date.
    fs::write(project.path("existing"), "4711\n").unwrap();
    plan(&[]).expect(0);
    assert!(read("gh.log").contains("--method PATCH repos/o/r/issues/comments/4711"), "{}", read("gh.log"));
    assert!(read("body.md").contains("**no changes**"), "{}", read("body.md"));
    // What fails is in the comment too, and fails the job.
    project.write_spec(&example_with(FUNCTIONS, "functions = [\"my-genesys-trigger-function\", \"gone\"]"));
    plan(&[]).expect(3);
    assert!(read("body.md").contains("Lambda has no function `gone`"), "{}", read("body.md"));
    project.write_spec("[aws]\n");
    plan(&[]).expect(1);
    assert!(read("body.md").contains("is missing in [aws]"), "{}", read("body.md"));
}

#[test]
fn the_hooks_and_the_action_name_commands_that_there_are() {
    let project = Project::example();
    let hooks = include_str!("../../.pre-commit-hooks.yaml");
    for line in hooks.lines().filter_map(|line| line.trim().strip_prefix("entry: genesys-iam ")) {
        let args: Vec<&str> = line.split(' ').chain(["genesys.toml"]).collect();
        project.run(&args).expect(0);
    }
    for command in ["plan", "apply", "check"] {
        let script = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("ci/{command}.sh"));
        assert!(fs::read_to_string(&script).unwrap().contains(&format!("\" {command} ")), "{script:?}");
    }
}
