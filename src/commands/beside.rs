//! Spec files in the folders of the run's specs that are not of the run: what they name is nobody's leftover.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::CommandError;
use super::names::all_names;
use super::options::Global;
use super::page;
use super::specs::{SpecSource, toml_files};
use crate::spec::{
    LoadError, LoadOptions, Loaded, Severity, SpecNames, UnreadSpec, is_another_toml, load, read_spec,
};

/// What they name, and those whose names are not known.
pub(super) fn specs_beside(sources: &[SpecSource], global: &Global) -> (Vec<SpecNames>, Vec<UnreadSpec>) {
    let of_run: BTreeSet<PathBuf> = sources.iter().filter_map(SpecSource::path).map(real).collect();
    let folders: BTreeSet<&Path> =
        sources.iter().filter(|one| one.path().is_some()).map(SpecSource::folder).collect();
    let (mut names, mut unread) = (Vec::new(), Vec::new());
    for folder in folders {
        let listed = match folder == Path::new("") {
            true => toml_files(Path::new(".")),
            false => toml_files(folder),
        };
        let files = match listed {
            Ok(files) => files,
            Err(error) => {
                unread.push(UnreadSpec { file: crate::text::path(folder), why: error.to_string() });
                continue;
            }
        };
        for path in files {
            let path = path.file_name().map(|name| folder.join(name)).unwrap_or(path);
            if of_run.contains(&real(&path)) {
                continue;
            }
            match beside(&path, global) {
                Ok(found) => names.extend(found),
                Err(why) => unread.push(UnreadSpec { file: crate::text::path(&path), why }),
            }
        }
    }
    (names, unread)
}

fn real(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

/// What a file names; nothing if it is not a spec.
fn beside(path: &Path, global: &Global) -> Result<Option<SpecNames>, String> {
    match read_spec(path) {
        Ok(text) if is_another_toml(&text) => return Ok(None),
        Ok(_) => {}
        Err(error) => return Err(error.to_string()),
    }
    // It needs none of its secrets to say what it names.
    let options = LoadOptions { allowed: &global.allow_env, is_offline: true, today: page::today() };
    match load(path, options) {
        Ok(Loaded { spec, .. }) => Ok(Some(all_names(&SpecSource::File(path.to_owned()), &spec).beside())),
        Err(LoadError::NotSpec { .. }) => Ok(None),
        Err(error) => Err(first_fault(&error)),
    }
}

/// Why a spec cannot be read, in a line.
fn first_fault(error: &LoadError) -> String {
    match error {
        LoadError::Invalid { text, diagnostics, .. } => {
            let fault = diagnostics.iter().find(|one| one.severity == Severity::Error);
            fault.map_or_else(
                || error.to_string(),
                |fault| {
                    let before = text.get(..fault.span.start).unwrap_or_default();
                    format!("line {}: {}", before.matches('\n').count() + 1, fault.message)
                },
            )
        }
        LoadError::Read { source, .. } => source.to_string(),
        LoadError::NotSpec { .. } => error.to_string(),
    }
}

/// A spec of the run that could not be read.
pub(super) fn unread(source: &SpecSource, error: &CommandError) -> UnreadSpec {
    let why = error.find::<LoadError>().map_or_else(|| error.to_string(), first_fault);
    UnreadSpec { file: source.display(), why }
}
