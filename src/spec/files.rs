//! The files that a spec may name: regular, small, not hidden, and below the repository's root.

use std::fs::{self, File, Metadata};
use std::io::{self, Read as _};
use std::path::{Component, Path, PathBuf};

use crate::file_kind::FileKind;

/// Maximum bytes of a spec.
const LARGEST_SPEC: u64 = 16 * 1024 * 1024;

/// Where the files of a spec may be.
#[derive(Debug, Clone)]
pub(super) struct Files {
    /// The spec's folder.
    folder: PathBuf,
    /// The nearest folder with a `.git`, or else the spec's own.
    root: PathBuf,
    /// A spec from standard input has no folder that its author could mean.
    refuses_relative: bool,
}

impl Files {
    /// For the spec at a path.
    pub(super) fn of(spec: &Path) -> Self {
        let folder = match spec.parent() {
            Some(folder) if folder != Path::new("") => folder,
            _ => Path::new("."),
        };
        let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
        let root = folder.ancestors().find(|ancestor| ancestor.join(".git").exists()).unwrap_or(&folder);
        Self { root: root.to_owned(), folder, refuses_relative: false }
    }

    /// For a spec that is not in a file.
    pub(super) fn without_folder() -> Self {
        Self { refuses_relative: true, ..Self::of(Path::new("")) }
    }

    /// Reads a file of at most `limit` bytes. Relative paths are relative to the spec's folder.
    ///
    /// # Errors
    ///
    /// When the spec may not name the file, or it cannot be read.
    pub(super) fn read(&self, path: &str, limit: u64) -> io::Result<String> {
        if path.contains('\0') {
            return refused("its name has a NUL character");
        }
        let written = Path::new(path);
        if self.refuses_relative && written.is_relative() {
            return refused("the spec is not in a file: relative to what?");
        }
        let written = written.strip_prefix(&self.root).unwrap_or(written);
        if written.is_relative() && is_hidden(written) {
            return refused("it is hidden: a part of its path begins with `.`");
        }
        // `..` is resolved along with the links, as the system itself does.
        let real = self.folder.join(path).canonicalize()?;
        let Ok(below) = real.strip_prefix(&self.root) else {
            return refused(&format!("it is not below `{}`", crate::text::path(&self.root)));
        };
        if is_hidden(below) || !below.components().all(|part| matches!(part, Component::Normal(_))) {
            return refused("it is hidden: a part of its path begins with `.`");
        }
        read_plain(&real, limit, || self.folder.join(path).canonicalize())
    }
}

/// Reads a spec from wherever the command line says it is. Anyone who can write to a repository can make its
/// `genesys.toml` a link to a secret, whose lines an error would then quote: a link must stay inside the repository and
/// out of its hidden files.
///
/// # Errors
///
/// When it is not a regular file, is a link that leads outside, or cannot be read.
pub fn read_spec(path: &Path) -> io::Result<String> {
    let real = path.canonicalize()?;
    refuse_links_out(&std::path::absolute(path)?)?;
    read_plain(&real, LARGEST_SPEC, || path.canonicalize())
}

/// Follows a path part by part. For a link outside repositories, only the last part is judged: it stays in its folder.
fn refuse_links_out(named: &Path) -> io::Result<()> {
    let mut at = PathBuf::new();
    let mut parts = named.components().peekable();
    while let Some(part) = parts.next() {
        if part == Component::ParentDir {
            at.pop();
            continue;
        }
        let folder = at.clone();
        at.push(part);
        if !fs::symlink_metadata(&at)?.is_symlink() {
            continue;
        }
        let repository = folder.ancestors().find(|ancestor| ancestor.join(".git").exists());
        let target = at.canonicalize()?;
        if let Some(root) = repository.or_else(|| parts.peek().is_none().then_some(folder.as_path())) {
            let root = root.canonicalize()?;
            match target.strip_prefix(&root) {
                Ok(below) if is_hidden(below) => return refused("it is a link to a hidden file"),
                Ok(_) => {}
                Err(_) => {
                    return refused(&format!(
                        "it is a link that leads out of `{}`",
                        crate::text::path(&root)
                    ));
                }
            }
        }
        at = target;
    }
    Ok(())
}

