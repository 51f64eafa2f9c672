//! Every command in the README and the docs is run as a reader would run it, and every option they name exists.
//!
//! Blocks marked `sh` contain commands, those marked `console` a `$` before each command and its output (`UPDATE_DOCS=1
//! cargo test` rewrites that). A page is one folder and one shell, from its first block to its last.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::CommandFactory as _;
use genesys_iam::cli::Cli;

use crate::support::{BOTH_ENDS, Project, Run};

/// Runs before a page, or before one of its commands.
const BEFORE: &[(&str, &str, &str)] = &[
    (
        "README.md",
        "genesys-iam check",
        "genesys-iam apply --no-check; genesys-iam --scenario stranger.toml check",
    ),
    ("README.md", "genesys-iam plan", "genesys-iam --scenario stranger.toml check"),
    ("README.md", "genesys-iam check --invoke", "genesys-iam apply --no-check"),
    (
        "README.md",
        "genesys-iam validate",
        "sed -i 's/\"765628985471\"/\"76562898547\"/' genesys.toml; sed -i '/^ *#/d; s/ *# .*//' genesys.toml",
    ),
    (
        "docs/check.md",
        "genesys-iam check",
        "sed -i 's/my-genesys-trigger-function/order-status/' genesys.toml; genesys-iam apply --no-check; \
         genesys-iam --scenario wrong-account check; true",
    ),
    ("docs/ci.md", "", "mkdir specs; cp genesys.toml specs; genesys-iam --file specs apply --no-check"),
    ("docs/ci.md", "SPEC=specs $SOURCE/ci/rehearse.sh plan", concat!("SOURCE=", env!("CARGO_MANIFEST_DIR"))),
    ("docs/ci.md", "genesys-iam show", "genesys-iam --file specs plan --out plan.json"),
    ("docs/tutorial.md", "", "rm genesys.toml"),
    ("docs/genesys.md", "", "rm genesys.toml"),
    ("docs/howto-adopt.md", "", "genesys-iam apply --no-check; rm genesys.toml"),
    (
        "docs/howto-adopt.md",
        "genesys-iam import --all --unmanaged",
        "genesys-iam sandbox reset; mv genesys.toml moved; genesys-iam --scenario used diagnose; mv moved genesys.toml; \
         sed -i 's/GenesysDataActionRole/Other/; s/AWS Lambda orders/Others/' genesys.toml",
    ),
    ("docs/failures.md", "", "rm genesys.toml"),
    ("docs/failures.md", "genesys-iam --sandbox --scenario", "genesys-iam sandbox reset"),
    (
        "docs/howto-diagnose.md",
        "",
        "genesys-iam apply --no-check; genesys-iam --scenario wrong-external-id check; rm genesys.toml",
    ),
    (
        "docs/fleets.md",
        "",
        "mkdir specs; for name in dev test; do sed \"s/GenesysDataActionRole/$name/; s/AWS Lambda orders/$name/\" \
         genesys.toml > specs/$name.toml; done; sed -i 's/111122223333/444455556666/' specs/test.toml; \
         sed -i 's/\"GenesysDataActionRole\"/\"OrdersEu\"/' genesys.toml; \
         printf '[[role]]\\nname = \"Billing\"\\nfunctions = [\"billing\"]\\n' >> genesys.toml",
    ),
];

/// Commands that should exit with a status other than 0.
const STATUSES: &[(&str, &str, i32)] = &[
    ("README.md", "genesys-iam check", 4),
    ("README.md", "genesys-iam check --invoke", 0),
    ("README.md", "genesys-iam validate", 1),
    ("docs/check.md", "genesys-iam check", 4),
    ("docs/failures.md", "genesys-iam --sandbox --scenario", 4),
    ("docs/howto-adopt.md", "genesys-iam import --all --unmanaged", 2),
    ("docs/howto-diagnose.md", "genesys-iam diagnose GenesysDataActionRole", 4),
    ("docs/howto-diagnose.md", "genesys-iam diagnose GenesysDataActionRole --out", 0),
    ("docs/howto-diagnose.md", "genesys-iam diagnose GenesysDataActionRole --format", 0),
    ("docs/howto-diagnose.md", "genesys-iam diagnose", 4),
    ("docs/howto-diagnose.md", "genesys-iam diagnose --error", 4),
    ("docs/howto-diagnose.md", "genesys-iam --sandbox --scenario", 4),
    ("docs/sandbox.md", "genesys-iam --sandbox --scenario", 4),
    ("docs/tutorial.md", "genesys-iam --sandbox --scenario", 4),
];

