//! Genesys Cloud's SDK for JavaScript, if the machine has Node.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use super::{Run, clean_environment, packages};

const PACKAGE: &str = "purecloud-platform-client-v2@262.0.0";

/// Path of the SDK; without Node or npm `None`, with the reason on standard error.
pub fn sdk() -> Option<&'static Path> {
    static FOLDER: OnceLock<Option<PathBuf>> = OnceLock::new();
    FOLDER.get_or_init(|| packages::node("node", &[PACKAGE])).as_deref()
}

/// Runs a script with the SDK as `sdk`, its `integrations` API for the endpoint, and `assert`.
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
