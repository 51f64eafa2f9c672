//! The architecture, as a test: who may use whom. It reads the sources without linking them.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, unreachable_pub)]

#[path = "layers/source.rs"]
mod source;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use source::{Sources, product_code};

/// The top-level modules, bottom to top: each uses only those before it.
const LAYERS: &[&str] = &[
    // Words used everywhere.
    "arn",
    "text",
    "secrets",
    "file_kind",
    "explain",
    // The policy language.
    "policy",
    // What is wanted, and what is there.
    "spec",
    "model",
    // Judgement: pure.
    "plan",
    "import",
    "permissions",
    "check",
    "diagnose",
    // The world.
    "files",
    "backoff",
    "aws",
    "genesys",
    "apply",
    "sandbox",
    // Words and layout.
    "view",
    "render",
    "saved",
    // The program.
    "commands",
    "cli",
    "main",
];

/// The layers that do no input or output.
const PURE: &[&str] = &[
    "arn",
    "text",
    "file_kind",
    "explain",
    "policy",
    "spec",
    "model",
    "plan",
    "import",
    "permissions",
    "check",
    "diagnose",
];

/// Files in the pure layers that may read files: the spec, and what it names.
const READERS: &[&str] = &["spec/load.rs", "spec/files.rs"];

/// Names that may only occur in these files (a folder ends in a slash).
const ONLY_IN: &[(&str, &[&str])] = &[
    ("aws_config::", &["aws/"]),
    ("aws_sdk_", &["aws/"]),
    ("aws_smithy_", &["aws/", "sandbox/http_client.rs"]),
    ("aws_types::", &["aws/"]),
    ("reqwest::", &["genesys/"]),
    (
        "std::fs",
        &[
            "spec/load.rs",
            "spec/files.rs",
            "files.rs",
            "aws/client/profile.rs",
            "saved/file.rs",
            "sandbox/state_file.rs",
            "commands/",
        ],
    ),
    ("std::env::", &["spec/load.rs", "aws/client/profile.rs", "commands/", "cli.rs", "main.rs"]),
    ("std::process::Command", &[]),
    ("TcpListener", &["commands/", "sandbox/"]),
    ("TcpStream", &["sandbox/"]),
    (
        "tokio::",
        &["aws/", "genesys/", "apply/", "sandbox/", "backoff.rs", "render/output.rs", "commands/", "cli.rs"],
    ),
    ("Instant::now", &["aws/", "genesys/", "apply/", "sandbox/", "backoff.rs"]),
    ("SystemTime::now", &["aws/", "genesys/", "sandbox/"]),
    ("Timestamp::now", &["aws/", "genesys/", "sandbox/", "commands/page.rs"]),
];

/// Debts: lines may be removed, never added. Modules that use a higher layer.
const UPWARD: &[(&str, &str)] = &[];
/// Files that use each other in a cycle.
const CYCLES: &[&[&str]] = &[];
/// Files that use forbidden names.
const NAMES: &[(&str, &str)] = &[];
/// Facades with their own types.
const FACADES: &[&str] = &[];

fn sources() -> Sources {
    fn collect(folder: &Path, root: &Path, files: &mut BTreeMap<String, String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect(&path, root, files);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
                files.insert(name, fs::read_to_string(&path).unwrap());
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = BTreeMap::new();
    collect(&root, &root, &mut files);
    Sources::new(files)
}

/// The top-level module of a file.
fn module(file: &str) -> &str {
    file.split('/').next().unwrap().trim_end_matches(".rs")
}

fn rank(module: &str) -> usize {
    LAYERS.iter().position(|known| *known == module).unwrap_or_else(|| panic!("`{module}` has no layer"))
}

/// Uses of a higher layer, or of another module of the same rank.
fn upward(sources: &Sources) -> BTreeSet<(String, String)> {
    let is_upward = |(from, to): &(String, String)| {
        let (from, to) = (module(from), module(to));
        from != to && rank(to) >= rank(from)
    };
    sources.uses().into_iter().filter(is_upward).collect()
}

/// Groups of files in which each uses all others, directly or indirectly.
fn cycles(sources: &Sources) -> BTreeSet<Vec<String>> {
    let mut reached: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (from, to) in sources.uses() {
        reached.entry(from).or_default().insert(to);
    }
    loop {
        let mut grew = false;
        for from in reached.keys().cloned().collect::<Vec<_>>() {
            let further: BTreeSet<String> =
                reached[&from].iter().filter_map(|to| reached.get(to)).flatten().cloned().collect();
            let all = reached.get_mut(&from).unwrap();
            let before = all.len();
            all.extend(further);
            grew |= all.len() > before;
        }
        if !grew {
            break;
        }
    }
    let uses = |from: &String, to: &String| reached.get(from).is_some_and(|all| all.contains(to));
    let circle = |file: &String| -> Vec<String> {
        reached.keys().filter(|other| uses(file, other) && uses(other, file)).cloned().collect()
    };
    reached.keys().map(circle).filter(|group| !group.is_empty()).collect()
}

/// Names of the outside world in files that should not know them.
fn misplaced(sources: &Sources) -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    for (file, code) in sources.product_files() {
        for (name, allowed) in ONLY_IN {
            let may = allowed
                .iter()
                .any(|place| if place.ends_with('/') { file.starts_with(place) } else { file == *place });
            if !may && code.contains(name) {
                found.insert((file.to_owned(), (*name).to_owned()));
            }
        }
    }
    found
}

