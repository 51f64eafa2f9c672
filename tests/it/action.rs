//! The GitHub Action's scripts and the pre-commit hooks.

use crate::support::served::serve;
use crate::support::world::{ACCOUNT, ID, fleet_text};
use crate::support::{EXAMPLE, FUNCTIONS, LITERAL_ID, Project, ROLE, Run, Server, by_hand, example_with};
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// A project with a stand-in for GitHub: a `gh` that records its requests and reads comments from a file.
#[cfg(unix)]
struct Action {
    project: Project,
    server: Server,
}

#[cfg(unix)]
impl Action {
    fn new(project: Project, serve_args: &[&str]) -> Self {
        use std::os::unix::fs::PermissionsExt as _;
        let server = serve(&project, serve_args);
        let project = project.aws(&server.endpoint, ACCOUNT, "x");
        let script = r#"#!/usr/bin/env bash
set -eu
echo "$*" >> "$GH_LOG"
case "$*" in
  *--method*) for word in "$@"; do case $word in body=@*) cp "${word#body=@}" "$GH_BODY";; esac; done ;;
  *.base.sha*) echo 89abcdef ;;
  */git/trees/89abcdef*)
    if [ -e unread ]; then exit 1; fi
    while [ "$1" != --jq ]; do shift; done
    mkdir -p base
    (cd base && find . -type f | sort | while read -r path; do printf '%s\t%s\n' "${path#./}" "$(git hash-object "$path")"; done) |
      jq -Rn '[inputs | split("\t") | {path: .[0], type: "blob", sha: .[1]}] | {truncated: false, tree: .}' | jq --raw-output "$2" ;;
  */git/blobs/*)
    find base -type f | while read -r path; do if [ "$(git hash-object "$path")" = "${!###*/}" ]; then cat "$path"; break; fi; done ;;
  *--paginate*) cat "$GH_EXISTING" 2>/dev/null || true ;;
esac
"#;
        fs::create_dir_all(project.path("bin")).unwrap();
        fs::write(project.path("bin/gh"), script).unwrap();
        fs::set_permissions(project.path("bin/gh"), fs::Permissions::from_mode(0o755)).unwrap();
        Self { project, server }
    }

    /// Two specs in a folder, with two roles each.
    fn of_a_folder() -> Self {
        let project = Project::empty();
        fs::create_dir(project.path("specs")).unwrap();
        for name in ["a", "b"] {
            let text = fleet_text(2, ID).replace("\"test\"", &format!("{name:?}"));
            let text = text.replace("\"R", &format!("\"{name}R"));
            fs::write(project.path(&format!("specs/{name}.toml")), text).unwrap();
        }
        Self::new(project, &["--file", "specs"])
    }

    /// Runs a script like the action's step; `read` returns what it writes to the step's files.
    fn step(&self, script: &str, more: &[(&str, &str)]) -> Run {
        let path = format!("{}:{}", self.project.path("bin").display(), std::env::var("PATH").unwrap());
        let mut command = Command::new("bash");
        command.arg(format!("{ROOT}/ci/{script}.sh")).current_dir(self.project.path(""));
        for file in ["output", "summary"] {
            fs::write(self.project.path(file), "").unwrap();
        }
        command.envs([
            ("PATH", path.as_str()),
            ("GENESYS_IAM", env!("CARGO_BIN_EXE_genesys-iam")),
            ("PULL_REQUEST", "7"),
            ("HEAD_SHA", "0123456789abcdef0123456789abcdef01234567"),
            ("GITHUB_SHA", "the-merge-commit"),
            ("GITHUB_REPOSITORY", "o/r"),
            ("GITHUB_SERVER_URL", "https://github.example"),
            ("GITHUB_RUN_ID", "4711"),
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_OUTPUT", "output"),
            ("GITHUB_STEP_SUMMARY", "summary"),
            ("GH_LOG", "gh.log"),
            ("GH_BODY", "body.md"),
            ("GH_EXISTING", "existing"),
            ("AWS_ENDPOINT_URL", &self.server.endpoint),
            ("AWS_ACCESS_KEY_ID", ACCOUNT),
            ("AWS_SECRET_ACCESS_KEY", "x"),
        ]);
        command.envs(more.iter().copied());
        Run::of(&mut command)
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.project.path(name)).unwrap()
    }
}

