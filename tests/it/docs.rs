//! The README, the pages and the schemas match the program.

use std::fs;

use crate::support::python::fits_schema;
use crate::support::{BOTH_ENDS, Project, by_hand};

#[test]
fn the_readme_and_the_example_hold_the_same_spec() {
    let readme = include_str!("../../README.md");
    let plain = |text: &str| -> Vec<String> {
        let lines = text.lines().map(|line| line.split('#').next().unwrap().trim().to_owned());
        lines.filter(|line| !line.is_empty()).collect()
    };
    let toml = readme.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    let example = plain(BOTH_ENDS);
    for line in plain(toml) {
        assert!(example.contains(&line), "the example has no {line:?}");
    }
}

/// `UPDATE_DOCS=1 cargo test` rewrites it.
#[test]
fn the_reference_is_what_the_program_says() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/reference.md");
    let current = genesys_iam::commands::reference::reference(
        <genesys_iam::cli::Cli as clap::CommandFactory>::command(),
    );
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(path, &current).unwrap();
    }
    assert!(
        fs::read_to_string(path).unwrap() == current,
        "docs/reference.md is out of date: UPDATE_DOCS=1 cargo test"
    );
}

/// The page's section for a command has all its options, and every option in the section's heading exists.
#[test]
fn the_page_on_commands_has_every_option_of_every_command_and_no_other() {
    let page = include_str!("../../docs/commands.md");
    let (head, rest) = page.split_once("\n## ").unwrap();
    let sections: Vec<&str> = rest.split("\n## ").collect();
    let program = <genesys_iam::cli::Cli as clap::CommandFactory>::command();
    let longs = |command: &clap::Command, is_global: bool| -> Vec<String> {
        let options =
            command.get_arguments().filter(|arg| arg.is_global_set() == is_global && !arg.is_hide_set());
        options.filter_map(|arg| Some(format!("--{}", arg.get_long()?))).collect()
    };
    let has = |text: &str, option: &str| {
        let ends = |rest: &str| !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '-');
        text.match_indices(option).any(|(at, _)| ends(&text[at + option.len()..]))
    };
    for option in longs(&program, true) {
        assert!(has(head, &option), "docs/commands.md has no {option} among the options of all commands");
    }
    let mut commands = Vec::new();
    for command in program.get_subcommands() {
        match command.has_subcommands() {
            true => commands.extend(
                command
                    .get_subcommands()
                    .map(|one| (format!("{} {}", command.get_name(), one.get_name()), one)),
            ),
            false => commands.push((command.get_name().to_owned(), command)),
        }
    }
    for (name, command) in commands {
        let is_of = |section: &&&str| {
            let heading = section.lines().next().unwrap();
            heading.split('`').any(|code| {
                let code = code.strip_prefix("genesys-iam ").unwrap_or(code);
                code == name || code.starts_with(&format!("{name} "))
            })
        };
        let section =
            sections.iter().find(is_of).unwrap_or_else(|| panic!("docs/commands.md has no `{name}`"));
        let options = longs(command, false);
        for option in &options {
            assert!(has(section, option), "docs/commands.md: `{name}` has {option}");
        }
        for word in section.lines().next().unwrap().split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'))
        {
            let is_known = options.iter().chain(&longs(&program, true)).any(|option| option == word);
            assert!(!word.starts_with("--") || is_known, "docs/commands.md: `{name}` has no {word}");
        }
    }
}

#[test]
fn the_book_has_every_page_and_every_link_leads_somewhere() {
    let docs = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let summary = fs::read_to_string(docs.join("SUMMARY.md")).unwrap();
    let pages = fs::read_dir(&docs).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let pages: Vec<String> = pages.filter(|name| name.ends_with(".md")).collect();
    for page in pages.iter().filter(|page| *page != "SUMMARY.md") {
        assert!(summary.contains(&format!("({page})")), "{page} is not in the summary");
    }
    let texts = pages.iter().map(|page| (docs.clone(), fs::read_to_string(docs.join(page)).unwrap()));
    let readme = (docs.parent().unwrap().to_owned(), include_str!("../../README.md").to_owned());
    for (folder, text) in texts.chain([readme]) {
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let target = link.split('#').next().unwrap();
            if !target.is_empty() && !target.contains("://") && !target.contains(' ') {
                assert!(folder.join(target).exists(), "{link}");
            }
        }
    }
}

