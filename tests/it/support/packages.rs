//! Packages from PyPI and npm, installed into `target/` on first use, and programs on the machine.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;

/// The folder into which `install` puts the packages, run by the first test that asks, while the others wait.
#[track_caller]
fn installed(name: &'static str, packages: &[&str], install: impl FnOnce(&Path)) -> PathBuf {
    static WANTED: Mutex<BTreeMap<&str, String>> = Mutex::new(BTreeMap::new());
    let wanted = packages.join("\n");
    // Two lists in one folder would remove each other's packages.
    let known = WANTED.lock().unwrap().entry(name).or_insert_with(|| wanted.clone()).clone();
    assert_eq!(known, wanted, "`{name}` is the folder of other packages");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(&folder).unwrap();
    // Test processes may run concurrently.
    let lock = File::create(folder.join("lock")).unwrap();
    lock.lock().unwrap();
    let stamp = folder.join("installed");
    if fs::read_to_string(&stamp).ok().as_deref() != Some(&wanted) {
        install(&folder);
        fs::write(&stamp, wanted).unwrap();
    }
    folder
}

#[track_caller]
pub fn run(command: &mut Command) {
    let output = command.stdin(Stdio::null()).output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// The programs folder of a virtual environment with these packages, including Python itself.
pub fn python(name: &'static str, packages: &[&str]) -> PathBuf {
    let folder = installed(name, packages, |folder| {
        run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(folder.join("venv")));
        run(Command::new(folder.join("venv/bin/python3"))
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
            .args(packages));
    });
    folder.join("venv/bin")
}

/// The folder in which Node finds these packages; without Node or npm `None`, with the reason on standard error.
pub fn node(name: &'static str, packages: &[&str]) -> Option<PathBuf> {
    on_the_machine("node")?;
    on_the_machine("npm")?;
    Some(installed(name, packages, |folder| {
        fs::write(folder.join("package.json"), "{\"private\": true}").unwrap();
        run(Command::new("npm")
            .args(["install", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"])
            .args(packages)
            .current_dir(folder));
    }))
}

/// The path of a program; if it is missing, prints why a test returns early.
pub fn on_the_machine(name: &str) -> Option<PathBuf> {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&folders).map(|folder| folder.join(name)).find(|path| path.is_file());
    if found.is_none() {
        let _ = writeln!(std::io::stderr(), "skipped: this machine has no `{name}`");
    }
    found
}
