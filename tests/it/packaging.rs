//! How users get it: wheel, Debian package, formula, book, and the release command.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::Run;
use crate::support::packages::on_the_machine;
use crate::support::tools::{copy_of_the_repository, path_with, python_tools};

const BINARY: &str = env!("CARGO_BIN_EXE_genesys-iam");
const VERSION: &str = env!("CARGO_PKG_VERSION");

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn script(name: &str) -> Command {
    Command::new(root().join("ci").join(name))
}

fn executable(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// The real maturin, with a cargo that has already built.
#[test]
fn the_wheel_installs_into_a_fresh_environment_and_brings_the_program() {
    let tools = python_tools();
    let dir = tempfile::tempdir().unwrap();
    let cargo = r#"#!/usr/bin/env python3
import json, os, subprocess, sys
real, binary = os.environ["REAL_CARGO"], os.environ["BUILT"]
if sys.argv[1:2] != ["rustc"]:
    os.execv(real, [real, *sys.argv[1:]])
metadata = json.loads(subprocess.check_output([real, "metadata", "--no-deps", "--format-version", "1"]))
[package] = metadata["packages"]
[target] = [target for target in package["targets"] if target["kind"] == ["bin"]]
profile = {"opt_level": "0", "debuginfo": 0, "debug_assertions": False, "overflow_checks": False, "test": False}
print(json.dumps({"reason": "compiler-artifact", "package_id": package["id"], "manifest_path": package["manifest_path"],
    "target": target, "profile": profile, "features": [], "filenames": [binary], "executable": binary, "fresh": True}))
print(json.dumps({"reason": "build-finished", "success": True}))
"#;
    fs::create_dir(dir.path().join("bin")).unwrap();
    executable(&dir.path().join("bin/cargo"), cargo);
    let mut maturin = Command::new(tools.join("maturin"));
    maturin.args(["build", "--locked", "--out"]).arg(dir.path().join("wheels")).current_dir(root());
    maturin
        .env("PATH", path_with(&[&dir.path().join("bin")]))
        .env("CARGO_TARGET_DIR", dir.path().join("target"));
    // maturin moves it away for a moment, and other tests are using the original.
    let built = dir.path().join("genesys-iam");
    fs::copy(BINARY, &built).unwrap();
    // `cargo test` sets CARGO, which maturin prefers to the PATH.
    maturin.env("REAL_CARGO", env!("CARGO")).env("CARGO", dir.path().join("bin/cargo")).env("BUILT", built);
    Run::of(&mut maturin).expect(0);
    let wheels: Vec<PathBuf> =
        fs::read_dir(dir.path().join("wheels")).unwrap().map(|entry| entry.unwrap().path()).collect();
    let [wheel] = wheels.as_slice() else { panic!("{wheels:?}") };
    assert!(
        wheel.file_name().unwrap().to_str().unwrap().starts_with(&format!("genesys_iam-{VERSION}-py3-none-"))
    );
    Run::of(Command::new(tools.join("twine")).args(["check", "--strict"]).arg(wheel))
        .expect(0)
        .says("PASSED");

    let venv = dir.path().join("venv");
    Run::of(Command::new("python3").args(["-m", "venv"]).arg(&venv)).expect(0);
    let mut pip = Command::new(venv.join("bin/python3"));
    pip.args(["-m", "pip", "install", "--quiet", "--no-index", "--disable-pip-version-check"]).arg(wheel);
    Run::of(&mut pip).expect(0);
    let mut installed = Command::new(venv.join("bin/genesys-iam"));
    installed.args(["--sandbox", "apply", "--yes"]).current_dir(dir.path());
    Run::of(&mut installed).expect(0).says("no fault");
}

/// Installed into a folder with its own package database, and removed.
#[test]
fn the_debian_package_has_no_errors_installs_runs_and_goes_without_a_trace() {
    if ["dpkg-deb", "objdump", "strip"].iter().any(|tool| on_the_machine(tool).is_none()) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let run = Run::of(script("deb.sh").arg(BINARY).arg(dir.path()).env("COMPRESSION", "gzip"));
    let package = PathBuf::from(run.expect(0).stdout.trim());
    if let Some(lintian) = on_the_machine("lintian") {
        Run::of(Command::new(lintian).arg("--allow-root").arg(&package)).expect(0).says_not("E: ");
    }
    let system = dir.path().join("system");
    for folder in ["var/lib/dpkg/info", "var/lib/dpkg/updates"] {
        fs::create_dir_all(system.join(folder)).unwrap();
    }
    fs::write(system.join("var/lib/dpkg/status"), "").unwrap();
    let dpkg = |args: &[&str]| {
        let mut dpkg = Command::new("dpkg");
        // Its libraries come from the machine, unknown to this database.
        dpkg.arg(format!("--root={}", system.display()))
            .args(["--force-not-root", "--force-depends"])
            .arg(format!("--log={}", dir.path().join("log").display()));
        Run::of(dpkg.args(args))
    };
    dpkg(&["--install", package.to_str().unwrap()]).expect(0);
    let run = Run::of(Command::new(system.join("usr/bin/genesys-iam")).arg("version"));
    run.expect(0).says(&format!("genesys-iam {VERSION} ("));
    for file in [
        "usr/share/man/man1/genesys-iam-plan.1.gz",
        "usr/share/bash-completion/completions/genesys-iam",
        "usr/share/zsh/vendor-completions/_genesys-iam",
        "usr/share/fish/vendor_completions.d/genesys-iam.fish",
        "usr/share/doc/genesys-iam/examples/genesys.toml",
    ] {
        assert!(system.join(file).exists(), "{file}");
    }
    dpkg(&["--purge", "genesys-iam"]).expect(0);
    assert!(
        !system.join("usr/bin/genesys-iam").exists() && !system.join("usr/share/doc/genesys-iam").exists()
    );
}

#[test]
fn the_formula_has_each_archive_with_its_own_checksum() {
    let dir = tempfile::tempdir().unwrap();
    let targets = [
        "aarch64-apple-darwin",
        "x86_64-apple-darwin",
        "aarch64-unknown-linux-musl",
        "x86_64-unknown-linux-musl",
    ];
    for (index, target) in targets.iter().enumerate() {
        let name = format!("genesys-iam-{target}.tar.gz");
        let sum = format!("{index}").repeat(64);
        fs::write(dir.path().join(format!("{name}.sha256")), format!("{sum}  {name}\n")).unwrap();
    }
    let run = Run::of(script("formula.sh").arg("1.2.3").arg(dir.path()));
    run.expect(0);
    for (index, target) in targets.iter().enumerate() {
        let url = format!("/releases/download/v1.2.3/genesys-iam-{target}.tar.gz\"\n      sha256 \"");
        run.says(&format!("{url}{}\"", format!("{index}").repeat(64)));
    }
    if let Some(ruby) = on_the_machine("ruby") {
        fs::write(dir.path().join("genesys-iam.rb"), &run.stdout).unwrap();
        Run::of(Command::new(ruby).arg("-c").arg(dir.path().join("genesys-iam.rb"))).expect(0);
    }
}

#[test]
fn a_release_bumps_everything_that_names_the_version_and_tags_it() {
    let dir = tempfile::tempdir().unwrap();
    copy_of_the_repository(dir.path());
    let file = |name: &str| fs::read_to_string(dir.path().join(name)).unwrap();
    let git = |args: &[&str]| {
        Run::of(Command::new("git").args(args).current_dir(dir.path()).env("GIT_CONFIG_GLOBAL", "/dev/null"))
    };
    let release = |version: &str| {
        let mut command = Command::new(dir.path().join("ci/release.sh"));
        Run::of(command.arg(version).env("GIT_CONFIG_GLOBAL", "/dev/null").current_dir("/"))
    };
    let (major, minor) =
        VERSION.split_once('.').map(|(major, rest)| (major, rest.split('.').next().unwrap())).unwrap();
    let next = format!("{major}.{}.0", minor.parse::<u32>().unwrap() + 1);

    release(&next).expect(1).says("replace OWNER by the owner of the repository");
    let named = git(&["grep", "--files-with-matches", "OWNER/genesys-iam"]).stdout;
    for name in named.lines().filter(|name| !name.starts_with("tests/") && !name.ends_with("release.sh")) {
        fs::write(dir.path().join(name), file(name).replace("OWNER/genesys-iam", "example/genesys-iam"))
            .unwrap();
    }
    release(&next).expect(1).says("uncommitted changes");
    git(&["commit", "--quiet", "--all", "--message", "An owner"]).expect(0);
    release(&next).expect(1).says("say where to get the release");
    for name in ["README.md", "docs/install.md", "docs/ci.md"] {
        let text =
            file(name).replace("no published release yet", "a release").replace("no release yet", "one");
        fs::write(dir.path().join(name), text).unwrap();
    }
    git(&["commit", "--quiet", "--all", "--message", "The first release"]).expect(0);
    fs::write(dir.path().join("new.txt"), "").unwrap();
    release(&next).expect(1).says("uncommitted changes or new files");
    fs::remove_file(dir.path().join("new.txt")).unwrap();
    release("1.x").expect(1).says("usage: release.sh VERSION");
    release(VERSION).expect(1).says("is at");
    release("0.0.1").expect(1).says("is older than");

    let unreleased = file("CHANGELOG.md");
    release(&next).expect(0).says(&format!("git push origin HEAD v{next}"));
    assert!(file("Cargo.toml").contains(&format!("\nversion = \"{next}\"\n")));
    assert!(file("CHANGELOG.md").contains(&format!("## [Unreleased]\n\n## [{next}] - 20")));
    let ci = file("docs/ci.md");
    assert!(
        ci.contains(&format!("genesys-iam@v{next}\n")) && ci.contains(&format!("rev: v{next}\n")),
        "{ci}"
    );
    assert!(git(&["tag", "--points-at", "HEAD"]).stdout.trim() == format!("v{next}"));
    assert_eq!(git(&["status", "--porcelain"]).stdout, "");
    // The lock file matches the manifest.
    let mut metadata = Command::new(env!("CARGO"));
    metadata.args(["metadata", "--locked", "--offline", "--format-version", "1", "--no-deps"]);
    Run::of(metadata.current_dir(dir.path())).expect(0);
    let old = git(&["grep", "--line-number", &format!("v{}", VERSION.replace('.', "\\."))]).stdout;
    assert_eq!(old, "", "these still name the version before");

    // Its notes are the changelog's section.
    let notes = Run::of(Command::new(dir.path().join("ci/notes.sh")).arg(&next));
    notes.expect(0);
    let section = unreleased.split_once("## [Unreleased]\n").unwrap().1.split("\n## [").next().unwrap();
    assert_eq!(notes.stdout.trim(), section.trim());
    Run::of(Command::new(dir.path().join("ci/notes.sh")).arg("9.9.9")).expect(1);
    // The next one has nothing to say yet.
    release("99.0.0").expect(1).says("CHANGELOG.md has nothing under [Unreleased]");
}

#[test]
fn the_book_builds_without_a_warning_and_every_link_in_it_leads_somewhere() {
    let dir = tempfile::tempdir().unwrap();
    let mut mdbook = Command::new(python_tools().join("mdbook"));
    let run =
        Run::of(mdbook.arg("build").arg(root()).arg("--dest-dir").arg(dir.path()).env("RUST_LOG", "info"));
    run.expect(0).says_not("WARN").says_not("ERROR");
    let names =
        fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let (html, others): (Vec<String>, Vec<String>) = names.partition(|name| name.ends_with(".html"));
    assert!(
        others.iter().filter(|name| name.starts_with("searchindex")).count() == 1,
        "the search has no index"
    );
    let pages: BTreeMap<String, String> = html
        .into_iter()
        .map(|name| (name.clone(), fs::read_to_string(dir.path().join(name)).unwrap()))
        .collect();
    // mdBook's generated pages have special links.
    let own = ["404.html", "print.html", "toc.html"];
    let links = pages.iter().filter(|(page, _)| !own.contains(&page.as_str())).flat_map(|(page, text)| {
        let links = text.split("<a href=\"").skip(1).map(|rest| rest.split('"').next().unwrap());
        links.map(move |link| (page.as_str(), link))
    });
    // Each page contains the links of the table of contents.
    for (page, link) in links.collect::<BTreeSet<_>>() {
        let (target, anchor) = link.split_once('#').unwrap_or((link, ""));
        if target.contains("://") {
            continue;
        }
        let target = if target.is_empty() { page } else { target };
        assert!(dir.path().join(target).exists(), "{page}: {link}");
        let is_heading = || pages[target].contains(&format!("id=\"{anchor}\""));
        assert!(anchor.is_empty() || is_heading(), "{page}: {link} has no such heading");
    }
}

/// The upload to crates.io.
#[test]
fn the_package_has_what_a_build_needs_and_nothing_of_the_repository() {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["package", "--list", "--allow-dirty", "--offline"]).current_dir(root());
    let run = Run::of(&mut cargo);
    let files: Vec<&str> = run.expect(0).stdout.lines().collect();
    for needed in [
        "Cargo.lock",
        "LICENSE-APACHE",
        "LICENSE-MIT",
        "README.md",
        "docs/genesys.schema.json",
        "src/main.rs",
    ] {
        assert!(files.contains(&needed), "{needed} is missing");
    }
    let tops: BTreeSet<&str> = files.iter().map(|file| file.split('/').next().unwrap()).collect();
    let of_users = ["CHANGELOG.md", "README.md", "SECURITY.md", "docs", "examples"];
    let of_the_build = ["Cargo.lock", "Cargo.toml", "LICENSE-APACHE", "LICENSE-MIT", "src"];
    let of_cargo = [".cargo_vcs_info.json", "Cargo.toml.orig"];
    let expected: BTreeSet<&str> = [&of_users[..], &of_the_build, &of_cargo].concat().into_iter().collect();
    assert!(tops.is_subset(&expected), "{:?}", tops.difference(&expected));
}

