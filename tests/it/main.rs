//! All integration tests in one binary, a file for each command or subject.

mod support;

mod cli;
mod diagnosis;
mod faults;
mod fleet;
mod ministack;
mod moto;
mod permissions;
mod policy_cases;
mod policy_cli;
mod properties;
mod sandbox;
mod spec_files;
mod surroundings;

/// A file that is not named above would silently not be tested.
#[test]
fn no_test_file_is_forgotten() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it");
    let main = include_str!("main.rs");
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        if path.extension().is_some_and(|extension| extension == "rs") && name != "main" {
            assert!(main.contains(&format!("\nmod {name};\n")), "tests/it/{name}.rs is not in main.rs");
        }
    }
}
