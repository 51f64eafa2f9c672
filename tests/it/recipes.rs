//! The recipes of docs/ci.md: valid by the official schemas, and their script lines work.

#![cfg(unix)]

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::process::Command;

use crate::support::python::tools;
use crate::support::served::serve;
use crate::support::tools::actionlint;
use crate::support::world::{ACCOUNT, ID, fleet_text};
use crate::support::{Project, Run, Server};
use serde_json::Value;

const PAGE: &str = include_str!("../../docs/ci.md");

/// The YAML of a section.
fn recipe(section: &str) -> &'static str {
    let rest = PAGE.split_once(&format!("\n## {section}\n")).unwrap().1;
    rest.split_once("```yaml\n").unwrap().1.split_once("```").unwrap().0
}

/// Whole workflows of GitHub on the page: a step alone is none.
fn workflows() -> Vec<&'static str> {
    let blocks = PAGE.split("```yaml\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let all: Vec<&str> = blocks.filter(|text| text.contains("runs-on:")).collect();
    assert_eq!((all.len(), all[0], all[2]), (3, recipe("GitHub"), recipe("Make it a gate")));
    all
}

/// The same, parsed.
fn parsed(section: &str) -> Value {
    let script =
        "import json, sys; from ruamel.yaml import YAML; print(json.dumps(YAML(typ='safe').load(sys.stdin)))";
    serde_json::from_str(&tools(script, recipe(section)).expect(0).stdout).unwrap()
}

#[test]
fn the_recipes_and_the_action_fit_the_schemas_of_github_gitlab_and_azure() {
    let validate = |text: &str, schema: &str, more: &str| {
        let script = format!(
            "
import os, subprocess, sys, tempfile
with tempfile.NamedTemporaryFile('w', suffix='.yml') as file:
    file.write(sys.stdin.read()); file.flush()
    command = [os.path.join(os.path.dirname(sys.executable), 'check-jsonschema'), '--builtin-schema', '{schema}']
    sys.exit(subprocess.run(command + {more} + [file.name]).returncode)
"
        );
        tools(&script, text)
    };
    validate(include_str!("../../action.yml"), "vendor.github-actions", "[]").expect(0);
    workflows().iter().for_each(|text| {
        validate(text, "vendor.github-workflows", "[]").expect(0);
    });
    validate(recipe("GitLab"), "vendor.gitlab-ci", "['--data-transform', 'gitlab-ci']").expect(0);
    // Python's regular expressions: some in the schema are invalid in Unicode mode.
    let python = "['--regex-variant', 'python', '--data-transform', 'azure-pipelines']";
    validate(recipe("Azure DevOps"), "vendor.azure-pipelines", python).expect(0);
    validate(&recipe("GitLab").replace("script:", "skript:"), "vendor.gitlab-ci", "[]").expect(1);
}

#[test]
fn the_workflows_have_no_mistake_that_actionlint_finds() {
    let Some(found) = actionlint(&recipe("GitHub").replace("github.event_name", "github.evnt_name")) else {
        return;
    };
    assert!(found.iter().any(|line| line.contains("evnt_name")), "{found:?}");
    // It is from 2023 and does not know GitHub's later additions.
    let is_news = |line: &String| {
        line.contains("\" is unknown. available labels") || line.contains("scope \"attestations\"")
    };
    let own =
        [include_str!("../../.github/workflows/ci.yml"), include_str!("../../.github/workflows/release.yml")];
    for workflow in workflows().into_iter().chain(own) {
        let found: Vec<String> = actionlint(workflow).unwrap();
        assert!(found.iter().all(is_news), "{found:#?}");
    }
}

