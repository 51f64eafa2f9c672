//! The repository itself: what its workflows may do, and where its scripts put files.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn workflows() -> Vec<(PathBuf, String)> {
    let folder = fs::read_dir(root().join(".github/workflows")).unwrap();
    let paths = folder.map(|entry| entry.unwrap().path()).chain([root().join("action.yml")]);
    paths.map(|path| (path.clone(), fs::read_to_string(path).unwrap())).collect()
}

#[test]
fn every_action_is_pinned_by_a_commit() {
    for (path, text) in workflows() {
        for line in text.lines() {
            let Some((_, action)) = line.split_once("uses: ") else { continue };
            let (_, version) = action.split_once('@').unwrap();
            let commit = version.split(' ').next().unwrap();
            assert!(
                commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit()),
                "{}: {action} can be moved",
                path.display()
            );
        }
    }
}

/// A workflow's jobs, each with its lines.
fn jobs(text: &str) -> Vec<(&str, String)> {
    let mut jobs: Vec<(&str, String)> = Vec::new();
    for line in text.split_once("\njobs:\n").unwrap().1.lines() {
        match line.strip_prefix("  ").filter(|rest| !rest.starts_with([' ', '#'])) {
            Some(name) => jobs.push((name.trim_end_matches(':'), String::new())),
            None => {
                if let Some((_, lines)) = jobs.last_mut() {
                    lines.push_str(line);
                    lines.push('\n');
                }
            }
        }
    }
    jobs
}

#[test]
fn no_job_that_builds_holds_a_token_that_can_write() {
    for (path, text) in workflows() {
        if !text.contains("\njobs:\n") {
            continue;
        }
        assert!(text.contains("\npermissions:\n  contents: read\n"), "{}", path.display());
        for (name, lines) in jobs(&text) {
            if lines.contains("cargo ") || lines.contains(".ci/run") {
                assert!(!lines.contains(": write"), "job {name} of {} builds", path.display());
                assert!(!lines.contains("TOKEN"), "job {name} of {} builds", path.display());
                assert!(lines.contains("persist-credentials: false"), "job {name} of {}", path.display());
            }
        }
    }
}

#[test]
fn a_release_is_tested_first_and_stays_a_draft() {
    let text = fs::read_to_string(root().join(".github/workflows/release.yml")).unwrap();
    let jobs = jobs(&text);
    let job = |name: &str| jobs.iter().find(|(job, _)| *job == name).unwrap().1.clone();
    assert!(job("test").contains(".ci/run") && job("test").contains("cargo deny"));
    assert!(job("build").contains("needs: test"));
    let draft = job("draft");
    assert!(
        draft.contains("needs: build")
            && draft.contains("--draft")
            && draft.contains("attest-build-provenance")
    );
}

#[test]
fn the_installer_trusts_no_folder_that_exists() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    // What someone else could leave in a shared place.
    fs::create_dir(path("genesys-iam")).unwrap();
    fs::write(path("genesys-iam/genesys-iam"), "#!/bin/sh\necho planted\n").unwrap();
    fs::create_dir(path("bin")).unwrap();
    let cargo = "#!/bin/sh\nwhile [ \"$1\" != --root ]; do shift; done\nmkdir -p \"$2/bin\"\n\
                 printf '#!/bin/sh\\necho built\\n' >\"$2/bin/genesys-iam\"\nchmod +x \"$2/bin/genesys-iam\"\n";
    fs::write(path("bin/cargo"), cargo).unwrap();
    for script in ["genesys-iam/genesys-iam", "bin/cargo"] {
        fs::set_permissions(path(script), fs::Permissions::from_mode(0o755)).unwrap();
    }
    let run = Command::new(root().join("ci/install.sh"))
        .env_clear()
        .env("PATH", format!("{}:/usr/bin:/bin", path("bin").display()))
        .env("TMPDIR", dir.path())
        .env("GITHUB_PATH", path("paths"))
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    assert_eq!(String::from_utf8_lossy(&run.stdout), "built\n");
    let on_the_path = fs::read_to_string(path("paths")).unwrap();
    assert_ne!(Path::new(on_the_path.trim()), path("genesys-iam"));
    let mode = fs::metadata(on_the_path.trim()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}

#[test]
fn no_file_holds_a_conflict() {
    fn look(folder: &Path) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            if path.is_dir() {
                if !matches!(name, ".git" | "target" | "corpus") {
                    look(&path);
                }
            } else if let Ok(text) = fs::read_to_string(&path) {
                let marker = |line: &str| line.starts_with("<<<<<<< ") || line.starts_with(">>>>>>> ");
                assert!(!text.lines().any(marker), "{}", path.display());
            }
        }
    }
    look(root());
}

/// Signs of translated English: docs/style.md says what to write instead.
#[test]
fn no_text_falls_back_into_stilted_english() {
    /// `is no X`, but not `there is no X` and not `is no longer`.
    fn is_no_x(line: &str) -> bool {
        let mut rest = line;
        while let Some(at) = rest.find(" is no ") {
            let (before, after) = (rest[..at].trim_end(), &rest[at + 7..]);
            let fine = ["longer", "more", "other", "different", "such"];
            let is_there =
                before.to_lowercase().ends_with("there") || before.is_empty() || before.ends_with("//!");
            if !is_there && !fine.iter().any(|word| after.starts_with(word)) {
                return true;
            }
            rest = after;
        }
        false
    }
    const PHRASES: [&str; 24] = [
        "all the same.",
        "are to be ",
        "bears the tag",
        "has to be told",
        "in vain",
        "is let in",
        "is to be ",
        "it is said what",
        "lets in",
        "may lack",
        " meanwhile",
        "mends ",
        "misprint of",
        "of one's own",
        "one a line",
        "somebody else than",
        "someone else than",
        "stands twice",
        "such that",
        "taken for a",
        "text of others",
        "what is there of",
        "what lacks",
        "who may what",
    ];
    let mut found = String::new();
    let mut look = |path: &Path| {
        let text = fs::read_to_string(path).unwrap();
        for (number, line) in text.lines().enumerate() {
            let lower = line.to_lowercase();
            let phrase = PHRASES.iter().find(|phrase| lower.contains(**phrase)).copied();
            if let Some(phrase) = phrase.or(is_no_x(line).then_some("is no")) {
                found.push_str(&format!("{}:{}: {phrase:?}: {}\n", path.display(), number + 1, line.trim()));
            }
        }
    };
    // A page that lists such words, one with test names, and one that the program generates.
    let exempt = ["style.md", "terraform-scenarios.md", "reference.md"];
    let mut folders = vec![root().join("src"), root().join("docs"), root().join("ci")];
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            let name = path.file_name().unwrap().to_str().unwrap();
            if path.is_dir() {
                folders.push(path);
            } else if [".rs", ".md", ".sh"].iter().any(|end| name.ends_with(end)) && !exempt.contains(&name) {
                look(&path);
            }
        }
    }
    ["README.md", "CONTRIBUTING.md", "SECURITY.md", "action.yml"]
        .iter()
        .for_each(|name| look(&root().join(name)));
    assert!(found.is_empty(), "{found}");
}