/// The last spec of its account is read by no run afterwards: only the pull request shows that it goes.
#[cfg(unix)]
#[test]
fn a_spec_that_the_pull_request_removes_or_gives_another_account_is_named_first_in_the_comment() {
    let action = Action::of_a_folder();
    let base = |file: &str, text: &str| {
        let path = action.project.path(&format!("base/{file}"));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    let here = |file: &str| fs::read_to_string(action.project.path(file)).unwrap();
    let (a, b) = (here("specs/a.toml"), here("specs/b.toml"));
    // Of another account, and the edit only adds lines.
    let hidden = "[aws]\nregion = \"us-east-1\"\naccount_id = \"999988887777\"\n";
    base("specs/a.toml", &a.replace("111122223333", "999988887777"));
    base("specs/b.toml", &format!("# An edit that matters to nobody\n{b}"));
    // Gone; gone from a name with a space; in a folder of its own; not a spec of the run; and no spec.
    base("specs/old.toml", &a.replace("\"aR", "\"oldR"));
    base("specs/old name.toml", "[aws]\naccount_id = 1\n");
    base("specs/deep/x.toml", &a);
    base("other/old.toml", &a);
    base("specs/notes.md", "");
    // Moved within the folder.
    base("specs/was.toml", &b.replace("name = \"b\"", "name = \"was\""));
    action.step("plan", &[("SPEC", "specs")]).expect(0);
    let comment = action.read("body.md");
    for caution in [
        "changes the `account_id` of `specs/a.toml` from 999988887777 to 111122223333. What",
        "removes `specs/old.toml`. What that spec made stays, as open as before, unless it was destroyed: roles `oldR0`, `oldR1`; once",
        "removes `specs/old name.toml`. What that spec made stays, as open as before, unless it was destroyed; once",
    ] {
        let caution = format!("> [!CAUTION]\n> This pull request {caution}");
        assert!(
            comment.find(&caution).is_some_and(|at| at < comment.find("Merging applies").unwrap()),
            "{caution}\n{comment}"
        );
    }
    assert_eq!(comment.matches("This pull request ").count(), 3, "{comment}");
    assert!(action.read("output").contains("removed-specs=true\n"), "{}", action.read("output"));
    // A guard refuses what no run will look at any longer, until somebody says that it was destroyed.
    action.step("apply", &[("SPEC", "specs")]).expect(0);
    let guarded = |more: &[(&str, &str)]| {
        action.step("plan", &[&[("SPEC", "./specs/"), ("REFUSE_WIDER", "strangers")], more].concat())
    };
    guarded(&[]).expect(3).says("help: run `genesys-iam destroy` with each of them first");
    let comment = action.read("body.md");
    assert!(comment.contains("**Merging applies nothing: this plan is not kept.**"), "{comment}");
    assert!(!action.project.path("plan.json").exists());
    let allowed = "specs/a.toml\nspecs/old.toml\nspecs/old name.toml";
    guarded(&[("ALLOW_REMOVED", allowed)]).expect(0);
    assert!(action.read("output").contains("removed-specs=false\n"));
    // What cannot be told is not taken for the same.
    fs::remove_dir_all(action.project.path("base")).unwrap();
    base("specs/a.toml", "neither = TOML");
    guarded(&[]).expect(3);
    assert!(
        action
            .read("body.md")
            .contains("changes `specs/a.toml`: whether it is of another AWS account now is not known")
    );
    // A text that looks like the key is none.
    base(
        "specs/a.toml",
        &format!("{hidden}{}", a.replace("[aws]\n", "").replace("account_id = \"111122223333\"\n", "")),
    );
    guarded(&[]).expect(3);
    fs::remove_dir_all(action.project.path("base")).unwrap();
    guarded(&[]).expect(0);
    action.step("plan", &[("SPEC", "specs")]).expect(0);
    assert!(!action.read("body.md").contains("This pull request "));
    // Not to know is not to know of none.
    fs::write(action.project.path("unread"), "").unwrap();
    action.step("plan", &[("SPEC", "specs")]).expect(0);
    assert!(action.read("body.md").contains("Which specs the pull request removes could not be read"));
    action.step("plan", &[("SPEC", "specs"), ("REFUSE_WIDER", "strangers")]).expect(3);
    assert!(action.read("output").contains("removed-specs=unknown\n"));
}

#[cfg(unix)]
#[test]
fn an_input_that_is_misspelt_fails_the_step_before_anything_is_planned() {
    let action = Action::new(Project::example(), &[]);
    for (name, value) in [
        ("REFUSE_WIDER", "True"),
        ("REFUSE_WIDER", "stranger"),
        ("REFUSE_WIDER", "yes"),
        ("ADOPT", "1"),
        ("PRUNE", "TRUE"),
    ] {
        for script in ["plan", "apply"] {
            action.step(script, &[(name, value)]).expect(64).says("::error::").says("is not true");
        }
        assert!(!action.project.path("plan.json").exists());
    }
    action.step("plan", &[("REFUSE_WIDER", "any")]).expect(3).says("`--refuse-wider` is given");
    action.step("plan", &[("REFUSE_WIDER", ""), ("SPEC", "# ours\ngenesys.toml\n")]).expect(0);
}

#[cfg(unix)]
#[test]
fn a_step_is_rehearsed_in_the_sandbox_with_its_comment_outputs_and_annotations() {
    let project = Project::example();
    let rehearse = |step: &str, more: &[(&str, &str)]| {
        let mut command = Command::new("bash");
        command.arg(format!("{ROOT}/ci/rehearse.sh")).arg(step).current_dir(project.path(""));
        command.env("GENESYS_IAM", env!("CARGO_BIN_EXE_genesys-iam")).envs(more.iter().copied());
        Run::of(&mut command)
    };
    rehearse("plans", &[]).expect(64).says("usage:");
    rehearse("plan", &[])
        .expect(0)
        .says("output: changed=true")
        .says("output: strangers=false")
        .says("call: gh api --method POST repos/OWNER/REPOSITORY/issues/1/comments")
        .says("exit status 0");
    let kept = |name: &str| fs::read_to_string(project.path(".genesys-iam/rehearsal").join(name)).unwrap();
    assert!(kept("comment.md").contains("**3 to create**"), "{}", kept("comment.md"));
    assert_eq!(fs::read_to_string(project.path(".genesys-iam/.gitignore")).unwrap(), "*\n");
    assert!(kept("plan.json").contains("\"digest\"") && !project.path("plan.json").exists());
    rehearse("apply", &[]).expect(0).says("output: changed=true");
    rehearse("plan", &[]).expect(0).says("--method PATCH").says("output: changed=false");
    rehearse("drift", &[]).expect(0).says("output: strangers=false");
    rehearse("plan", &[("EXCEPT", "Genesys*")]).says("`--except` leaves out every role");
    // Another customer's external ID, in a plan that is kept and in one that is refused.
    project
        .write_spec(&EXAMPLE.replace(LITERAL_ID, "external_id = \"3f9c1c5e-0b6c-4a8e-9d51-7f0e3c2b1a90\""));
    rehearse("plan", &[]).says("output: strangers=true");
    rehearse("plan", &[("REFUSE_WIDER", "strangers")]).expect(3).says("output: strangers=true");
    project.write_spec(&example_with(FUNCTIONS, "functions = [\"my-genesys-trigger-function\", \"f\"]"));
    rehearse("plan", &[("REFUSE_WIDER", "true")]).expect(3).says("exit status 3").says("output: wider=true");
    project.write_spec(&example_with("account_id", "acount_id"));
    rehearse("plan", &[]).expect(1).says("::error file=genesys.toml,line=");
}

#[cfg(unix)]
#[test]
fn the_log_ends_with_what_is_wrong_with_which_role() {
    let project = Project::example();
    let rehearse = |step: &str| {
        let mut command = Command::new("bash");
        command.args([&format!("{ROOT}/ci/rehearse.sh"), step]).current_dir(project.path(""));
        command.env("GENESYS_IAM", env!("CARGO_BIN_EXE_genesys-iam"));
        Run::of(&mut command)
    };
    let last = |run: &Run| run.stderr.lines().last().unwrap_or_default().to_owned();
    rehearse("plan").expect(0);
    rehearse("apply").expect(0);
    // A difference that no check looks at.
    by_hand(&project, |role| role["description"] = "by hand".into());
    let drift = rehearse("drift");
    drift.expect(2);
    assert_eq!(
        last(&drift),
        format!("differs: genesys.toml: role {ROLE}: 1 to change (UpdateRole)"),
        "{}",
        drift.transcript()
    );
    // A policy that the spec does not make: nothing would change.
    by_hand(&project, |role| {
        role["description"] = "Lets Genesys Cloud data actions invoke Lambda".into();
        role["inline"]["more"] =
            r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}"#
                .into();
    });
    let drift = rehearse("drift");
    drift.says(&format!(
        "differs: genesys.toml: role {ROLE} has permissions that the spec does not make: inline policy `more`"
    ));
    let summary = fs::read_to_string(project.path(".genesys-iam/rehearsal/summary.md")).unwrap();
    assert!(summary.contains("**nothing to change**") && !summary.contains("no changes"), "{summary}");
    // A fault of the role, found by the check at the end of the apply.
    by_hand(&project, |role| {
        role["inline"] = serde_json::json!({ "deny":
            r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"lambda:InvokeFunction","Resource":"*"}}"# });
    });
    rehearse("plan").expect(0);
    let apply = rehearse("apply");
    let line = EXAMPLE.lines().position(|line| line == "[[role]]").unwrap() + 1;
    apply.expect(4).says(&format!("::error file=genesys.toml,line={line},title=genesys-iam::role {ROLE}: "));
    assert!(
        last(&apply).starts_with(&format!("fault: genesys.toml: role {ROLE}: ")),
        "{}",
        apply.transcript()
    );
}

