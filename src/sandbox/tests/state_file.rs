//! The state file.

use std::error::Error as _;
use std::fs;

use super::*;

#[test]
fn what_was_written_is_there_after_opening_again() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("state/sandbox.json");
    let created = {
        let mut sandbox = Sandbox::open(&path, &seed()).unwrap();
        done(&mut sandbox, "CreateRole", &[("RoleName", "R"), ("AssumeRolePolicyDocument", TRUST)]).body
    };
    assert_eq!(fs::read_to_string(path.with_file_name(".gitignore")).unwrap(), "*\n");
    let mut more = seed();
    more.functions.push(OTHER.parse().unwrap());
    let mut sandbox = Sandbox::open(&path, &more).unwrap();
    let read = done(&mut sandbox, "GetRole", &[("RoleName", "R")]);
    assert!(created.contains(read.one("RoleId")));
    assert!(sandbox.state.functions.contains_key(&OTHER.parse().unwrap()));
    assert!(sandbox.state.functions.contains_key(&FUNCTION.parse().unwrap()));
}

#[cfg(unix)]
#[test]
fn the_file_is_its_owners_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("sandbox.json");
    Sandbox::open(&path, &seed()).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!directory.path().join(".gitignore").exists(), "the directory was there before");
}

#[test]
fn a_broken_file_is_named_and_not_touched() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("sandbox.json");
    for text in ["{", "{}", "[]", r#"{"version":1}"#] {
        fs::write(&path, text).unwrap();
        let error = Sandbox::open(&path, &seed()).unwrap_err();
        assert!(matches!(error, SandboxError::Broken { .. }), "{error:?}");
        let message = format!("the sandbox's state file `{}` is not one of a sandbox", path.display());
        assert_eq!(error.to_string(), message);
        assert!(error.source().is_some());
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
    fs::write(&path, r#"{"version":2,"new":1}"#).unwrap();
    assert!(matches!(Sandbox::open(&path, &seed()), Err(SandboxError::Version { found: 2, known: 1, .. })));
}

#[test]
fn two_do_not_use_one_file_at_the_same_time() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("sandbox.json");
    let first = Sandbox::open(&path, &seed()).unwrap();
    assert!(matches!(Sandbox::open(&path, &seed()), Err(SandboxError::InUse { .. })));
    drop(first);
    Sandbox::open(&path, &seed()).unwrap();
}

#[test]
fn what_cannot_be_saved_has_not_happened() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("sandbox.json");
    let mut sandbox = Sandbox::open(&path, &seed()).unwrap();
    // A directory in its place, which even root cannot replace.
    if path.exists() {
        fs::remove_file(&path).unwrap();
    }
    fs::create_dir(&path).unwrap();
    let params = [("RoleName", "R"), ("AssumeRolePolicyDocument", TRUST)];
    let answered = iam(&mut sandbox, "CreateRole", &params);
    let (status, code, message) = answered.error();
    assert_eq!((status, code), (500, "ServiceFailure"));
    assert!(message.contains("sandbox.json"), "{message}");
    fs::remove_dir(&path).unwrap();
    done(&mut sandbox, "CreateRole", &params);
}

#[cfg(unix)]
#[test]
fn a_file_without_an_end_is_not_read() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("sandbox.json");
    let why = |path: &std::path::Path| {
        let error = Sandbox::open(path, &seed()).unwrap_err();
        assert!(matches!(error, SandboxError::Read { .. }), "{error:?}");
        error.source().unwrap().to_string()
    };
    fs::File::create(&path).unwrap().set_len(1 << 40).unwrap();
    assert_eq!(why(&path), "it is larger than 256 MiB");
    fs::remove_file(&path).unwrap();
    std::os::unix::fs::symlink("/dev/zero", &path).unwrap();
    assert_eq!(why(&path), "it is not a regular file");
}

#[test]
fn an_organization_loses_what_older_sandboxes_planted_and_keeps_what_somebody_changed() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("sandbox.json");
    let integration = |role: &str| IntegrationSeed {
        name: format!("Lambda through {role}"),
        role: format!("arn:aws:iam::111122223333:role/{role}").parse().unwrap(),
        functions: vec![FUNCTION.parse().unwrap()],
    };
    let mut planted = seed();
    planted.genesys = Some(GenesysSeed {
        credentials: None,
        organization_id: "2f9c1c5e-0b6c-4a8e-9d51-7f0e3c2b1a90".to_owned(),
        account: "765628985471".parse().unwrap(),
        integrations: vec![integration("Planted"), integration("Renamed")],
    });
    Sandbox::open(&path, &planted).unwrap();
    let state = fs::read_to_string(&path).unwrap().replace("Lambda through Renamed", "By hand");
    fs::write(&path, state).unwrap();
    if let Some(genesys) = &mut planted.genesys {
        genesys.integrations.clear();
    }
    let sandbox = Sandbox::open(&path, &planted).unwrap();
    assert_eq!(sandbox.genesys_counts(), (1, 1, 1));
    drop(sandbox);
    assert!(!fs::read_to_string(&path).unwrap().contains("Planted"));
}
