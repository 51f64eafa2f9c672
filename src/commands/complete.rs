//! What a shell offers while an option is being typed.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use clap_complete::CompletionCandidate;

/// The names of the roles in the specs that the command line names so far, also where these have faults.
pub fn role_names(current: &OsStr) -> Vec<CompletionCandidate> {
    let current = current.to_string_lossy();
    let arguments: Vec<String> =
        std::env::args_os().map(|argument| argument.to_string_lossy().into_owned()).collect();
    let mut names: Vec<String> =
        files(&arguments).iter().flat_map(|file| names_in(file).unwrap_or_default()).collect();
    names.retain(|name| name.starts_with(&*current));
    names.sort();
    names.dedup();
    names.into_iter().map(CompletionCandidate::new).collect()
}

fn files(arguments: &[String]) -> Vec<PathBuf> {
    let mut named = Vec::new();
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        if argument == "--file" || argument == "-f" {
            named.extend(rest.next().map(PathBuf::from));
        } else if let Some(file) = argument.strip_prefix("--file=") {
            named.push(file.into());
        }
    }
    if named.is_empty() {
        named.push(crate::spec::DEFAULT_FILE.into());
    }
    let of_folder = |path: PathBuf| match std::fs::read_dir(&path) {
        Ok(entries) => entries.flatten().map(|entry| entry.path()).collect(),
        Err(_) => vec![path],
    };
    named.into_iter().flat_map(of_folder).collect()
}

fn names_in(file: &Path) -> Option<Vec<String>> {
    let table: toml::Table = std::fs::read_to_string(file).ok()?.parse().ok()?;
    let roles = table.get("role")?.as_array()?;
    Some(roles.iter().filter_map(|role| Some(role.get("name")?.as_str()?.to_owned())).collect())
}