/// Facades that declare types: they re-export, or join what their files do.
fn facades_with_types(sources: &Sources) -> BTreeSet<String> {
    let declares = |code: &str| {
        code.lines().any(|line| {
            let item = line
                .trim_start_matches("pub ")
                .trim_start_matches("pub(super) ")
                .trim_start_matches("pub(crate) ");
            ["struct ", "enum ", "trait ", "impl "].iter().any(|start| item.starts_with(start))
        })
    };
    let facades = sources.product_files().filter(|(file, _)| file.ends_with("/mod.rs"));
    facades.filter(|(_, code)| declares(code)).map(|(file, _)| file.to_owned()).collect()
}

/// Names shared by two types, with the files that declare them.
fn shared_names(sources: &Sources) -> BTreeMap<String, Vec<String>> {
    let mut files: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (file, code) in sources.product_files() {
        for line in code.lines() {
            // The types of a trait or its implementation, such as `Error`, are indented.
            let item = if line.starts_with(' ') { "" } else { line };
            let item = item.strip_prefix("pub").map_or(item, |rest| match rest.strip_prefix('(') {
                Some(scope) => scope.split_once(") ").map_or("", |(_, item)| item),
                None => rest.trim_start(),
            });
            let name =
                ["struct ", "enum ", "trait ", "type "].iter().find_map(|kind| item.strip_prefix(kind));
            if let Some(name) = name.and_then(|name| name.split(|c: char| !c.is_alphanumeric()).next()) {
                files.entry(name.to_owned()).or_default().push(file.to_owned());
            }
        }
    }
    files.retain(|_, files| files.len() > 1);
    files
}

/// What is found must be listed as a debt, and every listed debt must be found.
#[track_caller]
fn assert_debts<T: Ord + std::fmt::Debug>(what: &str, found: &BTreeSet<T>, debts: &BTreeSet<T>) {
    let new: Vec<&T> = found.difference(debts).collect();
    assert!(new.is_empty(), "{what}: {new:#?}");
    let paid: Vec<&T> = debts.difference(found).collect();
    assert!(paid.is_empty(), "these debts are paid, remove them from tests/layers.rs: {paid:#?}");
}

fn owned(pairs: &[(&str, &str)]) -> BTreeSet<(String, String)> {
    pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
}

#[test]
fn modules_use_only_those_below_them() {
    let upward = upward(&sources());
    let modules = upward.iter().map(|(from, to)| (module(from).to_owned(), module(to).to_owned()));
    let (found, debts) = (modules.collect(), owned(UPWARD));
    assert_debts(&format!("of {upward:#?} these modules use a higher layer"), &found, &debts);
}

#[test]
fn no_file_is_part_of_a_cycle() {
    let debts = CYCLES.iter().map(|group| group.iter().map(|file| (*file).to_owned()).collect()).collect();
    assert_debts("these files use each other", &cycles(&sources()), &debts);
}

#[test]
fn the_pure_layers_do_no_input_or_output_and_each_service_has_one_place() {
    assert_debts("these files name what others are for", &misplaced(&sources()), &owned(NAMES));
    for (name, places) in ONLY_IN {
        for place in *places {
            let is_pure = PURE.contains(&module(place)) && !READERS.contains(place);
            assert!(!is_pure, "{place} is pure, and may not name {name}");
        }
    }
}

#[test]
fn facades_only_re_export() {
    let debts = FACADES.iter().map(|file| (*file).to_owned()).collect();
    assert_debts("these facades declare types", &facades_with_types(&sources()), &debts);
}

#[test]
fn each_name_stands_for_one_type() {
    let shared = shared_names(&sources());
    assert!(shared.is_empty(), "these names stand for several types: {shared:#?}");
}

