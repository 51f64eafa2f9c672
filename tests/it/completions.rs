//! `completions` and `man`.

use crate::support::{BOTH_ENDS, Project, ROLE, Run};
use std::fs;

#[test]
fn shells_and_man_get_what_they_take() {
    let project = Project::example();
    for (shell, says) in [
        ("bash", "_clap_complete_genesys_iam"),
        ("zsh", "#compdef genesys-iam"),
        ("fish", "complete --keep-order --exclusive --command genesys-iam"),
        ("powershell", "Register-ArgumentCompleter"),
        ("elvish", "edit:completion:arg-completer"),
    ] {
        project.run(&["completions", shell]).expect(0).says(says).says("COMPLETE");
    }
    project.run(&["man", "pages"]).expect(0);
    for page in ["genesys-iam.1", "genesys-iam-plan.1", "genesys-iam-policy-lint.1"] {
        assert!(fs::read_to_string(project.path("pages").join(page)).unwrap().contains(".TH"), "{page}");
    }
}

#[cfg(unix)]
#[test]
fn a_shell_is_offered_commands_options_and_the_roles_of_the_specs() {
    let project = Project::example();
    fs::create_dir(project.path("specs")).unwrap();
    // Even in a faulty spec.
    fs::write(project.path("specs/other.toml"), "[[role]]\nname = \"Gamma\"\n[[role]]\nname = \"Delta\"\n")
        .unwrap();
    let binary = project.command(&[]);
    let folder = std::path::Path::new(binary.get_program()).parent().unwrap().display().to_string();
    let offered = |words: &str, index: usize| {
        let script = format!(
            "PATH={folder}:$PATH; eval \"$(genesys-iam completions bash)\"; COMP_WORDS=({words}); COMP_CWORD={index}; \
             COMP_TYPE=9; _clap_complete_genesys_iam genesys-iam \"${{COMP_WORDS[$COMP_CWORD]}}\" x; \
             printf '%s\\n' \"${{COMPREPLY[@]}}\""
        );
        let mut bash = std::process::Command::new("bash");
        Run::of(bash.args(["-c", &script]).current_dir(project.path("")))
    };
    offered("genesys-iam pl", 1).expect(0).says("plan");
    offered("genesys-iam plan --refuse", 2).says("--refuse-wider");
    offered("genesys-iam plan --role ''", 3).says(ROLE);
    offered("genesys-iam check -f specs --role D", 5).says("Delta").says_not("Gamma").says_not(ROLE);
}

#[cfg(unix)]
#[test]
fn nothing_is_offered_that_a_shell_would_run_or_a_terminal_obey() {
    let names = [
        "$(touch${IFS}./pwned)",
        "`touch pwned`",
        "a;touch pwned",
        "a b",
        "~root",
        "a\u{1b}[2J",
        "a\nb",
        "-rf",
        "{a,b}",
        "é",
    ];
    let mut spec = String::new();
    for name in names.iter().chain(&["Good_+=,.@-1"]) {
        spec.push_str(&format!("[[role]]\nname = {}\n", serde_json::Value::from(*name)));
    }
    let project = Project::new(&spec);
    let binary = project.command(&[]);
    let mut command = std::process::Command::new(binary.get_program());
    command.args(["--", "genesys-iam", "plan", "--role", ""]).current_dir(project.path(""));
    command.env("COMPLETE", "bash").env("_CLAP_COMPLETE_INDEX", "3").env("_CLAP_IFS", "\n");
    let offered = Run::of(&mut command);
    assert_eq!(offered.expect(0).stdout.trim_end(), "Good_+=,.@-1");
}

#[cfg(unix)]
#[test]
fn scenarios_are_offered_by_name_and_otherwise_files() {
    let project = Project::example();
    let offered = |typed: &str| {
        let mut command = std::process::Command::new(project.command(&[]).get_program());
        command.args(["--", "genesys-iam", "--scenario", typed]).current_dir(project.path(""));
        command.env("COMPLETE", "bash").env("_CLAP_COMPLETE_INDEX", "2").env("_CLAP_IFS", "\n");
        Run::of(&mut command).expect(0).stdout.trim_end().to_owned()
    };
    assert_eq!(offered("wr"), "wrong-external-id\nwrong-account");
    assert_eq!(offered("gen"), "genesys.toml");
}