#[test]
fn every_path_in_the_architecture_exists() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = include_str!("../../docs/architecture.md");
    let mut paths = 0;
    for path in page.split('`').skip(1).step_by(2) {
        if path.starts_with("src/") || path.starts_with("tests/") || path.starts_with("docs/") {
            assert!(path.contains('*') || root.join(path).exists(), "{path}");
            paths += 1;
        }
    }
    assert!(paths > 30, "{paths}");
}

/// The text between two markers of a page; `UPDATE_DOCS=1 cargo test` rewrites it.
fn between(page: &str, marker: &str, rows: &str) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(page);
    let text = fs::read_to_string(&path).unwrap();
    let (start, end) = (format!("<!-- {marker} -->\n"), "<!-- end -->");
    let (before, rest) = text.split_once(&start).unwrap_or_else(|| panic!("{page} has no {start}"));
    let after = rest.split_once(end).unwrap().1;
    let current = format!("{before}{start}{rows}{end}{after}");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, &current).unwrap();
    }
    assert!(
        fs::read_to_string(&path).unwrap() == current,
        "docs/{page} is out of date: UPDATE_DOCS=1 cargo test"
    );
}

#[test]
fn the_exit_statuses_in_the_docs_are_those_of_the_program() {
    let statuses = genesys_iam::commands::Status::ALL;
    let rows = statuses.map(|status| format!("| {} | {} |\n", status as i32, status.meaning()));
    between("exit-status.md", "statuses", &format!("| status | meaning |\n|---|---|\n{}", rows.concat()));
}

#[test]
fn the_tables_of_causes_and_levels_are_those_of_the_program() {
    use genesys_iam::check::{Cause, Level};
    let table = |rows: Vec<(&str, &str)>| {
        let rows: String =
            rows.iter().map(|(word, sentence)| format!("| `{word}` | {sentence} |\n")).collect();
        format!("| word | |\n|---|---|\n{rows}")
    };
    let causes = Cause::ALL.iter().map(|cause| (cause.word(), cause.sentence())).collect();
    between("check.md", "causes", &table(causes));
    let levels = Level::ALL.iter().map(|level| (level.word(), level.sentence())).collect();
    between("check.md", "levels", &table(levels));
}

#[test]
fn the_words_of_the_schema_are_those_of_the_program() {
    use genesys_iam::check::{Cause, Level, Topic};
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/check.schema.json");
    let mut schema: serde_json::Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let words = |words: Vec<&str>| serde_json::json!(words);
    let or_null = |words: Vec<&str>| {
        let words: Vec<Option<&str>> = words.into_iter().map(Some).chain([None]).collect();
        serde_json::json!(words)
    };
    let causes: Vec<&str> = Cause::ALL.iter().map(|cause| cause.word()).collect();
    let levels: Vec<&str> = Level::ALL.iter().map(|level| level.word()).collect();
    let topics = Topic::ALL.iter().map(|topic| topic.word()).collect();
    let role = &mut schema["properties"]["roles"]["items"]["properties"];
    role["diagnosis"]["items"]["properties"]["cause"]["enum"] = words(causes.clone());
    role["lines"]["items"]["properties"]["cause"]["enum"] = or_null(causes);
    role["lines"]["items"]["properties"]["level"]["enum"] = words(levels.clone());
    role["lines"]["items"]["properties"]["topic"]["enum"] = words(topics);
    role["verdict"]["properties"]["proof"]["enum"] = or_null(levels);
    let current = format!("{schema:#}\n");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(path, &current).unwrap();
    }
    assert!(
        fs::read_to_string(path).unwrap() == current,
        "docs/check.schema.json is out of date: UPDATE_DOCS=1 cargo test"
    );
}