#[cfg(unix)]
#[test]
fn the_actions_scripts_keep_one_comment_with_the_plan_and_save_it() {
    let action = Action::new(Project::example(), &[]);
    let plan = |more: &[(&str, &str)]| action.step("plan", more);
    plan(&[]).expect(0);
    let log = action.read("gh.log");
    assert!(log.contains("--method POST repos/o/r/issues/7/comments"), "{log}");
    let body = action.read("body.md");
    assert!(
        body.starts_with("<!-- genesys-iam plan: genesys.toml -->\n## genesys-iam plan: `genesys.toml`\n"),
        "{body}"
    );
    assert!(body.contains("**3 to create** · access widened: yes"), "{body}");
    assert!(body.contains("**Merging applies exactly this plan"), "{body}");
    let origin = "commit `0123456789ab` · [run 4711](https://github.example/o/r/actions/runs/4711)";
    assert!(body.contains(origin), "{body}");
    let time = body.lines().nth(3).unwrap();
    assert!(time.ends_with(" UTC") && time.len() == "2026-11-26 17:00 UTC".len(), "{time}");
    action.step("apply", &[]).expect(0);
    // The second time, the same comment is updated.
    fs::write(action.project.path("existing"), "4711\n").unwrap();
    plan(&[]).expect(0);
    let log = action.read("gh.log");
    assert!(log.contains("--method PATCH repos/o/r/issues/comments/4711"), "{log}");
    assert!(action.read("body.md").contains("**no changes**"), "{}", action.read("body.md"));
    // A failure appears in the comment too, and fails the job.
    action
        .project
        .write_spec(&example_with(FUNCTIONS, "functions = [\"my-genesys-trigger-function\", \"gone\"]"));
    plan(&[]).expect(3);
    let body = action.read("body.md");
    assert!(body.contains("Lambda has no function `gone`"), "{body}");
    assert!(body.contains("**Merging applies nothing"), "{body}");
    action.project.write_spec("[aws]\n");
    plan(&[]).expect(1);
    assert!(action.read("body.md").contains("is missing in [aws]"), "{}", action.read("body.md"));
}

