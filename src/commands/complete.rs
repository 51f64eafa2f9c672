//! What a shell offers while the user types an option.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use clap_complete::engine::ValueCompleter as _;
use clap_complete::{CompletionCandidate, PathCompleter};

use crate::sandbox::BUILT_IN;

/// Maximum bytes of a spec whose names are offered.
const LIMIT: u64 = 4 << 20;

/// Which shell asks.
static SHELL: OnceLock<String> = OnceLock::new();

/// Remembers it before the completion takes it out of the environment.
pub fn remember_shell() {
    if let Ok(shell) = std::env::var("COMPLETE") {
        SHELL.get_or_init(|| shell);
    }
}

/// The role names in the specs that the command line names so far, even in faulty ones.
pub fn role_names(current: &OsStr) -> Vec<CompletionCandidate> {
    let mut names = names(roles_of);
    // A shell expands, and may run, whatever is offered.
    let current = current.to_string_lossy();
    names.retain(|name| name.starts_with(&*current) && name.len() <= 64 && is_plain(name));
    names.into_iter().map(CompletionCandidate::new).collect()
}

/// The data action names in the same specs, written so that the shell takes each as one word.
pub fn data_action_names(current: &OsStr) -> Vec<CompletionCandidate> {
    let shell = SHELL.get().map(String::as_str);
    let is_bash = shell == Some("bash");
    // These quote what is offered.
    let does_quote = matches!(shell, Some("zsh" | "fish" | "elvish"));
    let current = current.to_string_lossy();
    // The shell passes the word as typed.
    let unquoted = current.trim_start_matches(['"', '\'']);
    let is_quoted = unquoted.len() < current.len();
    let typed = unquoted.replace("\\ ", " ");
    let mut names = names(actions_of);
    names.retain(|name| name.starts_with(&typed) && is_plain(&name.replace(' ', "")) && name.trim() == name);
    let as_typed = |name: String| match name.contains(' ') {
        true if is_bash && !is_quoted => Some(name.replace(' ', "\\ ")),
        true if !is_bash && !does_quote => None,
        _ => Some(name),
    };
    names.into_iter().filter_map(as_typed).map(CompletionCandidate::new).collect()
}

/// The built-in scenarios, otherwise files.
pub fn scenarios(current: &OsStr) -> Vec<CompletionCandidate> {
    let typed = current.to_string_lossy();
    let names = BUILT_IN.iter().map(|(name, _)| *name).filter(|name| name.starts_with(&*typed));
    let names: Vec<_> = names.map(CompletionCandidate::new).collect();
    if names.is_empty() { PathCompleter::file().complete(current) } else { names }
}

/// Characters without a special meaning in any shell: IAM's.
fn is_plain(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with('-')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte))
}

/// Names in the specs, sorted.
fn names(of: fn(&toml::Table) -> Vec<String>) -> Vec<String> {
    let arguments: Vec<String> =
        std::env::args_os().map(|argument| argument.to_string_lossy().into_owned()).collect();
    let specs = files(&arguments).into_iter().filter_map(|file| read(&file));
    let mut names: Vec<String> = specs.flat_map(|spec| of(&spec)).collect();
    names.sort();
    names.dedup();
    names
}

fn files(arguments: &[String]) -> Vec<PathBuf> {
    let (mut named, mut folder): (Vec<PathBuf>, _) = (Vec::new(), PathBuf::new());
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match argument.as_str() {
            "--file" | "-f" => named.extend(rest.next().map(PathBuf::from)),
            "--directory" | "-C" => folder = rest.next().map(PathBuf::from).unwrap_or_default(),
            _ => {
                named.extend(argument.strip_prefix("--file=").map(PathBuf::from));
            }
        }
    }
    if named.is_empty() {
        named.push(crate::spec::DEFAULT_FILE.into());
    }
    let named: Vec<PathBuf> = named.into_iter().map(|file| folder.join(file)).collect();
    let of_folder = |path: PathBuf| match std::fs::read_dir(&path) {
        Ok(entries) => entries.flatten().map(|entry| entry.path()).collect(),
        Err(_) => vec![path],
    };
    named.into_iter().flat_map(of_folder).collect()
}

fn read(file: &Path) -> Option<toml::Table> {
    // A pipe would block, and a large file would take long.
    let is_small = std::fs::metadata(file).is_ok_and(|found| found.is_file() && found.len() <= LIMIT);
    if is_small { std::fs::read_to_string(file).ok()?.parse().ok() } else { None }
}

fn tables<'a>(table: &'a toml::Table, key: &str) -> impl Iterator<Item = &'a toml::Table> {
    let tables = table.get(key).and_then(toml::Value::as_array);
    tables.into_iter().flatten().filter_map(toml::Value::as_table)
}

fn name_of(table: &toml::Table) -> Option<String> {
    Some(table.get("name")?.as_str()?.to_owned())
}

fn roles_of(spec: &toml::Table) -> Vec<String> {
    tables(spec, "role").filter_map(name_of).collect()
}

fn actions_of(spec: &toml::Table) -> Vec<String> {
    tables(spec, "role").flat_map(|role| tables(role, "data_action")).filter_map(name_of).collect()
}