#[cfg(unix)]
#[test]
fn the_names_of_data_actions_are_offered_as_one_word() {
    let mut spec = "[[role]]\nname = \"Role\"\n".to_owned();
    for name in
        ["Get order status", "Get-order", "Put order", "Get $(touch pwned)", "Get;x", " Get", "Get\nx"]
    {
        spec.push_str(&format!("[[role.data_action]]\nname = {}\n", serde_json::Value::from(name)));
    }
    let project = Project::new(&spec);
    let offered = |shell: &str, typed: &str| {
        let binary = project.command(&[]);
        let mut command = std::process::Command::new(binary.get_program());
        command.args(["--", "genesys-iam", "check", "--invoke", typed]).current_dir(project.path(""));
        command.env("COMPLETE", shell).env("_CLAP_COMPLETE_INDEX", "3");
        if shell == "bash" {
            command.env("_CLAP_COMPLETE_COMP_TYPE", "9");
        }
        if shell != "powershell" {
            command.env("_CLAP_IFS", "\n");
        }
        Run::of(&mut command).expect(0).stdout.trim_end().to_owned()
    };
    assert_eq!(offered("bash", "Get"), "Get\\ order\\ status\nGet-order");
    assert_eq!(offered("bash", "Get\\ o"), "Get\\ order\\ status");
    assert_eq!(offered("bash", "\"Get o"), "Get order status");
    assert!(offered("zsh", "Put").starts_with("Put order"));
    assert_eq!(offered("fish", "\"Get o"), "Get order status");
    assert_eq!(offered("powershell", "Get"), "Get-order", "it would take three words");
}

/// A shell on a terminal: words, Tab, and the resulting command line.
#[cfg(unix)]
fn completed(shell: &[&str], set_up: &str, words: &str, expected: &str) {
    use crate::support::packages::on_the_machine;
    let Some(program) = on_the_machine(shell[0]) else { return };
    let project = Project::new(BOTH_ENDS);
    let script = r"
import os, pty, signal, sys
signal.alarm(120)
set_up, words, expected = sys.argv[1:4]
pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[4], sys.argv[4:])
shown = b''
def until(text):
    global shown
    while text.encode() not in shown:
        shown += os.read(terminal, 4096)
    shown = b''
def write(text):
    os.write(terminal, text.encode())
write(set_up + '; echo REA''DY\n')
until('READY\r\n')
write(words + '\t')
until(expected)
";
    let ready = project.command(&[]);
    let folder = std::path::Path::new(ready.get_program()).parent().unwrap();
    let mut command = std::process::Command::new("python3");
    command.env_clear().envs(ready.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.env("PATH", crate::support::tools::path_with(&[folder])).env("TERM", "dumb");
    command.args(["-c", script, set_up, words, expected]).arg(program).args(&shell[1..]);
    Run::of(command.current_dir(project.path(""))).expect(0);
}

#[cfg(unix)]
#[test]
fn bash_completes_at_its_prompt() {
    let set_up = "eval \"$(genesys-iam completions bash)\"";
    let shell = ["bash", "--norc", "--noprofile", "-i"];
    completed(
        &shell,
        set_up,
        "genesys-iam plan --role Genesys",
        "genesys-iam plan --role GenesysDataActionRole",
    );
    completed(&shell, set_up, "genesys-iam plan --detailed", "genesys-iam plan --detailed-exitcode");
}

#[cfg(unix)]
#[test]
fn zsh_completes_at_its_prompt() {
    let set_up = "autoload -U compinit; compinit -u -D; eval \"$(genesys-iam completions zsh)\"";
    completed(&["zsh", "-f", "-i"], set_up, "genesys-iam plan --role Genesys", "DataActionRole");
    completed(&["zsh", "-f", "-i"], set_up, "genesys-iam plan --detailed", "-exitcode");
    for (typed, rest) in
        [("\"Get or", "der status\""), ("'Get or", "der status'"), ("Get", "\\ order\\ status")]
    {
        completed(&["zsh", "-f", "-i"], set_up, &format!("genesys-iam check --invoke {typed}"), rest);
    }
}

#[cfg(unix)]
#[test]
fn fish_offers_commands_options_and_roles() {
    use crate::support::packages::on_the_machine;
    use crate::support::tools::path_with;
    let Some(fish) = on_the_machine("fish") else { return };
    let project = Project::new(BOTH_ENDS);
    let ready = project.command(&[]);
    let folder = std::path::Path::new(ready.get_program()).parent().unwrap();
    let script = "genesys-iam completions fish | source; for words in 'pl' 'plan --detailed' 'plan --role Gen' \
                  'check --invoke \"Get or' 'check --invoke Get' 'check --invoke Get\\ o'; \
                  complete --do-complete \"genesys-iam $words\"; end";
    let mut command = std::process::Command::new(fish);
    command.env_clear().envs(ready.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.env("PATH", path_with(&[folder])).args(["--no-config", "--command", script]);
    let run = Run::of(command.current_dir(project.path("")));
    run.expect(0).says("plan\tShow what apply would change").says("--detailed-exitcode").says(ROLE);
    // Quoted, plain and escaped; fish itself quotes what it inserts.
    assert_eq!(run.stdout.matches("Get order status").count(), 3, "{}", run.stdout);
}
