//! Tips for wrong usage: a misplaced file, and the names that other tools use.

use std::path::Path;

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, Error};

use crate::file_kind::FileKind;
use crate::text::shell_word;

/// Options of Terraform, the AWS CLI and others, and our equivalents.
const OPTIONS: [(&[&str], &str); 10] = [
    (&["--role"], "`import` and `diagnose` take roles without an option: `genesys-iam import ROLE`"),
    (&["--org-id", "--organization-id", "--organization"], "the organization's ID is `--external-id`"),
    (&["--auto-approve", "--force"], "`--yes` asks nothing"),
    (&["--profile"], "the profile is `profile` in `[aws]` of the spec, or AWS_PROFILE"),
    (&["--region"], "the region is `region` in `[aws]` of the spec"),
    (&["--target"], "`--role NAME` selects roles; `*` and `?` are wildcards"),
    (&["--spec", "--config", "--chdir"], "`--file FILE` names the spec, `-C DIR` changes the folder first"),
    (&["--output"], "`--json` prints JSON, and `plan --out FILE` saves the plan"),
    (&["--dry-run"], "`genesys-iam plan` shows what would change, and changes nothing"),
    (&["--no-color"], "`--color never`, or NO_COLOR=1"),
];

/// The same for commands.
const COMMANDS: [(&[&str], &str); 11] = [
    (&["-h", "--help"], "`genesys-iam help` lists the commands, `genesys-iam help COMMAND` explains one"),
    (&["lint"], "`validate` finds mistakes in specs, `policy lint` in policy documents"),
    (&["diff", "preview"], "`plan` shows what would change"),
    (&["deploy", "up", "sync"], "`apply` makes the changes"),
    (&["delete", "remove", "rm", "down"], "`destroy` removes what the spec made"),
    (&["drift"], "`plan` says what differs from the spec, `check` who can invoke the functions"),
    (&["status", "verify"], "`check` says who can invoke the functions, and why not"),
    (
        &["test", "invoke", "run"],
        "`check --invoke ACTION` lets Genesys Cloud test a data action, which really runs the function",
    ),
    (&["doctor", "debug", "explain"], "`diagnose` says why a data action fails, without a spec"),
    (&["format"], "`fmt` formats specs"),
    (&["completion"], "`completions SHELL` prints completions"),
];

/// The error with a tip, if there is one.
#[must_use]
pub fn with_tip(mut error: Error) -> Error {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let named = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        _ => None,
    };
    let argument = named(ContextKind::InvalidArg);
    let command = named(ContextKind::InvalidSubcommand);
    let tip = match (argument, command.as_deref()) {
        (Some(argument), _) if argument.starts_with('-') => found(&OPTIONS, &argument),
        (Some(argument), _) if follows(&words, "--refuse-wider", &argument) => {
            Some(format!("its value follows `=`: `--refuse-wider={}`", shell_word(&argument)))
        }
        (Some(argument), _) => of_file(&argument, &words),
        // The sandbox is an option, and has its own commands.
        (None, Some("scenario" | "list")) if words.iter().any(|word| word == "sandbox") => Some(
            "`genesys-iam sandbox scenarios` lists them, `--sandbox --scenario NAME` plants one".to_owned(),
        ),
        (None, Some(command)) if words.iter().any(|word| word == "sandbox") => {
            Some(format!("to run a command in the sandbox: `genesys-iam --sandbox {}`", shell_word(command)))
        }
        (None, Some(command @ ("serve" | "scenarios" | "reset"))) => {
            Some(format!("it is a command of the sandbox: `genesys-iam sandbox {command}`"))
        }
        (None, Some(command)) => found(&COMMANDS, command),
        (None, None) => None,
    };
    if let Some(tip) = tip {
        // A similar spelling is not what was meant.
        error.remove(ContextKind::SuggestedSubcommand);
        error.remove(ContextKind::SuggestedArg);
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![StyledStr::from(tip)]));
    }
    error
}

fn found(known: &[(&[&str], &str)], word: &str) -> Option<String> {
    known.iter().find(|(names, _)| names.contains(&word)).map(|(_, tip)| (*tip).to_owned())
}

/// Whether one word directly follows another.
fn follows(words: &[String], first: &str, then: &str) -> bool {
    words.windows(2).any(|pair| pair == [first, then])
}

/// What to do with a file that a command does not take as an argument.
fn of_file(argument: &str, words: &[String]) -> Option<String> {
    let path = Path::new(argument);
    let word = shell_word(argument);
    let is_sandbox = words.iter().any(|word| word == "--sandbox");
    let program = if is_sandbox { "genesys-iam --sandbox" } else { "genesys-iam" };
    let is_apply = words.iter().any(|word| word == "apply");
    if path.is_dir() || path.extension().is_some_and(|extension| extension == "toml") {
        return Some(format!("each spec is named with `--file`: `--file {word}`"));
    }
    // `-f a b`: the option takes one value.
    let before = words.iter().position(|word| word == argument).and_then(|at| words.get(at.checked_sub(2)?));
    if before.is_some_and(|option| option == "-f" || option == "--file") {
        return Some(format!("`--file` takes one value, and may be repeated: `--file {word}`"));
    }
    if !path.exists()
        && words
            .iter()
            .any(|word| word != argument && ["plan", "check", "apply", "destroy"].contains(&word.as_str()))
    {
        return Some(format!("a role is selected with `--role {word}`"));
    }
    match std::fs::read(path).ok().map(|bytes| FileKind::of(&bytes))? {
        FileKind::SavedPlan if is_apply => {
            Some("`apply` takes one saved plan; `plan --out FILE` of several specs writes one".to_owned())
        }
        FileKind::SavedPlan => Some(format!(
            "it is a saved plan: `{program} apply {word}` carries it out, `genesys-iam show {word}` shows it"
        )),
        FileKind::Spec => Some(format!("each spec is named with `--file`: `--file {word}`")),
        FileKind::PolicyDocument => Some(format!("it is a policy document: `{program} policy lint {word}`")),
        _ => None,
    }
}
