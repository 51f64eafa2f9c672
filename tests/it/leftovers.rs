//! What stays when a role moves to another file, or a file goes: of the folder's other specs, of specs that are gone, and of
//! roles that a run leaves out.

use std::fs;

use serde_json::Value;

use crate::support::{BOTH_ENDS, Project, ROLE, Run};

const OTHER: &str = "AWS Lambda other";

/// A spec with one role and its integration.
fn spec(name: &str, role: &str, integration: &str) -> String {
    let text = BOTH_ENDS.replace(ROLE, role).replace("AWS Lambda orders", integration);
    format!("name = \"{name}\"\n{text}")
}

/// The role's and the integration's tables of such a spec.
fn role_of(text: &str) -> &str {
    &text[text.find("[[role]]").unwrap()..]
}

fn project() -> Project {
    let project = Project::empty();
    fs::create_dir(project.path("specs")).unwrap();
    project
}

fn write(project: &Project, file: &str, text: &str) {
    fs::write(project.path(&format!("specs/{file}.toml")), text).unwrap();
}

fn state(project: &Project) -> Value {
    let text = fs::read_to_string(project.path("specs/.genesys-iam/sandbox.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn has_role(project: &Project, role: &str) -> bool {
    state(project)["accounts"]["111122223333"]["roles"][role].is_object()
}

fn has_integration(project: &Project, name: &str) -> bool {
    let state = state(project);
    let all = state["organization"]["integrations"].as_object().unwrap();
    all.values().any(|one| one["name"] == name)
}

/// Two roles in `dev`, one of which then moves to a file beside it.
fn moved() -> (Project, String) {
    let project = project();
    let orders = spec("dev-orders", "Orders", OTHER);
    let both = format!("{}\n{}", spec("dev", ROLE, "AWS Lambda orders"), role_of(&orders));
    write(&project, "dev", &both);
    project.sandbox(&["-f", "specs/dev.toml", "apply", "--yes", "--no-check"]).expect(0);
    write(&project, "dev", &spec("dev", ROLE, "AWS Lambda orders"));
    (project, orders)
}

#[test]
fn a_prune_of_one_file_leaves_what_a_file_beside_it_names() {
    let (project, orders) = moved();
    write(&project, "dev-orders", &orders);
    // TOML of other programs is not a spec.
    fs::write(project.path("specs/Cargo.toml"), "[package]\nname = \"x\"\n").unwrap();
    let alone = &["-f", "specs/dev.toml"][..];
    for (prune, flags) in [(&[][..], ""), (&["--prune"], " --prune")] {
        let plan = project.sandbox(&[alone, &["plan"], prune].concat());
        plan.expect(0)
            .says("role `Orders` is no longer in this spec, but specs/dev-orders.toml, in the same folder, names it")
            .says("integration \"AWS Lambda other\" is no longer in this spec, but specs/dev-orders.toml")
            .says(&format!(
                "`genesys-iam --sandbox apply{flags} --adopt --file specs/dev.toml --file specs/dev-orders.toml`"
            ));
    }
    project
        .sandbox(&[alone, &["apply", "--yes", "--prune", "--no-check"]].concat())
        .expect(0)
        .says_not("Delete");
    assert!(has_role(&project, "Orders") && has_integration(&project, OTHER));
    // The command that was printed.
    let both = &["-f", "specs/dev.toml", "-f", "specs/dev-orders.toml"][..];
    project
        .sandbox(&[both, &["apply", "--adopt", "--yes", "--no-check"]].concat())
        .expect(0)
        .says_not("Delete");
    project.sandbox(&[both, &["plan", "--detailed-exitcode", "--prune"]].concat()).expect(0);
}

#[test]
fn a_file_beside_the_spec_that_cannot_be_read_blocks_the_prune_and_says_why() {
    let (project, orders) = moved();
    let prune = || project.sandbox(&["-f", "specs/dev.toml", "apply", "--yes", "--prune", "--no-check"]);
    let says_why = |run: &Run, why: &str| {
        run.expect(3).says(&format!("specs/dev-orders.toml cannot be read: {why}")).says_not("done");
        run.says("genesys-iam --sandbox validate specs/dev-orders.toml");
    };
    write(&project, "dev-orders", &orders.replace("region = ", "reg = "));
    says_why(&prune(), "line ");
    write(&project, "dev-orders", "name = \"dev-orders\n");
    says_why(&prune(), "line 1: this is not TOML");
    assert!(has_role(&project, "Orders"));
    // A plan removes nothing, and a variable that is not set hides no name.
    project.sandbox(&["-f", "specs/dev.toml", "plan"]).expect(0);
    let of_variable = |line: &str| match line.starts_with("external_id") {
        true => "external_id = { env = \"GENESYS_NOT_SET\" }".to_owned(),
        false => line.to_owned(),
    };
    write(&project, "dev-orders", &orders.lines().map(of_variable).collect::<Vec<_>>().join("\n"));
    prune().expect(0).says_not("Delete");
    fs::remove_file(project.path("specs/dev-orders.toml")).unwrap();
    prune().expect(0).says("DeleteRole");
}

#[test]
fn roles_of_a_file_that_is_gone_are_reported_and_never_pruned() {
    let project = project();
    for name in ["a", "b", "gone"] {
        write(&project, name, &spec(name, &format!("Role-{name}"), &format!("AWS Lambda {name}")));
    }
    let all = |args: &[&str]| project.sandbox(&[&["-f", "specs"], args].concat());
    all(&["apply", "--yes", "--no-check"]).expect(0);
    let text = fs::read_to_string(project.path("specs/gone.toml")).unwrap();
    fs::remove_file(project.path("specs/gone.toml")).unwrap();
    let what = "role `Role-gone` of AWS account 111122223333 is of the spec `gone`, which no file here has: it stays as open as before";
    let plan = all(&["plan", "--detailed-exitcode"]);
    plan.expect(2).says(what);
    plan.says(
        "2 specs: nothing to change, but role `Role-gone` of the spec `gone`, which no file here has, stays; integration \
         \"AWS Lambda gone\" of the spec `gone`, which no file here has, stays.",
    );
    plan.says("`genesys-iam --sandbox destroy --file specs/gone.toml`");
    // It is said once for the account.
    assert_eq!(plan.stdout.matches(what).count(), 1, "{}", plan.stdout);
    all(&["plan", "--format", "markdown"])
        .expect(0)
        .says("which no file here has")
        .says("**nothing to change**");
    let json: Value = serde_json::from_str(&all(&["plan", "--json"]).stdout).unwrap();
    let left = &json["specs"][0]["plan"]["summary"]["left_over"];
    assert_eq!(left[0], "role `Role-gone` of the spec `gone`, which no file here has, stays");
    // In bulk, too, and where only one spec is left in the folder.
    all(&["--reads", "bulk", "plan"]).says(what);
    let b = fs::read_to_string(project.path("specs/b.toml")).unwrap();
    fs::remove_file(project.path("specs/b.toml")).unwrap();
    all(&["plan"]).says("of the spec `b`, which no file here has").says(what);
    write(&project, "b", &b);
    // A prune says it, too, and removes nothing of it. A spec of another repository is somebody's.
    all(&["apply", "--yes", "--prune", "--no-check"]).expect(0).says(what).says_not("Delete");
    assert!(has_role(&project, "Role-gone"));
    all(&["plan", "--detailed-exitcode", "--other-spec", "g*"]).expect(0).says_not("Role-gone");
    // No saved plan is bound to what other specs made, but what was shown is in it.
    all(&["plan", "--out", "plan.json"]).expect(0);
    project.run(&["show", "plan.json"]).expect(0).says(what).says("nothing to change, but role `Role-gone`");
    all(&["apply", "plan.json", "--no-check", "--other-spec", "gone"]).expect(0).says_not("Role-gone");
    // Both ways out that it names.
    let lost = project.sandbox(&["-f", "specs/a.toml", "import", "Role-gone", "--out", "specs/gone.toml"]);
    lost.expect(0);
    all(&["plan", "--detailed-exitcode"]).expect(0);
    write(&project, "gone", &text);
    project.sandbox(&["-f", "specs/gone.toml", "destroy", "--yes"]).expect(0);
    fs::remove_file(project.path("specs/gone.toml")).unwrap();
    all(&["plan", "--detailed-exitcode"]).expect(0).says("no changes");
}

#[test]
fn a_prune_leaves_roles_that_the_run_leaves_out() {
    let project = project();
    let texts: Vec<String> =
        ["Keep", "Except", "Old"].map(|role| spec("dev", role, &format!("AWS Lambda {role}"))).into();
    let all = format!("{}\n{}\n{}", texts[0], role_of(&texts[1]), role_of(&texts[2]));
    write(&project, "dev", &all);
    project.sandbox(&["-f", "specs", "apply", "--yes", "--no-check"]).expect(0);
    write(&project, "dev", &format!("{}\n{}", texts[0], role_of(&texts[1])));
    let flags = ["--prune", "--except", "Except"];
    let plan = project.sandbox(&[&["-f", "specs", "plan", "--out", "plan.json"], &flags[..]].concat());
    plan.expect(0).says("DeleteRole role `Old`").says_not("role `Except` is no longer");
    // Without it, they are at least named.
    project
        .sandbox(&["-f", "specs", "plan", "--except", "Except"])
        .says("role `Old` is no longer in the spec");
    project.sandbox(&[&["-f", "specs", "apply", "plan.json", "--no-check"], &flags[..]].concat()).expect(0);
    assert!(has_role(&project, "Keep") && has_role(&project, "Except") && !has_role(&project, "Old"));
    assert!(has_integration(&project, "AWS Lambda Except") && !has_integration(&project, "AWS Lambda Old"));
    project.sandbox(&["-f", "specs", "plan", "--prune", "--role", "Keep"]).expect(64);
}

/// Its file is still there, under the new name: what is left over gets another, and the old name.
#[test]
fn the_way_out_for_a_role_of_a_renamed_spec_works_as_printed() {
    let project = project();
    let texts = ["Keep", "Gone"].map(|role| spec("old", role, &format!("AWS Lambda {role}")));
    write(&project, "old", &format!("{}\n{}", texts[0], role_of(&texts[1])));
    project.sandbox(&["-f", "specs", "apply", "--yes", "--no-check"]).expect(0);
    write(&project, "old", &texts[0].replacen("\"old\"", "\"new\"", 1));
    let renamed = project.sandbox(&["-f", "specs", "apply", "--adopt", "--yes", "--no-check"]);
    renamed.expect(0);
    let plan = project.sandbox(&["-f", "specs", "plan"]);
    let out = "specs/old-left-over.toml";
    let import = ["--file", "specs/old.toml", "import", "Gone", "--out", out];
    plan.says(&format!("destroy --file {out}`"))
        .says(&format!("--out {out}`, with `name = \"old\"` in it, makes one"));
    project.sandbox(&import).expect(0);
    let text = fs::read_to_string(project.path(out)).unwrap();
    write(&project, "old-left-over", &text.replacen("name = \"old-left-over\"", "name = \"old\"", 1));
    project.sandbox(&["--file", out, "destroy", "--yes"]).expect(0);
    assert!(has_role(&project, "Keep") && !has_role(&project, "Gone"));
}

#[test]
fn an_integration_of_a_file_that_is_gone_is_reported_even_if_no_run_reads_its_account() {
    let project = project();
    for name in ["a", "b", "gone"] {
        let text = spec(name, &format!("Role-{name}"), &format!("AWS Lambda {name}"));
        let account = if name == "gone" { "444455556666" } else { "111122223333" };
        write(&project, name, &text.replace("111122223333", account));
    }
    let all = |args: &[&str]| project.sandbox(&[&["-f", "specs"], args].concat());
    all(&["apply", "--yes", "--no-check"]).expect(0);
    all(&["plan"]).says_not("which no file here has");
    fs::remove_file(project.path("specs/gone.toml")).unwrap();
    let plan = all(&["plan", "--detailed-exitcode"]);
    let what = "which holds `arn:aws:iam::444455556666:role/Role-gone`, is of the spec `gone`, which no file here has: it stays, and no plan, prune or check looks at it";
    plan.expect(2).says("integration \"AWS Lambda gone\" (").says(what);
    plan.says("nothing to change, but integration \"AWS Lambda gone\" of the spec `gone`, which no file here has, stays.");
    plan.says("restore the file of that spec and run `genesys-iam --sandbox destroy --file specs/gone.toml`");
    // Both specs see the organization, and it is said once.
    assert_eq!(plan.stdout.matches(what).count(), 1, "{}", plan.stdout);
    all(&["plan", "--format", "markdown"]).says("which no file here has");
    // It is kept elsewhere, or taken over, or one of many files that a run of a single one does not know.
    all(&["plan", "--detailed-exitcode", "--other-spec", "gone"])
        .expect(0)
        .says_not("which no file here has");
    project.sandbox(&["-f", "specs/a.toml", "plan"]).expect(0).says_not("which no file here has");
    let adopting = spec("b", "Role-b", "AWS Lambda gone")
        .replace("[role.integration]", "[role.integration]\nadopt = true");
    write(&project, "b", &adopting);
    all(&["plan"]).says("integration \"AWS Lambda gone\" is adopted").says_not("which no file here has");
}

/// Production and test use the same names, each in an organization of its own.
#[test]
fn an_integration_of_the_same_name_in_another_organization_is_another_one() {
    let project = project();
    let of = |name: &str, account: &str, credentials: &str, id: &str| {
        let text = spec(name, "Gone", "AWS Lambda orders").replace("111122223333", account);
        let text = text.replace("2f9c1c5e-0b6c-4a8e-9d51-7f0e3c2b1a90", id);
        text.replacen("[genesys]", &format!("[genesys]\n{credentials}"), 1)
    };
    let (ours, theirs) = ("2f9c1c5e-0b6c-4a8e-9d51-7f0e3c2b1a90", "3f9c1c5e-0b6c-4a8e-9d51-7f0e3c2b1a90");
    let kept = "\n[[role]]\nname = \"Kept\"\nfunctions = [\"my-genesys-trigger-function\"]\n";
    let prod = of("prod", "111122223333", "credentials = \"PROD\"", ours);
    let all = |args: &[&str]| project.sandbox(&[&["-f", "specs"], args].concat());
    write(&project, "prod", &format!("{prod}{kept}"));
    write(&project, "test", &of("test", "222233334444", "credentials = \"TEST\"", theirs));
    all(&["apply", "--yes", "--no-check"]).expect(0);
    let (head, _) = prod.split_once("[[role]]").unwrap();
    write(&project, "prod", &format!("{head}{kept}"));
    let plan = all(&["plan", "--detailed-exitcode"]);
    plan.expect(2).says("integration \"AWS Lambda orders\" is no longer in the spec").says_not("names it");
    all(&["plan", "--prune"]).expect(0).says("- DeleteIntegration integration \"AWS Lambda orders\"");
    // With one client it is one organization, whatever ID a spec has.
    write(&project, "test", &of("test", "222233334444", "credentials = \"PROD\"", theirs));
    all(&["plan", "--prune"]).says("test.toml names it").says_not("DeleteIntegration");
}

/// One spec may name what another does not any longer.
#[test]
fn nothing_is_removed_while_another_spec_of_the_run_is_not_made() {
    let project = project();
    let role = |name: &str| format!("[[role]]\nname = \"{name}\"\nfunctions = [\"f\"]\n");
    let of = |name: &str, account: &str, roles: &str| {
        let text = spec(name, "X", "X").replace("111122223333", account);
        let (head, _) = text.split_once("[[role]]").unwrap();
        format!("{head}{roles}")
    };
    let all = |args: &[&str]| project.sandbox(&[&["-f", "specs"], args].concat());
    write(&project, "a", &of("a", "111122223333", &(role("Stays") + &role("Moves"))));
    write(&project, "b", &of("b", "444455556666", &role("Other")));
    all(&["apply", "--yes", "--no-check"]).expect(0);
    write(&project, "a", &of("a", "111122223333", &role("Stays")));
    let blocked = role("Moves") + "permissions_boundary = \"arn:aws:iam::444455556666:policy/NotThere\"\n";
    write(&project, "b", &of("b", "444455556666", &(role("Other") + &blocked)));
    let held = "nothing is removed before every spec of the run is as wanted";
    all(&["apply", "--yes", "--prune"]).expect(1).says(held).says_not("done   DeleteRole");
    assert!(has_role(&project, "Moves"));
    // Refused by a guard, or not read at all.
    write(&project, "b", &of("b", "444455556666", &(role("Other") + &role("Moves"))));
    all(&["apply", "--yes", "--prune", "--refuse-wider"]).expect(1).says_not("done   DeleteRole");
    assert!(has_role(&project, "Moves"));
    all(&["apply", "--yes", "--prune"]).expect(0).says("done   DeleteRole role `Moves`");
}