/// Reads a regular file, provided that its path still leads to it.
fn read_plain(real: &Path, limit: u64, again: impl Fn() -> io::Result<PathBuf>) -> io::Result<String> {
    // Before opening it: a FIFO would wait for a writer, a device may do anything.
    let seen = fs::symlink_metadata(real)?;
    if !seen.is_file() {
        return refused("it is not a plain file");
    }
    let file = File::open(real)?;
    if !is_same(&seen, &file.metadata()?) || again()? != real {
        return refused("it was exchanged while it was read");
    }
    read_bounded(file, limit)
}

/// Whether any part of a path begins with `.`.
fn is_hidden(path: &Path) -> bool {
    let is_hidden = |part: &str| part.starts_with('.') && part != "." && part != "..";
    path.components().any(|part| is_hidden(&part.as_os_str().to_string_lossy()))
}

/// Reads everything as text, up to `limit` bytes.
///
/// # Errors
///
/// When there is more, when it is not UTF-8, or when reading fails.
pub fn read_bounded(reader: impl io::Read, limit: u64) -> io::Result<String> {
    let mut bytes = Vec::new();
    reader.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return refused(&format!("it has more than {limit} bytes"));
    }
    String::from_utf8(bytes).or_else(|error| refused(&format!("it is {}", FileKind::of(error.as_bytes()))))
}

fn refused<T>(why: &str) -> io::Result<T> {
    Err(io::Error::new(io::ErrorKind::InvalidInput, why.to_owned()))
}

#[cfg(unix)]
fn is_same(seen: &Metadata, opened: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    opened.is_file() && (seen.dev(), seen.ino()) == (opened.dev(), opened.ino())
}

