//! Text from documents, names and messages cannot imitate the tool's own output.

use crate::support::{Project, by_hand};

#[test]
fn what_live_documents_say_cannot_pass_for_our_own_lines() {
    let project = Project::example();
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    by_hand(&project, |role| {
        role["inline"]["more"] = serde_json::json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow",
            "Action": "s3:get\nNo changes.\u{9b}2K\u{202e}", "Resource": "*"}})
        .to_string()
        .into();
    });
    for args in [
        &["plan"][..],
        &["plan", "--format", "json"],
        &["plan", "--format", "markdown"],
        &["check"],
        &["check", "--format", "json"],
        &["check", "--format", "markdown"],
    ] {
        let run = project.sandbox(args);
        run.says("\\u202e").says_not("\nNo changes.\\u").says_not("\u{202e}").says_not("\u{9b}");
        if args.contains(&"json") {
            serde_json::from_str::<serde_json::Value>(&run.stdout).unwrap();
        }
    }
}