#[cfg(unix)]
#[test]
fn the_action_takes_a_folder_and_makes_one_comment_one_plan_and_outputs_of_it() {
    let action = Action::of_a_folder();
    let folder = [("SPEC", "specs")];
    action.step("plan", &folder).expect(0);
    let body = action.read("body.md");
    assert!(body.starts_with("<!-- genesys-iam plan: specs -->\n## genesys-iam plan: `specs`\n"), "{body}");
    for spec in ["`specs/a.toml`", "`specs/b.toml`", "`aR0`", "`bR1`"] {
        assert!(body.contains(spec), "{spec}: {body}");
    }
    assert_eq!(
        action.read("output"),
        "changed=true\nwider=true\nstrangers=true\nremoved-specs=false\nexit-code=0\n"
    );
    assert!(action.read("summary").contains("**Merging applies exactly this plan"));
    let apply = action.step("apply", &folder);
    apply.expect(0).says("[specs/a.toml] done   CreateRole role `aR0`");
    let summary = action.read("summary");
    assert!(summary.contains("| ✓ | `specs/a.toml` | 6 changes made; check: ✓ |"), "{summary}");
    assert!(summary.contains("| done | `bR1` | CreateRole role `bR1` |"), "{summary}");
    assert_eq!(action.read("output"), "changed=true\nexit-code=0\n");
    action.step("check", &folder).expect(0);
    assert!(action.read("summary").contains("## genesys-iam check: `specs`"), "{}", action.read("summary"));
    assert_eq!(action.read("output"), "strangers=false\nexit-code=0\n");
    // The same plan a second time: refused, reported, and no output to continue with.
    action.step("apply", &folder).expect(3).says("nothing is left to do");
    assert!(action.read("summary").contains("nothing is left to do"), "{}", action.read("summary"));
    // Several names, one per line; the guards.
    let several = [("SPEC", "specs/a.toml\nspecs/b.toml\n"), ("REFUSE_WIDER", "true")];
    action.step("plan", &several).expect(0);
    assert!(action.read("output").starts_with("changed=false\nwider=false\n"), "{}", action.read("output"));
}

