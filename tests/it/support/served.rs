//! `sandbox serve`, used by boto3 and the binary.

use std::process::Stdio;

use super::python::{boto3, genesys_sdk};
use super::{BOTH_ENDS, Project, Run, Server};

/// Serves the sandbox for the project's spec.
pub fn serve(project: &Project, args: &[&str]) -> Server {
    let args = [&["sandbox", "serve", "--listen", "127.0.0.1:0"], args].concat();
    Server::start(project.command(&args).stderr(Stdio::null()))
}

/// A project whose AWS is a served sandbox.
pub struct Served {
    pub project: Project,
    pub server: Server,
}

impl Served {
    pub fn new(args: &[&str]) -> Self {
        let project = Project::example();
        let server = serve(&project, args);
        let project = project.aws(&server.endpoint, "111122223333", "x");
        Self { project, server }
    }

    pub fn boto3_as(&self, account: &str, script: &str) -> Run {
        boto3(&self.project.path(""), &self.server.endpoint, account, "x", script)
    }

    #[track_caller]
    pub fn boto3(&self, script: &str) {
        self.boto3_as("111122223333", script).expect(0);
    }

    pub fn run(&self, args: &[&str]) -> Run {
        self.project.run(args)
    }
}

/// For boto3 scripts: `refused(code, call, …)` runs a call that must fail with this code.
pub const REFUSED: &str = "
def refused(code, call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        assert error.response['Error']['Code'] == code, error
        assert error.response['ResponseMetadata']['RequestId'], error
        return error.response['Error']['Message']
    raise SystemExit(f'{code} was expected')
";

/// Both ends: AWS and Genesys Cloud are a served sandbox, with Genesys's own SDK as another client.
pub struct BothEnds(pub Served);

impl BothEnds {
    /// The example with `more` in its last table.
    pub fn new(more: &str) -> Self {
        let served = Served::new(&[]);
        let both = Self(served);
        both.write(&format!("{BOTH_ENDS}\n{more}\n"));
        let Served { project, server } = both.0;
        let project = project
            .env("GENESYSCLOUD_OAUTHCLIENT_ID", "id")
            .env("GENESYSCLOUD_OAUTHCLIENT_SECRET", "secret")
            .env("GENESYSCLOUD_ENDPOINT_URL", &server.endpoint);
        Self(Served { project, server })
    }

    /// Another spec, for the same endpoint.
    pub fn write(&self, spec: &str) {
        let url = format!("[genesys]\nendpoint_url = \"{}\"", self.0.server.endpoint);
        self.0.project.write_spec(&spec.replacen("[genesys]", &url, 1));
    }

    #[track_caller]
    pub fn sdk(&self, script: &str) {
        genesys_sdk(&self.0.project.path(""), &self.0.server.endpoint, script).expect(0);
    }

    pub fn run(&self, args: &[&str]) -> Run {
        self.0.run(args)
    }
}
