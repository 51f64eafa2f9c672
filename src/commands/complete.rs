//! What a shell offers while an option is being typed.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use clap_complete::CompletionCandidate;

/// Bytes of a spec whose names are offered.
const LIMIT: u64 = 4 << 20;

/// The names of the roles in the specs that the command line names so far, also where these have faults.
pub fn role_names(current: &OsStr) -> Vec<CompletionCandidate> {
    let current = current.to_string_lossy();
    let arguments: Vec<String> =
        std::env::args_os().map(|argument| argument.to_string_lossy().into_owned()).collect();
    let mut names: Vec<String> =
        files(&arguments).iter().flat_map(|file| names_in(file).unwrap_or_default()).collect();
    // A shell expands, and may run, whatever it is offered.
    names.retain(|name| name.starts_with(&*current) && is_role_name(name));
    names.sort();
    names.dedup();
    names.into_iter().map(CompletionCandidate::new).collect()
}

/// IAM's letters, which no shell gives a meaning.
fn is_role_name(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && !name.starts_with('-')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte))
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

fn names_in(file: &Path) -> Option<Vec<String>> {
    // A pipe would be waited for, and a large file too.
    let is_small = std::fs::metadata(file).is_ok_and(|found| found.is_file() && found.len() <= LIMIT);
    let text = if is_small { std::fs::read_to_string(file).ok()? } else { return None };
    let table: toml::Table = text.parse().ok()?;
    let roles = table.get("role")?.as_array()?;
    Some(roles.iter().filter_map(|role| Some(role.get("name")?.as_str()?.to_owned())).collect())
}
