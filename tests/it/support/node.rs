//! Genesys Cloud's SDK for JavaScript, installed into `target/` on first use, where the machine has Node.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use super::{Run, clean_environment};

const PACKAGE: &str = "purecloud-platform-client-v2@262.0.0";

/// Where the SDK is; `None`, and why on standard error, where Node or npm is missing.
pub fn sdk() -> Option<&'static Path> {
    static FOLDER: OnceLock<Option<PathBuf>> = OnceLock::new();
    FOLDER.get_or_init(install).as_deref()
}

fn install() -> Option<PathBuf> {
    for tool in ["node", "npm"] {
        if Command::new(tool).arg("--version").stdin(Stdio::null()).output().is_err() {
            let _ = writeln!(std::io::stderr(), "skipped: this machine has no `{tool}`");
            return None;
        }
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("node");
    fs::create_dir_all(&folder).unwrap();
    // Test processes may run at the same time: one installs, the others wait.
    let lock = File::create(folder.join("lock")).unwrap();
    lock.lock().unwrap();
    let stamp = folder.join("installed");
    if fs::read_to_string(&stamp).ok().as_deref() != Some(PACKAGE) {
        let mut npm = Command::new("npm");
        npm.args(["install", "--no-audit", "--no-fund", "--ignore-scripts", "--silent", "--prefix"]);
        let status = npm.arg(&folder).arg(PACKAGE).stdin(Stdio::null()).status().unwrap();
        assert!(status.success(), "{npm:?}: {status}");
        fs::write(&stamp, PACKAGE).unwrap();
    }
    Some(folder)
}

/// Runs a script with the SDK as `sdk`, its `integrations` API at the endpoint, and `assert`.
pub fn genesys_sdk(sdk: &Path, home: &Path, endpoint: &str, script: &str) -> Run {
    let prelude = "
const assert = require('node:assert').strict;
const sdk = require('purecloud-platform-client-v2');
const { hostname, port } = new URL(process.env.ENDPOINT);
sdk.ApiClient.instance.setGateway({ protocol: 'http', host: hostname, port: Number(port) });
const integrations = new sdk.IntegrationsApi();
";
    let login = "await sdk.ApiClient.instance.loginClientCredentialsGrant('id', 'secret');";
    let fail =
        "error => { console.error(error.stack ?? JSON.stringify(error.body ?? error)); process.exit(1); }";
    let mut command = Command::new("node");
    command
        .arg("-e")
        .arg(format!("{prelude}(async () => {{ {login}\n{script}\n}})().catch({fail});"))
        .stdin(Stdio::null());
    clean_environment(&mut command, home);
    command.env("NODE_PATH", sdk.join("node_modules")).env("ENDPOINT", endpoint);
    Run::of(&mut command)
}