#[cfg(unix)]
#[test]
fn drift_is_a_plan_that_is_empty_and_a_check_without_fault() {
    let action = Action::of_a_folder();
    let drift = |more: &[(&str, &str)]| action.step("drift", &[&[("SPEC", "specs")], more].concat());
    // Nothing exists: the check's fault counts more than the plan's changes.
    drift(&[]).expect(4);
    assert_eq!(action.read("output"), "changed=true\nwider=true\nstrangers=false\nexit-code=4\n");
    action.step("plan", &[("SPEC", "specs")]).expect(0);
    action.step("apply", &[("SPEC", "specs")]).expect(0);
    drift(&[]).expect(0);
    assert_eq!(action.read("output"), "changed=false\nwider=false\nstrangers=false\nexit-code=0\n");
    let summary = action.read("summary");
    assert!(summary.contains("## genesys-iam drift: `specs`") && summary.contains("no changes"), "{summary}");
    // What no check looks at: here, of one role.
    let spec = action.project.path("specs/a.toml");
    let text = fs::read_to_string(&spec).unwrap();
    fs::write(&spec, text.replacen("name = \"aR0\"", "name = \"aR0\"\ndescription = \"changed\"", 1))
        .unwrap();
    action.step("check", &[("SPEC", "specs")]).expect(0);
    drift(&[]).expect(2);
    assert_eq!(action.read("output"), "changed=true\nwider=false\nstrangers=false\nexit-code=2\n");
    drift(&[("ROLE", "aR1\nb*\n")]).expect(0);
    drift(&[("ROLE", "aR0"), ("ACCOUNT", ACCOUNT)]).expect(2);
    drift(&[("ACCOUNT", "444455556666")]).expect(64).says("the only account is `111122223333`");
    // Nothing that is not known is taken for nothing.
    fs::write(&spec, "nothing = 1").unwrap();
    drift(&[]).expect(1);
    assert!(action.read("output").contains("changed=unknown\n"), "{}", action.read("output"));
}