/// Commands that cannot run in a test, and why.
const NOT_RUN: &[(&str, &str, &str)] = &[
    ("README.md", "cargo ", "builds; CI and the release workflow do it"),
    ("CONTRIBUTING.md", ".ci/run", "runs this test"),
    ("docs/acceptance.md", "GENESYS_IAM_ACCEPTANCE", "needs an AWS account"),
    ("docs/apply.md", "git show", "needs a repository from which the file was deleted"),
    ("docs/apply.md", "genesys-iam --file specs/old.toml", "needs that file; tests/it/leftovers.rs does it"),
    ("docs/genesys.md", "terraform ", "needs Terraform and a state of CX as Code"),
    ("docs/install.md", "docker ", "needs a container engine and the released image"),
    ("docs/install.md", "gh ", "needs GitHub and a release"),
    ("docs/install.md", "sha256sum ", "needs a release"),
    ("docs/releasing.md", "git ", "makes and pushes a release"),
    ("docs/releasing.md", "just ", "makes a release; tests/it/packaging.rs does it on a copy"),
    ("docs/performance.md", "cargo ", "builds two release binaries"),
    ("docs/performance.md", "python3 benches/fleet.py", "measures for an hour, with Terraform"),
    (
        "docs/sandbox.md",
        "genesys-iam sandbox serve",
        "serves until it is stopped; tests/it/sandbox.rs runs it",
    ),
    ("docs/sandbox.md", "aws ", "needs the AWS CLI and the server; tests/it/sandbox.rs uses boto3"),
    ("docs/sandbox.md", "curl ", "needs the server; tests/it/sandbox.rs asks for the tally"),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// README, CONTRIBUTING and the docs, except what the program generates.
fn pages() -> Vec<(String, String)> {
    let docs = fs::read_dir(root().join("docs")).unwrap();
    let docs = docs.map(|entry| format!("docs/{}", entry.unwrap().file_name().to_str().unwrap()));
    let mut names: Vec<String> =
        docs.filter(|name| name.ends_with(".md") && name != "docs/reference.md").collect();
    names.extend(["README.md".to_owned(), "CONTRIBUTING.md".to_owned()]);
    names.sort();
    names.into_iter().map(|name| (name.clone(), fs::read_to_string(root().join(&name)).unwrap())).collect()
}

/// A command on a page, with its output if the block is a `console` block.
#[derive(Debug)]
struct Step {
    command: String,
    shown: Option<String>,
}

/// Whether bash would wait for another line.
fn is_unfinished(command: &str) -> bool {
    if command.ends_with('\\') {
        return true;
    }
    if let Some((_, rest)) = command.split_once("<<") {
        let end = rest.lines().next().unwrap().trim_matches(['\'', '"', ' ']);
        return !command.lines().skip(1).any(|line| line == end);
    }
    !Command::new("bash").args(["-n", "-c", command]).output().unwrap().status.success()
}

fn steps(text: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut block: Option<(&str, String)> = None;
    for line in text.lines() {
        match (&mut block, line.strip_prefix("```")) {
            (None, Some(language)) => block = Some((language, String::new())),
            (None, None) => {}
            (Some((_, body)), None) => {
                body.push_str(line);
                body.push('\n');
            }
            (Some(_), Some(_)) => match block.take().unwrap() {
                ("sh", body) => steps.extend(commands(&body)),
                ("console", body) => steps.extend(body.split("$ ").skip(1).map(|step| {
                    let (command, shown) = step.split_once('\n').unwrap();
                    Step { command: command.to_owned(), shown: Some(shown.to_owned()) }
                })),
                _ => {}
            },
        }
    }
    assert!(block.is_none(), "a block is not closed");
    steps
}

fn commands(body: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut command = String::new();
    for line in body.lines() {
        if command.is_empty() && (line.is_empty() || line.starts_with('#')) {
            continue;
        }
        if !command.is_empty() {
            command.push('\n');
        }
        command.push_str(line);
        if !is_unfinished(&command) {
            steps.push(Step { command: std::mem::take(&mut command), shown: None });
        }
    }
    assert!(command.is_empty(), "unfinished: {command}");
    steps
}

/// Finds the row for a command: the longest one that the command begins with.
fn row<'a, T>(rows: &'a [(&str, &str, T)], page: &str, command: &str) -> Option<&'a T> {
    let fits = |row: &&(&str, &str, T)| row.0 == page && !row.1.is_empty() && command.starts_with(row.1);
    rows.iter().filter(fits).max_by_key(|row| row.1.len()).map(|row| &row.2)
}