/// GitHub takes a skipped job for a passed one, and so must not be asked whether the plan was made.
#[test]
fn the_gate_passes_only_if_the_plan_was_made_or_no_spec_changed() {
    let workflow = parsed("Make it a gate");
    // A required check of a workflow that a path kept from starting would be waited for.
    let on = serde_json::json!({ "pull_request": { "branches": ["main"] } });
    assert!(workflow["on"] == on && workflow["jobs"]["gate"]["if"] == "always()", "{workflow}");
    // A spec may read any file, so no path is left out.
    let diff = workflow["jobs"]["changed"]["steps"][1]["run"].as_str().unwrap();
    assert!(diff.contains("git diff --quiet HEAD^1 HEAD;"), "{diff}");
    let script = workflow["jobs"]["gate"]["steps"][0]["run"].as_str().unwrap();
    let outcomes = ["success", "failure", "cancelled", "skipped", ""];
    for changed in outcomes {
        for specs in ["true", "false", ""] {
            for plan in outcomes {
                let mut shell = Command::new("bash");
                shell.args(["-c", script]).envs([("CHANGED", changed), ("SPECS", specs), ("PLAN", plan)]);
                let passes = matches!(
                    (changed, specs, plan),
                    ("success", "true", "success") | ("success", "false", "skipped")
                );
                assert_eq!(Run::of(&mut shell).status == 0, passes, "{changed} {specs} {plan}");
            }
        }
    }
}

/// A folder of specs, a served sandbox, and a shell with the program on its PATH.
struct Pipeline {
    project: Project,
    server: Server,
}

impl Pipeline {
    fn new() -> Self {
        let project = Project::empty();
        fs::create_dir(project.path("specs")).unwrap();
        for name in ["a", "b"] {
            let text = fleet_text(1, ID).replace("\"test\"", &format!("{name:?}"));
            let text = text.replace("\"R", &format!("\"{name}R"));
            fs::write(project.path(&format!("specs/{name}.toml")), text).unwrap();
        }
        let server = serve(&project, &["--file", "specs"]);
        fs::create_dir(project.path("bin")).unwrap();
        symlink(env!("CARGO_BIN_EXE_genesys-iam"), project.path("bin/genesys-iam")).unwrap();
        Self { project, server }
    }

    fn stand_in(&self, name: &str, script: &str) {
        let path = self.project.path(&format!("bin/{name}"));
        fs::write(&path, script).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// As GitHub and GitLab run lines.
    fn shell(&self, lines: &str, more: &[(&str, &str)]) -> Run {
        self.plain_shell(&format!("set -eo pipefail\n{lines}"), more)
    }

    /// As Azure Pipelines runs them: a line that fails does not end them.
    fn plain_shell(&self, lines: &str, more: &[(&str, &str)]) -> Run {
        let path = format!("{}:{}", self.project.path("bin").display(), std::env::var("PATH").unwrap());
        let mut command = Command::new("bash");
        command.args(["-c", lines]).current_dir(self.project.path(""));
        command.env_clear().envs([
            ("PATH", path.as_str()),
            ("HOME", self.project.path("").to_str().unwrap()),
            ("AWS_ENDPOINT_URL", &self.server.endpoint),
            ("AWS_ACCESS_KEY_ID", ACCOUNT),
            ("AWS_SECRET_ACCESS_KEY", "x"),
            ("AWS_EC2_METADATA_DISABLED", "true"),
        ]);
        command.envs(more.iter().copied());
        Run::of(&mut command)
    }
}

#[test]
fn the_lines_of_the_gitlab_recipe_keep_one_note_and_apply_its_plan() {
    let pipeline = Pipeline::new();
    let recipe = parsed("GitLab");
    let lines = |job: &str| {
        let all = recipe[".genesys-iam"]["before_script"].as_array().unwrap().iter();
        let all = all.chain(recipe[job]["script"].as_array().unwrap());
        all.map(|line| line.as_str().unwrap()).collect::<Vec<_>>().join("\n")
    };
    pipeline.stand_in(
        "curl",
        r#"#!/bin/bash
echo "$*" >> curl.log
case "$*" in
  */user) echo '{"id": 5}' ;;
  *per_page*) cat notes.json ;;
  *--request*) cp note.md sent.md ;;