/// A small program, with one file replaced.
fn planted(file: &str, text: &str) -> Sources {
    let mut files: BTreeMap<String, String> = [
        ("lib.rs", "pub mod policy;\npub mod plan;\npub mod render;\n"),
        ("policy/mod.rs", "mod document;\npub mod lint;\npub use document::{Document, parse as read};\n"),
        ("policy/document.rs", "pub struct Document;\npub fn parse() {}\n"),
        ("policy/lint.rs", "use super::document::Document;\n"),
        ("plan/mod.rs", "mod diff;\nmod model;\n\npub use diff::diff;\npub use model::Plan;\n"),
        ("plan/model.rs", "use crate::policy::Document;\npub struct Plan;\n"),
        ("plan/diff.rs", "use super::model::Plan;\npub fn diff() -> Plan {}\n"),
        ("render/mod.rs", "pub mod text;\n"),
        ("render/text.rs", "use crate::plan::{self, Plan};\n"),
    ]
    .into_iter()
    .map(|(name, text)| (name.to_owned(), text.to_owned()))
    .collect();
    files.insert(file.to_owned(), text.to_owned());
    Sources::new(files)
}

#[test]
fn a_program_in_order_has_no_findings() {
    let visible = planted("plan/diff.rs", "pub(in crate::plan) fn diff() {}\n");
    assert_eq!(cycles(&visible), BTreeSet::new());
    let sources = planted(
        "policy/lint.rs",
        "// crate::render::text\nuse super::document::Document;\nconst A: &str = \"crate::plan::Plan\";\n",
    );
    assert_eq!(upward(&sources), BTreeSet::new());
    assert_eq!(cycles(&sources), BTreeSet::new());
    assert_eq!(misplaced(&sources), BTreeSet::new());
    assert_eq!(facades_with_types(&sources), BTreeSet::new());
}

#[test]
fn a_planted_use_of_a_higher_layer_is_found_however_it_is_written() {
    for text in [
        "use crate::plan::Plan;\n",
        "use crate::{plan::Plan};\n",
        "use crate::{\n    policy::Document,\n    plan::{self as the_plan},\n};\n",
        "fn f() { let _ = crate::plan::Plan; }\n",
        "use super::super::plan::Plan;\n",
        "pub use crate::plan::*;\n",
        "#[cfg(test)]\nmod tests { use crate::render::text; }\nuse crate::plan::Plan;\n",
    ] {
        let found = upward(&planted("policy/lint.rs", text));
        assert!(
            !found.is_empty()
                && found.iter().all(|(from, to)| from == "policy/lint.rs" && to.starts_with("plan/")),
            "{text}: {found:?}"
        );
    }
    let in_tests = "#[cfg(test)]\nmod tests {\n    use crate::plan::Plan;\n}\n";
    assert_eq!(upward(&planted("policy/lint.rs", in_tests)), BTreeSet::new());
}

#[test]
fn a_planted_cycle_is_found_also_through_a_facade() {
    for text in
        ["use super::diff::diff;\n", "use super::diff;\n", "use crate::plan::diff;\n", "use super::*;\n"]
    {
        let found = cycles(&planted("plan/model.rs", text));
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        assert!(found.iter().flatten().any(|file| file == "plan/model.rs"), "{text}: {found:?}");
    }
}

#[test]
fn planted_input_and_output_is_found_in_the_pure_layers() {
    for name in [
        "std::fs::read(path)",
        "tokio::spawn(work)",
        "std::env::var(name)",
        "aws_sdk_iam::Client",
        "Instant::now()",
    ] {
        let text = format!("fn f() {{ {name}; }}\n");
        assert_eq!(misplaced(&planted("plan/diff.rs", &text)).len(), 1, "{name}");
    }
}

#[test]
fn a_planted_type_in_a_facade_is_found() {
    assert_eq!(facades_with_types(&planted("plan/mod.rs", "pub struct Plan {}\n")).len(), 1);
}

#[test]
fn a_planted_second_type_of_a_name_is_found() {
    let shared = shared_names(&planted(
        "plan/diff.rs",
        "pub(super) enum Document {}\nimpl X {\n    type Plan = u8;\n}\n",
    ));
    let files = vec!["plan/diff.rs".to_owned(), "policy/document.rs".to_owned()];
    assert_eq!(shared, BTreeMap::from([("Document".to_owned(), files)]));
}

#[test]
fn comments_strings_and_tests_are_no_code() {
    let text = "/* a::b /* c */ */ let x = r#\"crate::d\"#; // e\n'\"' b'x' 'a: \"f\" g\n#[cfg(test)]\nmod tests;\nh\n";
    let code = product_code(text);
    for gone in ["a::b", "c */", "crate::d", "// e", "\"f\"", "mod tests"] {
        assert!(!code.contains(gone), "{gone}: {code}");
    }
    assert!(
        code.contains("let x") && code.contains("'a:") && code.contains(" g") && code.contains("\nh"),
        "{code}"
    );
}
