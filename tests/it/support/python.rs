//! Third-party servers and clients in Python.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use super::{Run, Server, clean_environment, packages};

const PACKAGES: [&str; 3] =
    ["moto[server]==5.2.1", "ministack==1.5.33", "PureCloudPlatformClientV2==269.0.0"];

/// Validators of third-party formats, and GitHub's own Markdown parser.
const VALIDATORS: [&str; 2] = ["check-jsonschema==0.39.0", "cmarkgfm==2025.10.22"];

/// A Python with moto, ministack, boto3 and Genesys Cloud's SDK.
fn python() -> &'static Path {
    static PYTHON: OnceLock<PathBuf> = OnceLock::new();
    PYTHON.get_or_init(|| packages::python("python", &PACKAGES).join("python3"))
}

/// Runs a script with the given standard input, in the tools' environment.
pub fn tools(script: &str, input: &str) -> Run {
    static PYTHON: OnceLock<PathBuf> = OnceLock::new();
    let python = PYTHON.get_or_init(|| packages::python("validators", &VALIDATORS).join("python3"));
    let mut command = Command::new(python);
    command.args(["-c", script]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), input.as_bytes()).unwrap();
    Run::from(child.wait_with_output().unwrap())
}

/// moto 5, another stand-in for AWS: it does not enforce trust policies.
pub fn moto(home: &Path) -> Server {
    let script = "
import sys
from werkzeug.serving import make_server
from moto.server import DomainDispatcherApplication, create_backend_app
server = make_server('127.0.0.1', 0, DomainDispatcherApplication(create_backend_app), threaded=True)
print(f'http://127.0.0.1:{server.server_port}', flush=True)
server.serve_forever()
";
    let mut command = Command::new(python());
    command.args(["-c", script]).stderr(Stdio::null()).stdin(Stdio::null());
    clean_environment(&mut command, home);
    command.env("MOTO_ACCOUNT_ID", "111122223333");
    Server::start(&mut command)
}

/// An HTTPS server that refuses everything in AWS's words, with a certificate from its own authority: returns the
/// endpoint and the authority's certificate.
pub fn https(home: &Path) -> (Server, PathBuf) {
    let script = "
import datetime, http.server, ipaddress, ssl, sys
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
def name(text): return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])
def certificate(subject, key, issuer, signer, extensions):
    now = datetime.datetime.now(datetime.timezone.utc)
    builder = x509.CertificateBuilder().subject_name(name(subject)).issuer_name(name(issuer)).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(now - datetime.timedelta(days=1)).not_valid_after(now + datetime.timedelta(days=2))
    for extension, critical in extensions: builder = builder.add_extension(extension, critical)
    return builder.sign(signer, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
authority, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
ca = certificate('CA', authority, 'CA', authority, [(x509.BasicConstraints(True, None), True)])
names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address('127.0.0.1'))])
own = certificate('server', key, 'CA', authority, [(names, False), (x509.BasicConstraints(False, None), True)])
pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
open('ca.pem', 'wb').write(ca)
open('server.pem', 'wb').write(own + pem)
class Refuses(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers.get('content-length', 0)))
        body = b'<ErrorResponse><Error><Code>AccessDenied</Code><Message>reached</Message></Error></ErrorResponse>'
        self.send_response(403)
        self.send_header('content-length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    do_GET = do_POST
server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Refuses)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain('server.pem')
server.socket = context.wrap_socket(server.socket, server_side=True)
print(f'http://127.0.0.1:{server.server_port}', flush=True)
server.serve_forever()
";
    let mut command = Command::new(python());
    command.args(["-c", script]).current_dir(home).stderr(Stdio::null()).stdin(Stdio::null());
    clean_environment(&mut command, home);
    let mut server = Server::start(&mut command);
    server.endpoint = server.endpoint.replacen("http:", "https:", 1);
    (server, home.join("ca.pem"))
}

