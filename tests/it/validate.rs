//! `validate` and `schema`.

use insta::assert_snapshot;

use crate::support::python::fits_schema;
use crate::support::{EXAMPLE, FUNCTIONS, Project, example_with};

#[test]
fn every_fault_of_a_spec_is_reported_at_once_with_its_place() {
    let project = Project::new(include_str!("../spec/many_faults.toml"));
    assert_snapshot!(project.run(&["validate"]).transcript());
}

#[test]
fn an_unknown_account_blocks_and_the_known_ones_are_named() {
    let project = Project::new(&example_with("\"765628985471\"", "\"691338073777\""));
    assert_snapshot!(project.run(&["validate"]).transcript());
}

#[test]
fn a_spec_that_begins_with_a_comment_only_says_what_is_missing() {
    let project = Project::new("# nothing yet\n");
    project.run(&["validate"]).expect(1).says("`aws` is missing").says("`role` is missing").says("2 faults");
}

#[test]
fn the_schema_takes_what_the_reader_takes_and_refuses_faults_of_form() {
    let schema = Project::example().run(&["schema"]).expect(0).stdout.clone();
    let full = format!(
        "name = \"n\"\n{}\n[role.genesys]\naccount_id = \"325654371633\"\nexternal_id = {{ env = \"GENESYS_X\" }}\n\
         [check]\nverifier = \"arn:aws:iam::111122223333:role/ci\"\n",
        EXAMPLE.replace("# path", "path").replace("# max_", "max_").replace("# extra_", "extra_")
    );
    let good = [EXAMPLE, &full];
    let bad = [
        include_str!("../spec/many_faults.toml").to_owned(),
        example_with("\"765628985471\"", "\"76562898547\""),
        example_with("\"us-east-1\"", "\"US East\""),
        example_with("account_id = \"111122223333\"", "account_id = 111122223333"),
        example_with(FUNCTIONS, "functions = []"),
        example_with(FUNCTIONS, "functions = [\"f*\"]"),
        example_with("[defaults]", "[default]"),
        format!("{EXAMPLE}\nmax_session_duration = 3599\n"),
        format!("{EXAMPLE}\nextra_permissions = \"keep\"\n"),
        format!("{EXAMPLE}\npath = \"no-slash\"\n"),
        format!("{EXAMPLE}\npolicy_name = \"a b\"\n"),
        "[aws]\nregion = \"us-east-1\"\naccount_id = \"111122223333\"\n".to_owned(),
    ];
    let texts: Vec<&str> = good.into_iter().chain(bad.iter().map(String::as_str)).collect();
    let fits = fits_schema(&schema, &texts);
    for (text, fits) in texts.iter().zip(&fits) {
        let project = Project::new(text).env("X", "2f9c1c5e-0b6c-4a8e-9d51-7f0e3c2b1a90");
        let read = project.run(&["validate"]).status == 0;
        assert_eq!((*fits, read), (good.contains(text), good.contains(text)), "{text}");
    }
}
