//! `fmt`.

use crate::support::{EXAMPLE, Project};
use std::fs;

#[test]
fn fmt_changes_the_spacing_and_check_only_tells() {
    let project = Project::new(&EXAMPLE.replace(" = ", "="));
    project.run(&["fmt", "--check"]).expect(2).says("is not formatted");
    project.run(&["fmt"]).expect(0).says("is formatted");
    // The comments keep their content.
    let text = fs::read_to_string(project.path("genesys.toml")).unwrap();
    assert!(
        text.contains("region = \"us-east-1\"") && text.contains("# profile=\"contact-centre\""),
        "{text}"
    );
    project.run(&["fmt", "--check"]).expect(0);
    project.run(&["validate"]).expect(0);
    project.write_spec("[aws\n");
    project.run(&["fmt"]).expect(1).says("is not TOML").says("help:");
}

#[cfg(unix)]
#[test]
fn fmt_follows_a_link() {
    let project = Project::example();
    fs::write(project.path("real.toml"), EXAMPLE.replace(" = ", "=")).unwrap();
    std::os::unix::fs::symlink("real.toml", project.path("link.toml")).unwrap();
    project.run(&["--file", "link.toml", "fmt"]).expect(0);
    assert!(fs::symlink_metadata(project.path("link.toml")).unwrap().is_symlink());
    project.run(&["--file", "real.toml", "fmt", "--check"]).expect(0);
}

#[cfg(unix)]
#[test]
fn fmt_follows_no_link_out_of_the_repository() {
    let project = Project::example();
    let other = tempfile::tempdir().unwrap();
    let file = other.path().join("config.toml");
    fs::write(&file, "a=1\n").unwrap();
    std::os::unix::fs::symlink(&file, project.path("link.toml")).unwrap();
    project.run(&["--file", "link.toml", "fmt"]).expect(1).says("a link that leads out of");
    assert_eq!(fs::read_to_string(file).unwrap(), "a=1\n");
}

#[test]
fn a_line_in_a_files_name_is_no_line_of_its_own() {
    let project = Project::new("");
    let name = "a\n\u{2713} all is well\n::set-output name=x::y\u{202e}.toml";
    fs::create_dir(project.path("specs")).unwrap();
    fs::write(project.path("specs").join(name), "a = [").unwrap();
    for args in [&["fmt"][..], &["validate"], &["plan"], &["fmt", "--check"]] {
        let run = project.run(&[&["--file", "specs"], args].concat());
        assert!(
            !run.stderr.lines().chain(run.stdout.lines()).any(|line| line.starts_with(['\u{2713}', ':']))
        );
        run.expect(1).says_not("\u{202e}");
    }
    fs::write(project.path("specs").join(name), EXAMPLE).unwrap();
    for args in [&["plan"][..], &["plan", "--out", "x\ny.json"], &["check"]] {
        let run = project.sandbox(&[&["--file", "specs"], args].concat());
        assert!(
            !run.stderr
                .lines()
                .chain(run.stdout.lines())
                .any(|line| line.starts_with(['\u{2713}', ':', 'y'])),
            "{}",
            run.transcript()
        );
        run.says_not("\u{202e}");
    }
}

#[test]
fn one_bad_file_keeps_no_other_from_being_formatted() {
    let project = Project::example();
    let unformatted = EXAMPLE.replace("region = ", "region   = ");
    for (name, text) in [("a.toml", &*unformatted), ("b.toml", "[aws"), ("c.toml", &unformatted)] {
        fs::write(project.path(name), text).unwrap();
    }
    let files = ["a.toml", "b.toml", "missing.toml", "c.toml"];
    let check = project.run(&[&["fmt", "--check"], &files[..]].concat());
    check.expect(1).says("a.toml is not formatted").says("`b.toml` is not TOML").says("missing.toml");
    check.says("c.toml is not formatted");
    project.run(&[&["fmt"], &files[..]].concat()).expect(1).says("c.toml is formatted");
    assert_eq!(fs::read_to_string(project.path("c.toml")).unwrap(), EXAMPLE);
}

#[test]
fn fmt_leaves_toml_of_another_kind_alone() {
    let project = Project::example();
    let manifest = "[package]\nname   = \"x\"\n";
    fs::write(project.path("Cargo.toml"), manifest).unwrap();
    project.run(&["fmt", "Cargo.toml"]).expect(1).says("`Cargo.toml` is TOML, but not a spec");
    assert_eq!(fs::read_to_string(project.path("Cargo.toml")).unwrap(), manifest);
    fs::write(project.path("new.toml"), "# to be written\n").unwrap();
    project.run(&["fmt", "--check", "new.toml"]).expect(0);
}