esac
"#,
    );
    let gitlab = [
        ("AWS_TOKEN", "a-made-up-token"),
        ("CI_MERGE_REQUEST_IID", "7"),
        ("CI_MERGE_REQUEST_DIFF_BASE_SHA", "0123456789abcdef"),
        ("CI_PROJECT_ID", "3"),
        ("CI_API_V4_URL", "https://gitlab.example/api/v4"),
        ("CI_COMMIT_SHA", "0123456789abcdef"),
        ("BOT_TOKEN", "made-up"),
    ];
    let project = &pipeline.project;
    let read = |name: &str| fs::read_to_string(project.path(name)).unwrap();
    // Someone else's note begins like this too.
    let stranger = r#"{"id": 1, "author": {"id": 4}, "body": "<!-- genesys-iam plan: specs -->"}"#;
    fs::write(project.path("notes.json"), format!("[{stranger}]")).unwrap();
    pipeline.shell(&lines("plan"), &gitlab).expect(0).says("`specs/b.toml`");
    let notes = "https://gitlab.example/api/v4/projects/3/merge_requests/7/notes";
    assert!(read("curl.log").contains("--request POST"), "{}", read("curl.log"));
    assert!(read("curl.log").trim_end().ends_with(notes), "{}", read("curl.log"));
    assert!(read("sent.md").starts_with("<!-- genesys-iam plan: specs -->\n"), "{}", read("sent.md"));
    let own = r#"{"id": 2, "author": {"id": 5}, "body": "<!-- genesys-iam plan: specs -->\nold"}"#;
    fs::write(project.path("notes.json"), format!("[{stranger}, {own}]")).unwrap();
    pipeline.shell(&lines("plan"), &gitlab).expect(0);
    assert!(read("curl.log").contains("--request PUT"), "{}", read("curl.log"));
    assert!(read("curl.log").trim_end().ends_with(&format!("{notes}/2")), "{}", read("curl.log"));
    pipeline.shell(&lines("drift"), &gitlab).expect(4);
    pipeline.shell(&lines("apply"), &gitlab).expect(0).says("── specs/b.toml ──");
    pipeline.shell(&lines("drift"), &gitlab).expect(0);
    // In a schedule, `changes` holds whatever was changed.
    for job in ["plan", "apply"] {
        let rules = recipe[job]["rules"].as_array().unwrap();
        assert!(
            rules.iter().all(|rule| rule["if"].as_str().unwrap().starts_with("$CI_PIPELINE_SOURCE == ")),
            "{job}"
        );
    }
    // A failure still appears in the note, and fails the job.
    fs::write(project.path("specs/a.toml"), "nothing = 1\n").unwrap();
    pipeline.shell(&lines("plan"), &gitlab).expect(1);
    let sent = read("sent.md");
    assert!(
        sent.contains("**FAILED**") && sent.contains("**Nothing can be applied: this plan is not kept.**"),
        "{sent}"
    );
    assert!(sent.contains("    error:"), "{sent}");
    // Nobody learns of a removed spec, or of one that has another account, from the plan of those that stay.
    let base =
        |file: &str, text: &str| fs::write(project.path(&format!("base/specs/{file}.toml")), text).unwrap();
    fs::create_dir_all(project.path("base/specs")).unwrap();
    let b = read("specs/b.toml");
    base("moved-within", &b);
    base("gone", &b.replace("111122223333", "999988887777"));
    fs::remove_file(project.path("specs/a.toml")).unwrap();
    pipeline.stand_in("git", "#!/bin/bash\ncase $1 in archive) tar -C base -c specs ;; esac\n");
    pipeline.shell(&lines("plan"), &gitlab).expect(0);
    let sent = read("sent.md");
    assert!(sent.contains("**Roles that no spec has any longer: 999988887777 "), "{sent}");
    assert!(!sent.contains("111122223333 bR0"), "{sent}");
    pipeline.stand_in("git", "#!/bin/bash\nexit 1\n");
    pipeline.shell(&lines("plan"), &gitlab).expect(0);
    assert!(read("sent.md").contains("any longer: which ones is not known.**"));
}

