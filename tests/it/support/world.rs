//! Specs from text, and a sandbox behind a wire, driven by the commands' own code.

use std::sync::{Arc, Mutex};

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use genesys_iam::aws::{self, Clients, Transport};
use genesys_iam::sandbox::{self, Sandbox};
use genesys_iam::spec::{self, EmptyEnvironment, Spec};
use jiff::Timestamp;

use super::wire::{Endpoint, Wire};

pub const ACCOUNT: &str = "111122223333";
pub const GENESYS: &str = "765628985471";
pub const ID: &str = "2f9c1c5e-0b6c-4a8e-9d51-7f0e3c2b1a90";
pub const OTHER_ID: &str = "0b1c2d3e-0b6c-4a8e-9d51-7f0e3c2b1a90";

/// A spec with one role; `more` are further lines of it.
pub fn spec_text(role: &str, functions: &[&str], id: &str, more: &str) -> String {
    let functions: Vec<String> = functions.iter().map(|name| format!("{name:?}")).collect();
    format!(
        "name = \"test\"\n[aws]\nregion = \"us-east-1\"\naccount_id = \"{ACCOUNT}\"\n\
         [genesys]\naccount_id = \"{GENESYS}\"\nexternal_id = \"{id}\"\n\
         [[role]]\nname = \"{role}\"\nfunctions = [{}]\n{more}\n",
        functions.join(", ")
    )
}

pub fn spec_of(role: &str, functions: &[&str], id: &str, more: &str) -> Spec {
    let (spec, faults) = spec::parse(&spec_text(role, functions, id, more), "test", &EmptyEnvironment);
    spec.unwrap_or_else(|| panic!("{faults:?}"))
}

/// What a sandbox starts with, including a manually created integration for each role.
pub fn seed_with_integrations(spec: &Spec) -> sandbox::Seed {
    let mut seed = genesys_iam::commands::loading::seed(spec);
    if let Some(genesys) = &mut seed.genesys {
        let integration = |role: &spec::RoleSpec| sandbox::IntegrationSeed {
            name: format!("Lambda through {}", role.name),
            role: genesys_iam::arn::Arn::role(
                &spec.aws.partition,
                &spec.aws.account_id,
                &role.path,
                &role.name,
            ),
            functions: role.functions.iter().map(|function| function.arn.clone()).collect(),
        };
        genesys.integrations = spec.roles.iter().map(integration).collect();
    }
    seed
}

/// The sandbox on the wire; keeps a copy of its state after each write.
pub struct World {
    pub sandbox: Mutex<Sandbox>,
    pub states: Mutex<Vec<Sandbox>>,
}

/// All runs happen at the same moment, so that equal histories give equal states.
const NOW: Timestamp = Timestamp::constant(1_790_000_000, 0);

impl Endpoint for World {
    fn answer(&self, request: &http::Request<Vec<u8>>) -> http::Response<Vec<u8>> {
        self.sandbox.lock().unwrap().handle(request, NOW)
    }

    fn written(&self) {
        let copy = self.sandbox.lock().unwrap().copy();
        self.states.lock().unwrap().push(copy);
    }
}

impl World {
    pub fn new(sandbox: Sandbox) -> Arc<Self> {
        Arc::new(Self { sandbox: Mutex::new(sandbox), states: Mutex::default() })
    }

    /// A call to IAM by an administrator: whether it was carried out, and the answer. It is not counted as a write.
    pub fn by_hand(&self, action: &str, params: &[(&str, &str)]) -> (bool, String) {
        let credential = format!("{ACCOUNT}/20260101/us-east-1/iam/aws4_request");
        let request = http::Request::post("/").header(
            "authorization",
            format!("AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=0"),
        );
        let body = form_urlencoded::Serializer::new(String::new())
            .append_pair("Action", action)
            .extend_pairs(params)
            .finish();
        let answer = self.sandbox.lock().unwrap().handle(&request.body(body.into_bytes()).unwrap(), NOW);
        (answer.status().is_success(), String::from_utf8(answer.into_body()).unwrap())
    }

    pub fn copy(&self) -> Sandbox {
        self.sandbox.lock().unwrap().copy()
    }
}

/// Clients for an administrator of the spec's account.
pub async fn connect(spec: &Spec, wire: &Wire) -> Clients {
    connect_as(spec, wire, sandbox::credentials(&spec.aws.account_id)).await
}

pub async fn connect_as(spec: &Spec, wire: &Wire, credentials: Credentials) -> Clients {
    connect_with(spec, wire, SharedCredentialsProvider::new(credentials)).await
}

pub async fn connect_with(spec: &Spec, wire: &Wire, credentials: SharedCredentialsProvider) -> Clients {
    let transport = Transport::InProcess { http_client: wire.http_client(), credentials };
    aws::connect(&spec.aws, transport).await.unwrap()
}

/// Clients without faults.
pub async fn clean(world: &Arc<World>, spec: &Spec) -> Clients {
    connect(spec, &Wire::new(Arc::clone(world) as _, None)).await
}

/// A runtime whose clock only advances while waiting.
pub fn virtual_time() -> tokio::runtime::Runtime {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().start_paused(true).build().unwrap()
}

/// A spec with this many roles, each with its own function.
pub fn fleet_of(roles: usize, id: &str) -> Spec {
    let (spec, faults) = spec::parse(&fleet_text(roles, id), "test", &EmptyEnvironment);
    spec.unwrap_or_else(|| panic!("{faults:?}"))
}

pub fn fleet_text(roles: usize, id: &str) -> String {
    let mut text = spec_text("R0", &["f0"], id, "tags = { team = \"t\" }");
    for n in 1..roles {
        text.push_str(&format!(
            "[[role]]\nname = \"R{n}\"\nfunctions = [\"f{n}\"]\ntags = {{ team = \"t\" }}\n"
        ));
    }
    text
}