#[cfg(unix)]
#[test]
fn what_is_wrong_is_annotated_at_its_line_and_what_is_not_known_is_no_false() {
    let action = Action::of_a_folder();
    let folder = [("SPEC", "specs")];
    let text = action.read("specs/b.toml");
    let line = |needle: &str| text.lines().position(|line| line.contains(needle)).unwrap() + 1;
    // A function that does not exist blocks its role.
    fs::write(action.project.path("specs/b.toml"), text.replace("\"f1\"", "\"gone\"")).unwrap();
    let blocked = action.step("plan", &folder);
    let start = format!("::error file=specs/b.toml,line={},title=genesys-iam::role bR1: ", line("bR1") - 1);
    blocked.expect(3).says(&start);
    assert!(action.read("body.md").contains("**Merging applies nothing"), "{}", action.read("body.md"));
    // A fault in the file; its text cannot end the annotation.
    let broken = text.replacen("region = ", "region = \"x%,::set\" # ", 1);
    fs::write(action.project.path("specs/b.toml"), &broken).unwrap();
    let faulty = action.step("plan", &folder);
    let at = broken.lines().position(|line| line.contains("::set")).unwrap() + 1;
    faulty.expect(1).says(&format!("::error file=specs/b.toml,line={at},title=genesys-iam::"));
    for line in faulty.stdout.lines() {
        assert!(line.starts_with("::error ") || line.starts_with("::warning "), "{line}");
    }
    // One of two specs has no plan: only facts about the other are known. Nothing shows whose its external ID is.
    assert_eq!(
        action.read("output"),
        "changed=true\nwider=true\nstrangers=true\nremoved-specs=false\nexit-code=1\n"
    );
    assert!(!action.project.path("plan.json").exists());
    // A variable that is not set is a fault at its line, and not another one at the first.
    let unset =
        text.replacen(&format!("external_id = \"{ID}\""), "external_id = { env = \"GENESYS_UNSET\" }", 1);
    fs::write(action.project.path("specs/b.toml"), &unset).unwrap();
    let at = unset.lines().position(|line| line.contains("GENESYS_UNSET")).unwrap() + 1;
    action
        .step("plan", &folder)
        .expect(1)
        .says(&format!("::error file=specs/b.toml,line={at},title=genesys-iam::the environment variable"))
        .says_not("file=specs/b.toml,line=1,");
    // For a check, the causes at the role's line.
    fs::write(action.project.path("specs/b.toml"), &text).unwrap();
    let check = action.step("check", &folder);
    check.expect(4).says(&format!("::error file=specs/b.toml,line={},title=genesys-iam::", line("bR1") - 1));
    assert!(action.read("output").ends_with("exit-code=4\n"), "{}", action.read("output"));
}

/// A stand-in for a repository with a release, under `o/r`, which git and curl read with `file://`.
#[cfg(unix)]
fn repository_with_release(project: &Project) -> String {
    let version = env!("CARGO_PKG_VERSION");
    let script = format!(
        r#"
set -eu
git init -q --initial-branch main work
cd work
git config user.name x
git config user.email x@example.com
mkdir ci
cp '{ROOT}/ci/install.sh' ci/
printf 'version = "{version}"\n' > Cargo.toml
git add -A
git commit -q -m release
git tag -a v{version} -m v{version}
git tag v0
echo later > later
git add -A
git commit -q -m later
cd ..
mkdir o
git clone -q --bare work o/r
for target in x86_64-unknown-linux-musl aarch64-unknown-linux-musl aarch64-apple-darwin x86_64-apple-darwin; do
  folder=o/r/releases/download/v{version}
  mkdir -p $folder
  printf '#!/bin/sh\necho genesys-iam of %s\n' $target > genesys-iam
  chmod +x genesys-iam
  tar -czf $folder/genesys-iam-$target.tar.gz genesys-iam
  sha256sum $folder/genesys-iam-$target.tar.gz | cut -d ' ' -f 1 > $folder/genesys-iam-$target.tar.gz.sha256
done
mkdir bin
printf '#!/bin/sh\necho built from source >&2\nexit 9\n' > bin/cargo
printf '#!/bin/sh\nif [ "$1" = -sm ]; then echo "$MACHINE"; else exec /bin/uname "$@"; fi\n' > bin/uname
chmod +x bin/cargo bin/uname
git -C work rev-parse v0
"#
    );
    let made = Run::of(Command::new("bash").args(["-c", &script]).current_dir(project.path("")));
    made.expect(0).stdout.trim().to_owned()
}

