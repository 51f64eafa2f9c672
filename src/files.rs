//! The only place that writes files: completely or not at all, and never through a link that a checkout may contain.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// What a written file may replace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overwrite {
    /// Overwrites nothing.
    Never,
    /// Replaces a file and keeps its mode.
    File,
    /// The same, readable only by its owner.
    PrivateFile,
}

/// Writes a file. Anything that is neither a file nor a folder, such as a pipe, is written to directly.
///
/// # Errors
///
/// Those of [`check`], and any failure to write.
pub fn write(path: &Path, text: &[u8], overwrite: Overwrite) -> io::Result<()> {
    check(path, overwrite)?;
    let there = fs::metadata(path).ok();
    if there.as_ref().is_some_and(|there| !there.is_file()) {
        return fs::OpenOptions::new().write(true).open(path)?.write_all(text);
    }
    let mut builder = tempfile::Builder::new();
    builder.prefix(".genesys-iam-");
    #[cfg(unix)]
    builder.permissions(match there {
        _ if overwrite == Overwrite::PrivateFile => std::os::unix::fs::PermissionsExt::from_mode(0o600),
        Some(there) => there.permissions(),
        // Others may read it, unless the umask says otherwise.
        None => std::os::unix::fs::PermissionsExt::from_mode(0o644),
    });
    let mut file = builder.tempfile_in(folder_of(path))?;
    file.write_all(text)?;
    // A link created in the meantime is replaced, not followed.
    let done = if overwrite == Overwrite::Never { file.persist_noclobber(path) } else { file.persist(path) };
    done.map(drop).map_err(|error| error.error)
}

/// Whether [`write`] would write there, for callers that do a lot of work first.
///
/// # Errors
///
/// When the path is a link or leads through one in the working folder or its repository, is a folder, or is not free.
pub fn check(path: &Path, overwrite: Overwrite) -> io::Result<()> {
    if path.as_os_str().is_empty() {
        return refused("it has no name");
    }
    fs::symlink_metadata(folder_of(path))?;
    if let Some(link) = linked_folder(path)? {
        return refused(&format!(
            "`{}` is a link, and nothing is written through it",
            crate::text::path(&link)
        ));
    }
    let Ok(found) = fs::symlink_metadata(path) else { return Ok(()) };
    // Nothing can be overwritten where `/dev/stdout` and `>(…)` lead.
    let leads_to_a_pipe = || fs::metadata(path).is_ok_and(|there| !there.is_file() && !there.is_dir());
    if overwrite == Overwrite::Never {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    if found.is_symlink() && !leads_to_a_pipe() {
        return refused("it is a link, and nothing is written through it");
    }
    if found.is_dir() { Err(io::ErrorKind::IsADirectory.into()) } else { Ok(()) }
}

/// Creates a folder and its parents.
///
/// # Errors
///
/// When it is a link, leads through one as in [`check`], or cannot be created.
pub fn create_folder(path: &Path) -> io::Result<()> {
    if let Some(link) = linked_folder(&path.join("file"))? {
        return refused(&format!(
            "`{}` is a link, and nothing is written through it",
            crate::text::path(&link)
        ));
    }
    fs::create_dir_all(path)
}

/// Whether two paths are the same file, which may not exist yet.
pub fn is_same(one: &Path, other: &Path) -> bool {
    let key = |path: &Path| {
        let folder = folder_of(path);
        (folder.canonicalize().unwrap_or_else(|_| folder.to_owned()), path.file_name().map(ToOwned::to_owned))
    };
    let real = |path: &Path| path.canonicalize().ok();
    key(one) == key(other) || real(one).is_some_and(|one| Some(one) == real(other))
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The first folder in the path that is a link inside the working folder's repository: a pull request can add one.
/// Links elsewhere belong to the machine.
fn linked_folder(path: &Path) -> io::Result<Option<PathBuf>> {
    let here = std::path::absolute(".")?.canonicalize()?;
    let root = here.ancestors().find(|folder| folder.join(".git").exists()).unwrap_or(&here);
    if root.parent().is_none() {
        return Ok(None);
    }
    let path = std::path::absolute(path)?;
    let is_link = |folder: &&Path| {
        fs::symlink_metadata(folder).is_ok_and(|found| found.is_symlink())
            && folder
                .parent()
                .and_then(|above| above.canonicalize().ok())
                .is_some_and(|above| above.starts_with(root))
    };
    let folders: Vec<&Path> = path.ancestors().skip(1).collect();
    Ok(folders.into_iter().rev().find(is_link).map(Path::to_owned))
}

fn refused<T>(why: &str) -> io::Result<T> {
    Err(io::Error::new(io::ErrorKind::InvalidInput, why.to_owned()))
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{MetadataExt as _, symlink};

    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_no_link_is_followed() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("secret"), "old").unwrap();
        symlink("secret", at("link")).unwrap();
        symlink("nowhere", at("dangling")).unwrap();
        fs::create_dir(at("folder")).unwrap();
        for name in ["link", "dangling", "folder", "none/file"] {
            assert!(write(&at(name), b"new", Overwrite::File).is_err(), "{name}");
            assert!(write(&at(name), b"new", Overwrite::Never).is_err(), "{name}");
        }
        assert!(write(&at("secret"), b"new", Overwrite::Never).is_err());
        assert_eq!(fs::read_to_string(at("secret")).unwrap(), "old");
        assert!(!at("nowhere").exists());
        fs::hard_link(at("secret"), at("hard")).unwrap();
        write(&at("hard"), b"new", Overwrite::File).unwrap();
        write(&at("own"), b"new", Overwrite::PrivateFile).unwrap();
        let text = |name| fs::read_to_string(at(name)).unwrap();
        assert_eq!([text("secret"), text("hard"), text("own")], ["old", "new", "new"]);
        assert_eq!(fs::metadata(at("own")).unwrap().mode() & 0o777, 0o600);
        write(Path::new("/dev/null"), b"new", Overwrite::File).unwrap();
        let left = fs::read_dir(folder.path()).unwrap().filter_map(Result::ok);
        assert!(!left.into_iter().any(|file| file.file_name().to_string_lossy().starts_with(".genesys-iam")));
    }
}