#[test]
fn the_lines_of_the_azure_recipe_make_a_plan_and_apply_it() {
    let pipeline = Pipeline::new();
    let recipe = parsed("Azure DevOps");
    let steps = |at: &str| -> String {
        let steps = recipe.pointer(at).unwrap_or_else(|| panic!("no {at}")).as_array().unwrap();
        let lines: Vec<&str> = steps.iter().filter_map(|step| step["bash"].as_str()).collect();
        // Azure substitutes these before the shell sees them.
        let folder = pipeline.project.path("kept/genesys-iam-plan");
        let root = pipeline.project.path("kept");
        let text = lines.join("\n").replace("$(Build.ArtifactStagingDirectory)", folder.to_str().unwrap());
        text.replace("$(Pipeline.Workspace)", root.to_str().unwrap())
    };
    fs::create_dir_all(pipeline.project.path("kept/genesys-iam-plan")).unwrap();
    let plan = pipeline.plain_shell(&steps("/stages/0/jobs/0/steps"), &[]);
    plan.expect(0).says("##vso[task.uploadsummary]");
    let apply = pipeline.plain_shell(&steps("/stages/1/jobs/0/strategy/runOnce/deploy/steps"), &[]);
    apply.expect(0).says("Applied. 3 changes made");
    let drift = steps("/stages/2/jobs/0/steps");
    pipeline.plain_shell(&drift, &[]).expect(0);
    // Where only the check fails, the nightly run fails.
    pipeline
        .plain_shell(&drift.replace(" plan ", " validate #"), &[("AWS_ENDPOINT_URL", "http://127.0.0.1:1")])
        .expect(1);
}

#[test]
fn the_lines_for_cron_tell_a_fault_from_what_cannot_be_told() {
    let pipeline = Pipeline::new();
    let rest = PAGE.split_once("\n## Drift, from cron\n").unwrap().1;
    let lines = rest.split_once("```sh\n").unwrap().1.split_once("```").unwrap().0;
    let lines = format!("set +e\n{lines}");
    pipeline.stand_in("mail", "#!/bin/bash\necho \"mail: $*\"; cat\n");
    let drifted = pipeline.shell(&lines, &[]);
    drifted.says("mail: -s genesys-iam: changes").says("role aR0").says_not("CreateRole");
    drifted.says("mail: -s genesys-iam: a fault").says("There is no role `aR0`");
    pipeline.shell("genesys-iam --file specs apply --yes", &[]).expect(0);
    pipeline.shell(&lines, &[]).says_not("mail:");
    pipeline
        .shell(&lines, &[("AWS_ENDPOINT_URL", "http://127.0.0.1:1")])
        .says("mail: -s genesys-iam: cannot tell");
}

/// By GitHub's own parser.
#[test]
fn the_comment_for_a_folder_renders_as_tables_headings_and_folded_changes() {
    let pipeline = Pipeline::new();
    let comment = pipeline.shell("genesys-iam --file specs plan --format markdown", &[]);
    let script = "
import sys, cmarkgfm
from cmarkgfm.cmark import Options
print(cmarkgfm.github_flavored_markdown_to_html(sys.stdin.read(), Options.CMARK_OPT_UNSAFE))
";
    let html = tools(script, &comment.expect(0).stdout).expect(0).stdout.clone();
    for part in [
        "<td><code>specs/a.toml</code></td>",
        "<h2><code>specs/b.toml</code></h2>",
        "<details><summary>CreateRole role aR0</summary>",
        "<pre lang=\"mermaid\"><code>flowchart TB",
        "<pre lang=\"diff\"><code>",
    ] {
        assert!(html.contains(part), "no {part} in\n{html}");
    }
    // Every fence, table and fold is closed.
    for tag in ["table", "details", "pre", "code", "blockquote"] {
        let [opened, closed] = [format!("<{tag}"), format!("</{tag}>")].map(|tag| html.matches(&tag).count());
        assert_eq!(opened, closed, "{tag}");
    }
    assert!(!html.contains("```") && !html.contains("|---"), "{html}");
}