#[test]
fn what_the_installer_and_the_formula_ask_for_is_what_a_release_builds() {
    let read = |name: &str| fs::read_to_string(root().join(name)).unwrap();
    let workflow = read(".github/workflows/release.yml");
    let built: BTreeSet<&str> = workflow
        .lines()
        .filter_map(|line| line.split_once(" target: "))
        .map(|(_, target)| target.split([',', ' ']).next().unwrap())
        .collect();
    assert!(built.len() > 4, "{built:?}");
    let installer = read("ci/install.sh");
    let installed: BTreeSet<&str> =
        installer.lines().filter_map(|line| line.split_once(") echo ")?.1.strip_suffix(" ;;")).collect();
    assert_eq!(installed, built);
    let formula = read("ci/formula.sh");
    let brewed: BTreeSet<&str> = formula
        .lines()
        .filter_map(|line| line.trim().strip_prefix("$(archive ")?.strip_suffix(')'))
        .collect();
    let windows: BTreeSet<&str> = built.difference(&brewed).copied().collect();
    assert_eq!(windows, BTreeSet::from(["x86_64-pc-windows-msvc"]));
    let archives = format!("find dist -name '*.tar.gz' | wc -l)\" -eq {}", built.len());
    assert!(workflow.contains(&archives), "the draft waits for another number of archives");
}
