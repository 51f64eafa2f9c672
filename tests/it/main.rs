//! All integration tests in one binary, one file per command or subject.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, unreachable_pub)]

mod support;

mod acceptance;
mod action;
mod apply;
mod check;
mod completions;
mod credentials;
mod cut_off;
mod destroy;
mod diagnose;
mod diagnose_fixes;
mod diagnosis;
mod doc_commands;
mod docs;
mod environment;
mod evidence;
mod faults;
mod first_lines;
mod fleet;
mod fleet_plans;
mod fmt;
mod gate;
mod genesys;
mod genesys_faults;
mod genesys_javascript;
mod hand_over;
mod html;
mod import;
mod init;
mod integration_spec;
#[cfg(unix)]
mod judges;
mod leftovers;
mod look_ahead;
mod masking;
mod ministack;
mod moto;
mod observed;
mod obstacles;
mod odd_inputs;
mod open_doors;
mod open_doors_genesys;
mod organization;
mod output;
#[cfg(unix)]
mod packaging;
mod permissions;
mod plan;
mod policy;
mod policy_cases;
mod promises;
mod properties;
mod prune;
mod recipes;
#[cfg(unix)]
mod recordings;
mod remedies;
mod repository;
mod rounds;
mod sandbox;
mod sandbox_requests;
mod saved;
mod scenarios;
mod show;
mod siblings;
mod spec_files;
mod specs;
mod untrusted_text;
mod validate;

/// A file missing above would silently not be tested.
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