/// Runs a script with boto3 clients `iam`, `sts` and `awslambda` for the endpoint.
pub fn boto3(home: &Path, endpoint: &str, access_key: &str, secret: &str, script: &str) -> Run {
    let prelude = "
import json, io, zipfile, boto3
from botocore.exceptions import ClientError
iam, sts, awslambda = (boto3.client(name) for name in ('iam', 'sts', 'lambda'))
ROLE = 'GenesysDataActionRole'
POLICY = 'GenesysLambdaInvokePolicy_GenesysDataActionRole'
POLICY_ARN = 'arn:aws:iam::111122223333:policy/' + POLICY
FUNCTION = 'my-genesys-trigger-function'
def trust(principal='arn:aws:iam::111122223333:root', condition=None):
    statement = {'Effect': 'Allow', 'Principal': {'AWS': principal}, 'Action': 'sts:AssumeRole'}
    if condition: statement['Condition'] = condition
    return json.dumps({'Version': '2012-10-17', 'Statement': [statement]})
def permissions(action, resource):
    return json.dumps({'Version': '2012-10-17', 'Statement': {'Effect': 'Allow', 'Action': action, 'Resource': resource}})
def archive():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, 'w') as file: file.writestr('f.py', 'def handler(event, context): return {}')
    return buffer.getvalue()
";
    let mut command = Command::new(python());
    command.arg("-c").arg(format!("{prelude}\n{script}")).stdin(Stdio::null());
    clean_environment(&mut command, home);
    command
        .env("AWS_ENDPOINT_URL", endpoint)
        .env("AWS_ACCESS_KEY_ID", access_key)
        .env("AWS_SECRET_ACCESS_KEY", secret)
        .env("AWS_DEFAULT_REGION", "us-east-1");
    Run::from(command.output().unwrap())
}

/// Runs a script with Genesys Cloud's own SDK as `sdk`, its APIs `integrations` and `organizations` for the endpoint.
pub fn genesys_sdk(home: &Path, endpoint: &str, script: &str) -> Run {
    let prelude = "
import os, json
import PureCloudPlatformClientV2 as sdk
sdk.configuration.host = os.environ['ENDPOINT']
client = sdk.api_client.ApiClient(host=os.environ['ENDPOINT']).get_client_credentials_token('id', 'secret')
integrations = sdk.IntegrationsApi(client)
organizations = sdk.OrganizationApi(client)
";
    let mut command = Command::new(python());
    command.arg("-c").arg(format!("{prelude}\n{script}")).stdin(Stdio::null());
    clean_environment(&mut command, home);
    command.env("ENDPOINT", endpoint);
    Run::from(command.output().unwrap())
}

/// Whether texts, TOML or JSON, match a JSON Schema, according to Python's reference validator. Schemas refer to each
/// other by their file names in `docs`.
pub fn fits_schema(schema: &str, texts: &[&str]) -> Vec<bool> {
    faults_by_schema(schema, texts).iter().map(Option::is_none).collect()
}

/// The same, with the first fault of each text.
pub fn faults_by_schema(schema: &str, texts: &[&str]) -> Vec<Option<String>> {
    let script = "
import json, sys, tomllib
from jsonschema import Draft202012Validator
schema, texts = json.load(sys.stdin)
Draft202012Validator.check_schema(schema)
# No registry: a schema stands on its own.
validator = Draft202012Validator(schema)
read = lambda text: json.loads(text) if text.lstrip().startswith('{') else tomllib.loads(text)
def fault(text):
    error = next(validator.iter_errors(read(text)), None)
    while error and error.context: error = max(error.context, key=lambda one: len(one.absolute_path))
    return error and f'{error.json_path}: {error.message}'
print(json.dumps([fault(text) for text in texts]))
";
    let schema: serde_json::Value = serde_json::from_str(schema).unwrap();
    let input = serde_json::json!([schema, texts]);
    let mut command = Command::new(python());
    command.args(["-c", script]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), input.to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).unwrap()
}

/// ministack 1.5 with `AUTH=true`: it enforces trust policies. A 12-digit access key is an account's root.
pub fn ministack(home: &Path) -> Server {
    let script = "
import asyncio, os, socket
from hypercorn.asyncio import serve
from hypercorn.config import Config
listener = socket.socket(); listener.bind(('127.0.0.1', 0)); listener.listen(64)
port = listener.getsockname()[1]
os.environ['GATEWAY_PORT'] = str(port)
from ministack.app import app
config = Config(); config.bind = [f'fd://{listener.fileno()}']
print(f'http://127.0.0.1:{port}', flush=True)
asyncio.run(serve(app, config))
";
    let mut command = Command::new(python());
    command.args(["-c", script]).stderr(Stdio::null()).stdin(Stdio::null()).current_dir(home);
    clean_environment(&mut command, home);
    command.env("AUTH", "true").env("BIND_HOST", "127.0.0.1");
    Server::start(&mut command)
}