/// A folder with the example as its spec, and on the PATH a `genesys-iam` that works in the sandbox and answers yes.
fn readers_folder() -> Project {
    let project = Project::new(BOTH_ENDS);
    let scenario = "[role.GenesysDataActionRole]\ntrust = { Version = \"2012-10-17\", Statement = { Effect = \"Allow\", \
                    Principal = { AWS = \"691338073777\" }, Action = \"sts:AssumeRole\" } }\n";
    fs::write(project.path("stranger.toml"), scenario).unwrap();
    let shim = format!(
        "#!/usr/bin/env bash\nmore=()\n\
         case \" $* \" in *\" --sandbox \"*) ;; *) more+=(--sandbox) ;; esac\n\
         case \" $* \" in *\" --yes \"* | *\" apply \"*.json* | *\" permissions \"*) ;; *\" apply \"* | *\" destroy \"*) more+=(--yes) ;; esac\n\
         exec '{}' \"$@\" \"${{more[@]}}\"\n",
        env!("CARGO_BIN_EXE_genesys-iam")
    );
    fs::create_dir(project.path(".bin")).unwrap();
    for (name, script) in [("genesys-iam", shim.as_str()), ("mail", "#!/bin/sh\ncat\n")] {
        let path = project.path(".bin").join(name);
        fs::write(&path, script).unwrap();
        #[cfg(unix)]
        fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    }
    project
}