#[test]
fn each_schema_is_printed_by_the_name_of_what_it_describes() {
    let project = Project::empty();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/docs");
    let mut count = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let file = path.file_name().unwrap().to_str().unwrap().to_owned();
        if let Some(name) = file.strip_suffix(".schema.json") {
            let name = if name == "genesys" { "spec" } else { name };
            let printed = project.run(&["schema", name]);
            assert_eq!(printed.expect(0).stdout, fs::read_to_string(&path).unwrap(), "{name}");
            count += 1;
        }
    }
    assert!(count > 10);
    assert_eq!(project.run(&["schema"]).stdout, project.run(&["schema", "spec"]).stdout);
    project.run(&["schema", "plans"]).expect(64).says("saved-plan").says_not("a role is selected");
}

#[test]
fn a_schema_holds_the_schemas_that_it_refers_to() {
    let path = |name: &str| format!("{}/docs/{name}.schema.json", env!("CARGO_MANIFEST_DIR"));
    let read = |name: &str| fs::read_to_string(path(name)).unwrap();
    let parse = |name: &str| serde_json::from_str::<serde_json::Value>(&read(name)).unwrap();
    let parts_of =
        [("apply", &["check"][..]), ("fleet", &["plan", "check", "apply"]), ("saved-plan", &["plan"])];
    for (name, parts) in parts_of {
        let mut schema = parse(name);
        for part in parts {
            let mut held = parse(part);
            held.as_object_mut().unwrap().retain(|key, _| key != "$schema" && key != "$defs");
            schema["$defs"][part] = held;
        }
        let current = format!("{schema:#}\n");
        if std::env::var_os("UPDATE_DOCS").is_some() {
            fs::write(path(name), &current).unwrap();
        }
        assert!(parse(name) == schema, "docs/{name}.schema.json is out of date: UPDATE_DOCS=1 cargo test");
        assert!(!current.contains(".schema.json"), "{name}");
    }
}

#[test]
fn every_region_is_in_the_docs() {
    let genesys = include_str!("../../docs/genesys.md");
    for region in genesys_iam::spec::GENESYS_REGIONS {
        assert!(genesys.contains(&format!("| `{}` | {} |", region.aws_region, region.domain)), "{region:?}");
    }
}

#[test]
fn plans_and_reports_fit_their_schemas() {
    let project = Project::example();
    let run = |args: &[&str]| project.sandbox(args).stdout.clone();
    let plans = |run: &dyn Fn(&[&str]) -> String| run(&["plan", "--format", "json"]);
    let first = plans(&run);
    let missing = run(&["check", "--format", "json"]);
    run(&["apply", "--yes", "--no-check"]);
    by_hand(&project, |role| {
        let open = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}}"#;
        role["trust"] = open.into();
        role["description"] = "x".into();
        role["boundary"] = "arn:aws:iam::aws:policy/ReadOnlyAccess".into();
        role["tags"] = serde_json::json!([]);
        role["inline"]["more"] =
            r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}"#.into();
    });
    let second = plans(&run);
    assert!(second.contains("\"is_wider\": true") || second.contains("\"sign\": \"lost\""), "{second}");
    let faults = run(&["check", "--format", "json"]);
    let fits = |schema: &str, texts: &[&str]| fits_schema(schema, texts);
    let broken = first.replace("\"gained\"", "\"won\"");
    assert_eq!(
        fits(include_str!("../../docs/plan.schema.json"), &[&first, &second, &broken]),
        [true, true, false]
    );
    let broken = faults.replace("\"not_provable\"", "\"unknown\"");
    assert_eq!(
        fits(include_str!("../../docs/check.schema.json"), &[&missing, &faults, &broken]),
        [true, true, false]
    );
}