#[cfg(unix)]
#[test]
fn an_action_that_is_pinned_by_commit_finds_its_release_for_its_machine() {
    let project = Project::empty();
    let commit = repository_with_release(&project);
    let later =
        Run::of(Command::new("git").args(["-C", "work", "rev-parse", "main"]).current_dir(project.path("")));
    let path = format!("{}:{}", project.path("bin").display(), std::env::var("PATH").unwrap());
    let url = format!("file://{}", project.path("o/r").display());
    let install = |reference: &str, machine: &str| {
        let mut command = Command::new("bash");
        command.arg(project.path("work/ci/install.sh")).current_dir(project.path(""));
        command.env_clear().envs([
            ("PATH", path.as_str()),
            ("HOME", project.path("").to_str().unwrap()),
            ("REPOSITORY_URL", &url),
            ("RELEASE_REF", reference),
            ("MACHINE", machine),
            ("GITHUB_PATH", "path"),
        ]);
        Run::of(&mut command)
    };
    let version = format!("v{}", env!("CARGO_PKG_VERSION"));
    for reference in [commit.as_str(), &version, "v0"] {
        install(reference, "Linux x86_64").expect(0).says("genesys-iam of x86_64-unknown-linux-musl");
    }
    install(&commit, "Linux aarch64").expect(0).says("genesys-iam of aarch64-unknown-linux-musl");
    install(&commit, "Darwin arm64").expect(0).says("genesys-iam of aarch64-apple-darwin");
    install(&commit, "Darwin x86_64").expect(0).says("genesys-iam of x86_64-apple-darwin");
    // Any commit other than the release's is different code, whatever its version says.
    for reference in [later.stdout.trim(), "main", "no-such-ref"] {
        install(reference, "Linux x86_64").expect(9).says("built from source");
    }
    install(&commit, "FreeBSD amd64").expect(9);
    // A broken download is not used.
    let sum = format!("o/r/releases/download/{version}/genesys-iam-x86_64-unknown-linux-musl.tar.gz.sha256");
    fs::write(project.path(&sum), "0000\n").unwrap();
    install(&commit, "Linux x86_64").expect(1).says("its checksum is another");
}

#[test]
fn the_installer_asks_for_archives_that_the_release_has() {
    let release = include_str!("../../.github/workflows/release.yml");
    let installer = include_str!("../../ci/install.sh");
    let targets = installer.lines().filter_map(|line| line.trim().strip_suffix(" ;;")?.split_once(") echo "));
    let targets: Vec<&str> = targets.map(|(_, target)| target).collect();
    assert!(targets.len() >= 5, "{targets:?}");
    for target in targets {
        assert!(release.contains(&format!("target: {target}")), "{target}");
    }
}

#[test]
fn the_hooks_and_the_action_name_commands_that_there_are() {
    let project = Project::example();
    let hooks = include_str!("../../.pre-commit-hooks.yaml");
    for line in hooks.lines().filter_map(|line| line.trim().strip_prefix("entry: genesys-iam ")) {
        let args: Vec<&str> = line.split(' ').chain(["genesys.toml"]).collect();
        project.run(&args).expect(0);
    }
    for (script, command) in
        [("plan", "plan"), ("apply", "apply"), ("check", "check"), ("drift", "plan"), ("drift", "check")]
    {
        let script = Path::new(ROOT).join(format!("ci/{script}.sh"));
        assert!(fs::read_to_string(&script).unwrap().contains(&format!("\" {command} ")), "{script:?}");
    }
}

#[test]
fn the_scripts_have_no_mistake_that_shellcheck_finds() {
    let scripts = fs::read_dir(Path::new(ROOT).join("ci")).unwrap().map(|entry| entry.unwrap().path());
    let run = Command::new("shellcheck").arg("-x").args(scripts).current_dir(ROOT).output();
    let Ok(run) = run else {
        let _ = writeln!(std::io::stderr(), "skipped: this machine has no shellcheck");
        return;
    };
    Run::from(run).expect(0);
}