/// Runs bash with a script in the project's folder; the shim is the first `genesys-iam` on its PATH.
fn bash(project: &Project, script: &str) -> Run {
    let ready = project.command(&[]);
    let mut command = Command::new("bash");
    command.env_clear().envs(ready.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.envs(std::env::var_os("LD_LIBRARY_PATH").map(|value| ("LD_LIBRARY_PATH", value)));
    let path = format!("{}:{}", project.path(".bin").display(), std::env::var("PATH").unwrap());
    command.env("PATH", path).current_dir(project.path("")).args(["-c", script]);
    command.stdin(std::process::Stdio::null());
    Run::of(&mut command)
}

/// Runs a page's steps; returns what each printed, `None` for skipped ones.
fn run(page: &str, steps: &[Step]) -> Vec<Option<(i32, String)>> {
    let project = readers_folder();
    let mut script = String::new();
    let first = BEFORE.iter().find(|row| row.0 == page && row.1.is_empty()).map(|row| row.2);
    let _ = writeln!(script, "{{\n{}\n}} >before.log 2>&1", first.unwrap_or("true"));
    for (index, Step { command, .. }) in steps.iter().enumerate() {
        if let Some(reason) = row(NOT_RUN, page, command) {
            let said = format_args!("{page}: not run: {command}: {reason}\n");
            let _ = std::io::Write::write_fmt(&mut std::io::stderr(), said);
            continue;
        }
        if let Some(before) = row(BEFORE, page, command) {
            let _ = writeln!(script, "{{\n{before}\n}} >>before.log 2>&1");
        }
        // The next command may need this one's exit status.
        let _ = writeln!(
            script,
            "{{\n{command}\n}} >out.{index} 2>&1\nended=$?; echo $ended >status.{index}; (exit $ended)"
        );
    }
    let run = bash(&project, &script);
    let read = |name: String| fs::read_to_string(project.path(&name));
    let left = (0..steps.len()).map(|index| {
        row(NOT_RUN, page, &steps[index].command).is_none().then(|| {
            let status =
                read(format!("status.{index}")).unwrap_or_else(|_| panic!("{page}: {}", run.transcript()));
            let printed = read(format!("out.{index}")).unwrap();
            let note =
                "note: in the sandbox: an embedded stand-in for AWS and Genesys Cloud, state in .genesys-iam/sandbox.json\n";
            let printed = printed.replacen(note, "", 1);
            // The note about a planted scenario goes too: the page shows what a mistake looks like.
            let is_shown = |line: &&str| !line.starts_with("note: planted in this sandbox");
            let printed: String = printed.split_inclusive('\n').filter(is_shown).collect();
            // A remedy repeats an option that the page does not show.
            let is_sandbox = steps[index].command.contains("--sandbox");
            let printed =
                if is_sandbox { printed } else { printed.replace("genesys-iam --sandbox", "genesys-iam") };
            (status.trim().parse().unwrap(), printed)
        })
    });
    left.collect()
}

#[cfg(unix)]
#[test]
fn every_command_in_the_docs_runs_and_prints_what_the_docs_show() {
    let mut wrong = String::new();
    for (page, text) in pages() {
        let steps = steps(&text);
        let mut current = text.clone();
        for (step, ended) in steps.iter().zip(run(&page, &steps)) {
            let Some((status, printed)) = ended else { continue };
            let wanted = row(STATUSES, &page, &step.command).copied().unwrap_or(0);
            if status != wanted {
                let _ = writeln!(
                    wrong,
                    "{page}: {}\n  exit status {status}, not {wanted}:\n{printed}",
                    step.command
                );
            }
            let Some(shown) = &step.shown else { continue };
            let from = format!("$ {}\n{shown}", step.command);
            current = current.replacen(&from, &format!("$ {}\n{printed}", step.command), 1);
        }
        if std::env::var_os("UPDATE_DOCS").is_some() && current != text {
            fs::write(root().join(&page), &current).unwrap();
        } else if current != text {
            let _ = writeln!(
                wrong,
                "{page} shows other output (UPDATE_DOCS=1 cargo test); it should be:\n{current}"
            );
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// A hook that checks the formatting would refuse it otherwise.
#[cfg(unix)]
#[test]
fn what_the_page_on_adopting_has_one_write_is_formatted() {
    let page = "docs/howto-adopt.md";
    let text = fs::read_to_string(root().join(page)).unwrap();
    let mut checked = Vec::new();
    for step in steps(&text) {
        let written = step.command.split_once("--out ").map(|(_, file)| file.to_owned());
        checked.push(step);
        let check = |file: String| Step { command: format!("genesys-iam fmt --check {file}"), shown: None };
        checked.extend(written.map(check));
    }
    checked.push(Step { command: "genesys-iam fmt --check genesys.toml".to_owned(), shown: None });
    let ended = run(page, &checked);
    let of_fmt = checked.iter().zip(&ended).filter(|(step, _)| step.command.contains("fmt --check"));
    let of_fmt: Vec<_> = of_fmt.map(|(step, ended)| (&step.command, ended)).collect();
    assert_eq!(of_fmt.len(), 3, "{of_fmt:?}");
    for (command, ended) in of_fmt {
        assert_eq!(ended.as_ref().map(|(status, _)| *status), Some(0), "{command}: {ended:?}");
    }
}

/// Otherwise the lists above would outlive their commands.
#[test]
fn every_exception_is_about_a_command_of_the_docs() {
    let pages = pages();
    let rows = BEFORE.iter().map(|row| (row.0, row.1)).chain(STATUSES.iter().map(|row| (row.0, row.1)));
    for (page, command) in rows.chain(NOT_RUN.iter().map(|row| (row.0, row.1))) {
        let text = &pages.iter().find(|(name, _)| name == page).unwrap_or_else(|| panic!("no {page}")).1;
        assert!(
            steps(text).iter().any(|step| step.command.starts_with(command)),
            "{page} has no {command:?}"
        );
    }
}

#[test]
fn commands_are_in_blocks_that_are_run() {
    for (page, text) in pages() {
        let mut is_block = false;
        for (line, before) in text.lines().zip(std::iter::once("").chain(text.lines())) {
            if let Some(language) = line.trim_start().strip_prefix("```") {
                is_block = !is_block;
                let known = ["sh", "console", "toml", "yaml", "json", "text", "mermaid", "html", "hcl"];
                assert!(!is_block || known.contains(&language), "{page}: a block of {language:?}");
                assert!(line.starts_with("```"), "{page}: a block that is indented is not run");
            }
            let indented = line.starts_with("    ") && before.is_empty();
            assert!(is_block || !(indented && line.contains("genesys-iam ")), "{page}: not run: {line}");
        }
    }
}

/// Like a reader at a terminal: a line is pasted once the shell is ready for it, and questions are answered with yes.
#[cfg(unix)]
#[test]
fn the_tutorial_can_be_pasted_line_by_line_into_an_empty_folder() {
    let text = fs::read_to_string(root().join("docs/tutorial.md")).unwrap();
    let steps = steps(&text);
    assert!(steps.len() > 6, "{steps:?}");
    let lines: Vec<&str> = steps.iter().flat_map(|step| step.command.lines()).collect();
    let project = Project::empty();
    let script = r"
import os, pty, signal, sys
signal.alarm(120)
lines = sys.stdin.read().split('\n')
pid, terminal = pty.fork()
if pid == 0:
    os.execvp('bash', ['bash', '--rcfile', '.rc', '-i'])
shown = b''
while True:
    try:
        part = os.read(terminal, 4096)
    except OSError:
        break
    if not part:
        break
    shown += part
    if shown.endswith((b'READY$ ', b'MORE> ')):
        os.write(terminal, (lines.pop(0) if lines else 'exit 0').encode() + b'\n')
    elif shown.endswith(b': ') and b'Only `yes`' in shown.rsplit(b'READY$ ', 1)[1]:
        os.write(terminal, b'yes\n')
sys.stdout.buffer.write(shown.replace(b'\r\n', b'\n'))
os.waitpid(pid, 0)
";
    let ready = project.command(&[]);
    let folder = Path::new(ready.get_program()).parent().unwrap().display().to_string();
    let mut command = Command::new("python3");
    command.env_clear().envs(ready.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.env("PATH", format!("{folder}:{}", std::env::var("PATH").unwrap()));
    command.envs([("NO_COLOR", "1"), ("TERM", "dumb")]);
    fs::write(project.path(".rc"), "PS1='[$?]READY$ ' PS2='MORE> '\n").unwrap();
    command.current_dir(project.path("")).args(["-c", script]);
    let input = project.path(".lines");
    fs::write(&input, lines.join("\n")).unwrap();
    command.stdin(fs::File::open(&input).unwrap());
    let run = Run::of(&mut command);
    run.expect(0).says("Valid. genesys.toml").says("Applied.").says("Proven end to end in the sandbox");
    run.says("Destroyed. ")
        .says("No changes.")
        .says("demands the external ID \"0b1c2d3e-0000-4000-8000-000000000000\"");
    let statuses: Vec<&str> = run.stdout.matches("]READY$ ").collect();
    assert_eq!(statuses.len(), steps.len() + 1, "{}", run.transcript());
    let failed = run.stdout.split(']').filter_map(|part| part.rsplit_once('[')).filter(|part| part.1 != "0");
    let failed: Vec<&str> =
        failed.map(|part| part.1).filter(|status| status.parse::<i32>().is_ok()).collect();
    assert_eq!(failed, ["4"], "only the check of what was broken fails: {}", run.transcript());
}

/// Options and commands named in a text that do not exist.
fn named_wrongly(words: &[&str], program: &clap::Command) -> Option<String> {
    let mut command = program;
    let mut words =
        words.iter().map(|word| word.trim_matches(['[', ']', '…', ',', '.', ';', ':', ')', '(', '"', '\'']));
    let mut flags = Vec::new();
    let mut is_first = true;
    for word in words.by_ref() {
        if word.starts_with('-') {
            flags.push(word);
        } else if let Some(inner) = command.find_subcommand(word) {
            command = inner;
            is_first = false;
        } else if is_first
            && flags.is_empty()
            && word.bytes().all(|byte| byte.is_ascii_lowercase())
            && !word.is_empty()
        {
            return Some(format!("no command {word:?}"));
        } else {
            is_first = false;
        }
    }
    let has = |flag: &str| {
        command.get_arguments().chain(program.get_arguments()).any(|arg| arg.get_long() == Some(flag))
    };
    let long =
        |flag: &&str| flag.strip_prefix("--").map(|flag| flag.split(['=', '[']).next().unwrap().to_owned());
    let mut flags =
        flags.iter().filter_map(long).filter(|flag| !flag.is_empty() && flag != "help" && flag != "version");
    flags.find(|flag| !has(flag)).map(|flag| format!("{} has no --{flag}", command.get_name()))
}

fn program() -> clap::Command {
    let mut program = Cli::command();
    program.build();
    program
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn every_command_and_option_that_a_text_names_exists() {
    let program = program();
    let mut texts = pages();
    let mut files = Vec::new();
    sources(&root().join("src"), &mut files);
    for name in ["action.yml", "docs/reference.md", ".pre-commit-hooks.yaml"] {
        files.push(root().join(name));
    }
    for path in files {
        texts.push((path.display().to_string(), fs::read_to_string(&path).unwrap()));
    }
    let mut wrong = String::new();
    for (page, text) in texts {
        for line in text.lines() {
            for span in line.split('`').skip(1).step_by(2) {
                let words: Vec<&str> = span.split_whitespace().collect();
                let Some((first, rest)) = words.split_first() else { continue };
                let said = match *first {
                    // Values of `format` in JSON.
                    "genesys-iam" if matches!(rest, ["plans" | "checks"]) => None,
                    "genesys-iam" => named_wrongly(rest, &program),
                    name if !rest.is_empty() && program.find_subcommand(name).is_some() => {
                        named_wrongly(&words, &program)
                    }
                    _ => None,
                };
                if let Some(said) = said {
                    let _ = writeln!(wrong, "{page}: `{span}`: {said}");
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// The examples at the end of `--help` and in the manual pages.
#[test]
fn every_example_in_the_help_is_a_command_that_the_program_takes() {
    fn look(command: &clap::Command, seen: &mut usize) {
        let after = command.get_after_long_help().or(command.get_after_help());
        for line in after.map(ToString::to_string).unwrap_or_default().lines() {
            let Some(example) = line.strip_prefix("  genesys-iam ") else { continue };
            let example = example.split("  ").next().unwrap().split(" > ").next().unwrap();
            let words = shlex::split(example).unwrap();
            let words = std::iter::once("genesys-iam".to_owned()).chain(words);
            if let Err(error) = Cli::command().try_get_matches_from(words) {
                panic!("{example}: {error}");
            }
            *seen += 1;
        }
        command.get_subcommands().for_each(|inner| look(inner, seen));
    }
    let mut seen = 0;
    look(&program(), &mut seen);
    assert!(seen > 9, "{seen}");
}
