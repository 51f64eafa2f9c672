//! Shared by the tests that run the binary.

pub mod args;
pub mod browser;
pub mod http_stub;
pub mod node;
pub mod packages;
pub mod python;
pub mod served;
#[cfg(unix)]
pub mod terminal;
pub mod tools;
pub mod wire;
pub mod world;

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

pub const EXAMPLE: &str = include_str!("../../data/aws-only.toml");
/// With Genesys Cloud's side.
pub const BOTH_ENDS: &str = include_str!("../../../examples/genesys.toml");
pub const ROLE: &str = "GenesysDataActionRole";
pub const POLICY_ARN: &str =
    "arn:aws:iam::111122223333:policy/GenesysLambdaInvokePolicy_GenesysDataActionRole";

/// Lines of the example, for `example_with`.
pub const LITERAL_ID: &str = "external_id = \"2f9c1c5e-0b6c-4a8e-9d51-7f0e3c2b1a90\"";
pub const MASKED_ID: &str = "external_id = { env = \"GENESYS_EXTERNAL_ID\" }";
pub const FUNCTIONS: &str = "functions = [\"my-genesys-trigger-function\"]";

/// Far beyond what any run takes, on any machine.
const LONGEST_RUN: Duration = Duration::from_secs(600);

/// The example with one line changed.
pub fn example_with(from: &str, to: &str) -> String {
    assert!(EXAMPLE.contains(from), "the example has no {from:?}");
    EXAMPLE.replacen(from, to, 1)
}

/// Changes the role in the sandbox's state file, behind the tool's back.
/// A saved plan with the digest that its content has now.
pub fn resealed(text: &str) -> String {
    use sha2::{Digest as _, Sha256};
    let Ok(mut value) = serde_json::from_str::<serde_json::Value>(text) else { return text.to_owned() };
    if value.as_object_mut().and_then(|members| members.remove("digest")).is_some() {
        let digest = Sha256::digest(value.to_string());
        let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        value["digest"] = format!("sha256:{hex}").into();
    }
    value.to_string()
}

pub fn by_hand(project: &Project, change: impl FnOnce(&mut serde_json::Value)) {
    let path = project.path(".genesys-iam/sandbox.json");
    let mut state: serde_json::Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    change(&mut state["accounts"]["111122223333"]["roles"][ROLE]);
    fs::write(&path, state.to_string()).unwrap();
}

/// A separate folder with a `genesys.toml`, in which the binary runs.
pub struct Project {
    dir: tempfile::TempDir,
    env: Vec<(String, String)>,
}

/// The result of running the binary.
pub struct Run {
    pub status: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Project {
    pub fn new(spec: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("genesys.toml"), spec).unwrap();
        Self { dir, env: Vec::new() }
    }

    /// A folder without a spec.
    pub fn empty() -> Self {
        Self { dir: tempfile::tempdir().unwrap(), env: Vec::new() }
    }

    pub fn example() -> Self {
        Self::new(EXAMPLE)
    }

    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.env.retain(|(known, _)| known != name);
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Credentials and endpoint of a stand-in for AWS.
    #[must_use]
    pub fn aws(self, endpoint: &str, access_key: &str, secret: &str) -> Self {
        self.env("AWS_ENDPOINT_URL", endpoint)
            .env("AWS_ACCESS_KEY_ID", access_key)
            .env("AWS_SECRET_ACCESS_KEY", secret)
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn write_spec(&self, spec: &str) {
        fs::write(self.path("genesys.toml"), spec).unwrap();
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_genesys-iam"));
        command.args(args).current_dir(self.dir.path()).stdin(Stdio::null());
        clean_environment(&mut command, self.dir.path());
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        command
    }

    pub fn run(&self, args: &[&str]) -> Run {
        Run::of(&mut self.command(args))
    }

    /// Runs in the sandbox, without the note that says so.
    pub fn sandbox(&self, args: &[&str]) -> Run {
        let mut run = self.run(&[&["--sandbox"], args].concat());
        let note = "note: in the sandbox: an embedded stand-in for AWS and Genesys Cloud, state in .genesys-iam/sandbox.json\n";
        run.stderr = run.stderr.replacen(note, "", 1);
        run
    }
}

impl From<Output> for Run {
    fn from(output: Output) -> Self {
        let Output { status, stdout, stderr } = output;
        Self {
            status: status.code().unwrap_or(-1),
            stdout: String::from_utf8(stdout).unwrap(),
            stderr: String::from_utf8(stderr).unwrap(),
        }
    }
}

impl Run {
    /// Runs the command to its end. One that does not end is killed: it must not hold up all other tests.
    pub fn of(command: &mut Command) -> Self {
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let id = child.id().to_string();
        let (ended, end) = mpsc::channel::<()>();
        let watch = thread::spawn(move || {
            if end.recv_timeout(LONGEST_RUN) == Err(RecvTimeoutError::Timeout) {
                let _ = Command::new("kill").args(["-KILL", &id]).status();
            }
        });
        let run = Self::from(child.wait_with_output().unwrap());
        drop(ended);
        watch.join().unwrap();
        run
    }

    /// Everything that a user sees, for snapshots.
    pub fn transcript(&self) -> String {
        let Self { status, stdout, stderr } = self;
        format!("exit status {status}\n--- stdout\n{stdout}--- stderr\n{stderr}")
    }

    #[track_caller]
    pub fn expect(&self, status: i32) -> &Self {
        assert_eq!(self.status, status, "{}", self.transcript());
        self
    }

    #[track_caller]
    pub fn says(&self, text: &str) -> &Self {
        assert!(
            self.stdout.contains(text) || self.stderr.contains(text),
            "no {text:?} in\n{}",
            self.transcript()
        );
        self
    }

    #[track_caller]
    pub fn says_not(&self, text: &str) -> &Self {
        assert!(
            !self.stdout.contains(text) && !self.stderr.contains(text),
            "{text:?} in\n{}",
            self.transcript()
        );
        self
    }
}

/// The machine's AWS set-up must not reach a test, and a test must not reach the network.
fn clean_environment(command: &mut Command, home: &Path) {
    let keep = ["PATH", "LD_LIBRARY_PATH", "SYSTEMROOT", "LLVM_PROFILE_FILE"];
    command.env_clear().envs(std::env::vars().filter(|(name, _)| keep.contains(&name.as_str())));
    command.env("HOME", home).env("AWS_EC2_METADATA_DISABLED", "true").env("NO_PROXY", "127.0.0.1");
}

/// A server that ends with its owner.
pub struct Server {
    child: Child,
    pub endpoint: String,
}

impl Server {
    /// Starts a command that prints a line containing its endpoint, `http://127.0.0.1:PORT`.
    pub fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        let endpoint = loop {
            line.clear();
            assert_ne!(lines.read_line(&mut line).unwrap(), 0, "the server ended before it listened");
            if let Some(start) = line.find("http://127.0.0.1:") {
                let end = line[start..].find(char::is_whitespace).map_or(line.len(), |end| start + end);
                break line[start..end].trim_end_matches('/').to_owned();
            }
        };
        // The pipe is drained: a full one would stop the server.
        thread::spawn(move || std::io::copy(&mut lines, &mut std::io::sink()));
        Self { child, endpoint }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