/// With pre-commit itself, from a clone like one on a user's machine.
#[cfg(unix)]
#[test]
fn pre_commit_runs_the_hooks_on_every_spec_and_on_nothing_else() {
    use crate::support::tools::{copy_of_the_repository, path_with, python_tools};
    let project = Project::empty();
    let ready = project.command(&[]);
    let binary = std::path::Path::new(ready.get_program()).parent().unwrap();
    let clone = project.path("genesys-iam");
    fs::create_dir(&clone).unwrap();
    copy_of_the_repository(&clone);
    let user = project.path("user");
    let run = |program: &std::path::Path, args: &[&str]| {
        let mut command = std::process::Command::new(program);
        command.args(args).current_dir(&user).env("PATH", path_with(&[binary, &python_tools()]));
        command.env("PRE_COMMIT_HOME", project.path("cache")).env("GIT_CONFIG_GLOBAL", "/dev/null");
        Run::of(command.env("PRE_COMMIT_COLOR", "never"))
    };
    let git = std::path::Path::new("git");
    fs::create_dir_all(user.join("genesys")).unwrap();
    run(git, &["init", "--quiet"]).expect(0);
    let mut head = std::process::Command::new(git);
    let head = Run::of(head.args(["rev-parse", "HEAD"]).current_dir(&clone)).stdout;
    let config = format!(
        "repos: [{{ repo: {}, rev: {}, hooks: [{{ id: genesys-iam-fmt }}, {{ id: genesys-iam-validate }}] }}]\n",
        clone.display(),
        head.trim()
    );
    fs::write(user.join(".pre-commit-config.yaml"), config).unwrap();
    let example = crate::support::EXAMPLE;
    fs::write(user.join("genesys.toml"), example).unwrap();
    let second = example.replace("GenesysDataActionRole", "OrdersRole");
    fs::write(user.join("genesys/orders.toml"), second.replace("region = ", "region   = ")).unwrap();
    fs::create_dir_all(user.join("team/specs")).unwrap();
    fs::create_dir_all(user.join("genesys-iam")).unwrap();
    fs::write(user.join("team/specs/dev.toml"), example.replace("GenesysDataActionRole", "DevRole")).unwrap();
    for other in ["other.toml", "genesys-iam/Cargo.toml"] {
        fs::write(user.join(other), "not = [ \"a spec\" ]\n").unwrap();
    }
    let commit = |expected: i32| {
        run(git, &["add", "--all"]).expect(0);
        let pre_commit = python_tools().join("pre-commit");
        let run = run(&pre_commit, &["run", "--all-files", "--verbose"]);
        assert_eq!(run.status, expected, "{}", run.transcript());
        run
    };
    commit(1).says("files were modified by this hook").says("genesys/orders.toml");
    assert_eq!(fs::read_to_string(user.join("genesys/orders.toml")).unwrap(), second);
    commit(0)
        .says("Valid. genesys.toml")
        .says("Valid. team/specs/dev.toml")
        .says_not("other.toml")
        .says_not("Cargo");
    fs::write(user.join("genesys.toml"), example.replace("functions", "lambdas")).unwrap();
    commit(1).says("lambdas");
}

#[cfg(unix)]
#[test]
fn what_a_report_does_not_say_is_unknown() {
    let of_report = |report: &str, script: &str| {
        let text = fs::read_to_string(format!("{ROOT}/ci/{script}.sh")).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let lines: Vec<_> = text.lines().filter(|line| line.contains("$(of_report")).collect();
        let program = format!("source {ROOT}/ci/lib.sh; cat >\"$report\"; {}", lines.join("; "));
        let output = folder.path().join("output");
        let mut command = Command::new("bash");
        command.args(["-c", &program]).env("GITHUB_OUTPUT", &output).stdin(std::process::Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(report.as_bytes()).unwrap();
        assert!(child.wait().unwrap().success());
        fs::read_to_string(output).unwrap().lines().map(str::to_owned).collect::<Vec<_>>().join(" ")
    };
    let unknown = "changed=unknown wider=unknown strangers=unknown";
    for report in [
        "{}",
        r#"{"summary": {}}"#,
        r#"{"summary": {"create": "(masked)", "change": 0, "remove": 0, "access_is_wider": "true", "gains": null}}"#,
        r#"{"summary": {"change": 0, "remove": 0, "(masked)": true, "gains": [{"party": "(masked)"}]}}"#,
        r#"{"specs": [{"plan": {}}]}"#,
        r#"{"specs": {}}"#,
        r#"[1]"#,
        "no JSON",
    ] {
        assert_eq!(of_report(report, "plan"), unknown, "{report}");
        assert_eq!(of_report(report, "apply"), "changed=unknown", "{report}");
        assert_eq!(of_report(report, "check"), "strangers=unknown", "{report}");
    }
    let good = r#"{"summary": {"create": 1, "change": 0, "remove": 0, "access_is_wider": false, "gains": [{"party": "unknown"}]}}"#;
    assert_eq!(of_report(good, "plan"), "changed=true wider=false strangers=true");
    let both = format!(r#"{{"specs": [{{"plan": {good}}}, {{"plan": {{}}}}]}}"#);
    assert_eq!(of_report(&both, "plan"), "changed=true wider=unknown strangers=true");
}