#[cfg(not(unix))]
fn is_same(seen: &Metadata, opened: &Metadata) -> bool {
    opened.is_file() && seen.len() == opened.len() && seen.modified().ok() == opened.modified().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repository() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let at = |path: &str| folder.path().join(path);
        fs::create_dir_all(at("repo/.git")).unwrap();
        fs::create_dir_all(at("repo/specs/deep")).unwrap();
        fs::create_dir_all(at("repo/.secrets")).unwrap();
        for path in [
            "repo/id",
            "repo/specs/id",
            "repo/specs/deep/id",
            "repo/.env",
            "repo/.secrets/id",
            "repo/.git/config",
            "outside",
        ] {
            fs::write(at(path), "an-id\n").unwrap();
        }
        folder
    }

    fn read(folder: &tempfile::TempDir, path: &str) -> Result<String, String> {
        let files = Files::of(&folder.path().join("repo/specs/genesys.toml"));
        files.read(path, 4096).map_err(|error| error.to_string())
    }

    #[cfg(unix)]
    #[test]
    fn a_spec_that_is_a_link_leads_to_no_secret() {
        use std::os::unix::fs::symlink;
        let folder = repository();
        let at = |path: &str| folder.path().join(path);
        let read = |path: &str| read_spec(&at(path)).map_err(|error| error.to_string());
        for (link, target) in [
            ("repo/specs/ours.toml", "../id"),
            ("repo/specs/out.toml", "../../outside"),
            ("repo/specs/absolute.toml", "/proc/self/environ"),
            ("repo/specs/device.toml", "/dev/zero"),
            ("repo/specs/hidden.toml", "../.env"),
            ("repo/elsewhere", "../."),
            ("alone.toml", "repo/id"),
            ("alone-out.toml", "/proc/self/environ"),
        ] {
            symlink(target, at(link)).unwrap();
        }
        for path in ["repo/specs/ours.toml", "repo/specs/id", "alone.toml", "repo/.secrets/id"] {
            assert_eq!(read(path).unwrap(), "an-id\n", "{path}");
        }
        assert_eq!(read("repo/specs/hidden.toml").unwrap_err(), "it is a link to a hidden file");
        for path in [
            "repo/specs/out.toml",
            "repo/specs/absolute.toml",
            "repo/specs/device.toml",
            "repo/elsewhere/outside",
            "alone-out.toml",
        ] {
            let error = read(path).unwrap_err();
            assert!(error.starts_with("it is a link that leads out of"), "{path}: {error}");
        }
        assert!(read("repo/specs").unwrap_err().contains("not a plain file"));
        // A path named explicitly is intended, even if it runs through a repository.
        for path in ["outside", "repo/../outside", "repo/specs/../../outside"] {
            assert_eq!(read(path).unwrap(), "an-id\n", "{path}");
        }
    }

    #[test]
    fn plain_files_of_the_repository_are_read() {
        let folder = repository();
        let absolute = folder.path().join("repo/id").display().to_string();
        for path in ["id", "./id", "deep/id", "../id", "deep/../../id", &absolute] {
            assert_eq!(read(&folder, path).unwrap(), "an-id\n", "{path}");
        }
    }

    #[test]
    fn what_is_outside_hidden_or_not_there_is_refused() {
        let folder = repository();
        let absolute = folder.path().join("outside").display().to_string();
        for (path, why) in [
            ("../../outside", "is not below"),
            (absolute.as_str(), "is not below"),
            ("/etc/passwd", "is not below"),
            ("../.env", "hidden"),
            ("../.secrets/id", "hidden"),
            ("../.git/config", "hidden"),
            ("deep", "not a plain file"),
            ("none", "No such file"),
            ("a\0b", "NUL"),
        ] {
            let error = read(&folder, path).unwrap_err();
            assert!(error.contains(why), "{path}: {error}");
        }
    }

    #[test]
    fn without_a_repository_the_specs_folder_is_the_root() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("specs")).unwrap();
        fs::write(folder.path().join("id"), "x").unwrap();
        fs::write(folder.path().join("specs/id"), "x").unwrap();
        let files = Files::of(&folder.path().join("specs/genesys.toml"));
        assert_eq!(files.read("id", 10).unwrap(), "x");
        assert!(files.read("../id", 10).is_err());
    }

    #[test]
    fn a_file_has_a_bound_and_is_text() {
        let folder = repository();
        let at = |name: &str| folder.path().join("repo/specs").join(name);
        fs::write(at("long"), "x".repeat(4097)).unwrap();
        fs::write(at("latin1"), b"\xe9t\xe9").unwrap();
        fs::write(at("utf16"), [0xff, 0xfe]).unwrap();
        assert!(read(&folder, "long").unwrap_err().contains("more than 4096 bytes"));
        assert!(read(&folder, "latin1").unwrap_err().contains("UTF-8"));
        assert!(read(&folder, "utf16").unwrap_err().contains("UTF-16"));
        assert!(read_bounded(io::repeat(b'x'), 1 << 20).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn links_lead_nowhere_out_and_fifos_and_devices_are_not_opened() {
        use std::os::unix::fs::symlink;
        let folder = repository();
        let at = |name: &str| folder.path().join("repo/specs").join(name);
        symlink("deep/id", at("within")).unwrap();
        symlink("../../outside", at("out")).unwrap();
        symlink("../.env", at("to-hidden")).unwrap();
        symlink("/", at("root")).unwrap();
        assert_eq!(read(&folder, "within").unwrap(), "an-id\n");
        assert!(read(&folder, "out").unwrap_err().contains("is not below"));
        assert!(read(&folder, "to-hidden").unwrap_err().contains("hidden"));
        assert!(read(&folder, "root/etc/passwd").unwrap_err().contains("is not below"));
        assert!(read(&folder, "/dev/zero").unwrap_err().contains("is not below"));
        let status = std::process::Command::new("mkfifo").arg(at("fifo")).status().unwrap();
        assert!(status.success());
        assert!(read(&folder, "fifo").unwrap_err().contains("not a plain file"));
    }
}
