//! `init`.

use std::fs;

use crate::support::Project;
#[cfg(unix)]
use crate::support::terminal::on_a_terminal;

#[test]
fn init_writes_a_spec_that_validates_and_never_over_another() {
    let empty = Project::new("");
    fs::remove_file(empty.path("genesys.toml")).unwrap();
    let flags = [
        "init",
        "--region",
        "eu-west-1",
        "--account-id",
        "444455556666",
        "--function",
        "a:live",
        "--function",
        "b",
    ];
    // Nobody to ask: what lacks is named.
    empty.run(&flags).expect(1).says("cannot be asked for: --external-id").says("help:");
    let all = [&flags[..], &["--external-id", "6b1f7d2a-93c4-4e0b-8a57-d2c5e8f01234"]].concat();
    empty.run(&all).expect(0).says("is written");
    let text = fs::read_to_string(empty.path("genesys.toml")).unwrap();
    for line in [
        "region = \"eu-west-1\"",
        "account_id = \"444455556666\"",
        "functions = [\"a:live\", \"b\"]",
        "# permissions_boundary",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    empty.run(&["validate"]).expect(0).says_not("warning");
    empty.run(&all).expect(1).says("cannot write `genesys.toml`").says("help:");
    let bad = [&flags[..], &["--external-id", "x", "--file", "bad.toml"]].concat();
    empty.run(&bad).expect(1).says("external_id").says("nothing was written");
    assert!(!empty.path("bad.toml").exists());
}

#[cfg(unix)]
#[test]
fn init_asks_on_a_terminal_what_it_was_not_told() {
    let empty = Project::new("");
    fs::remove_file(empty.path("genesys.toml")).unwrap();
    let flags = [
        "init",
        "--account-id",
        "444455556666",
        "--external-id",
        "6b1f7d2a-93c4-4e0b-8a57-d2c5e8f01234",
        "--region",
        "us-east-1",
        "--function",
        "f",
    ];
    // Enter takes what is shown.
    on_a_terminal(&empty, &flags, "").expect(0).says("AWS account [444455556666]:").says("is written");
    empty.run(&["validate"]).expect(0);
}
