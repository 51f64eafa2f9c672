//! What goes wrong between this tool and AWS, with its cause and the next step.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_sts::operation::assume_role::AssumeRoleError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::{ConnectorError, SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::request_id::RequestId;

use crate::aws::client::bound::OtherAccount;
use crate::aws::error_text::{describe, error_chain, in_one_line, refusal};
use crate::explain::{Explain, Status};
use crate::policy::ParseError;

/// The cause of an error, as the SDK gave it.
pub(crate) type BoxError = Box<dyn Error + Send + Sync + 'static>;

const CHECK_NETWORK: &str = "check the network, a proxy (`HTTPS_PROXY`), and the endpoint: `--aws-endpoint-url`, \
                             `endpoint_url` in the spec or profile, `AWS_ENDPOINT_URL`";
const GIVE_CREDENTIALS: &str = "give credentials: a profile that exists in `~/.aws` (`AWS_PROFILE`, `profile` in the \
                                spec, or `--profile` of `import` and `diagnose`), or `AWS_ACCESS_KEY_ID` and \
                                `AWS_SECRET_ACCESS_KEY`. To try it without any, add `--sandbox`";

/// A failed call to AWS: what was called, on what, and why.
///
/// `Display` is one line, and usually a second, indented, with AWS's own words. It shows the whole chain of causes;
/// [`Error::source`] has them as values.
#[derive(Debug)]
pub struct AwsError {
    /// `iam:CreateRole`
    pub operation: String,
    /// ``role `X` ``; empty if the call has no particular subject.
    pub subject: String,
    /// Boxed to keep results small.
    pub kind: Box<AwsErrorKind>,
    /// What was found out about the cause.
    found: Option<Box<str>>,
}

/// Why a call failed.
#[derive(Debug)]
pub enum AwsErrorKind {
    /// AWS answered with an error of its own.
    Service {
        code: String,
        message: String,
        status: u16,
        request_id: Option<String>,
        /// The `Retry-After` header.
        retry_after: Option<Duration>,
    },
    /// No usable credentials: none found, expired, not logged in, or the spec's role cannot be assumed.
    Credentials(BoxError),
    /// No answer in time. The request may still have been carried out.
    Timeout(BoxError),
    /// The endpoint was not reached, or the connection dropped.
    Connect(BoxError),
    /// Not an AWS answer, or incomplete: a proxy's page, half an answer.
    Response { status: Option<u16>, detail: String, source: Option<BoxError> },
    /// The request could not even be made.
    Construction(BoxError),
    /// An unreadable policy document; the subject says which.
    Document(ParseError),
    /// Something in the AWS configuration of this machine.
    Configuration { what: String, help: String },
    /// A profile asks for an MFA code.
    Mfa { profile: String, serial: String, asked: bool },
    /// Answers that contradict each other, as IAM gives them just after a change.
    Contradiction(String),
}

/// `User: arn:aws:sts::… is not authorized to …` without the user.
fn without_user(message: &str) -> &str {
    let rest = message.strip_prefix("User: ").and_then(|rest| rest.split_once(" is "));
    rest.map_or(message, |(_, what)| what)
}

impl AwsError {
    /// An error without an AWS answer.
    pub fn new(operation: &str, subject: impl Into<String>, kind: AwsErrorKind) -> Self {
        Self { operation: operation.to_owned(), subject: subject.into(), kind: Box::new(kind), found: None }
    }

    /// Converts an SDK error: code, message, request ID and the chain of causes.
    pub fn from_sdk<E>(operation: &str, subject: impl Into<String>, error: SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        Self::new(operation, subject, kind_from_sdk(error))
    }

    /// An answer without something that AWS always sends.
    pub fn incomplete(operation: &str, subject: impl Into<String>, missing: &str) -> Self {
        let detail = format!("the answer has no {missing}");
        Self::new(operation, subject, AwsErrorKind::Response { status: None, detail, source: None })
    }

    /// Adds what was found out about the cause.
    #[must_use]
    pub fn because(self, found: &str) -> Self {
        Self { found: Some(found.into()), ..self }
    }

    /// The MFA device that must supply a code.
    pub fn mfa_serial(&self) -> Option<&str> {
        match self.kind.as_ref() {
            AwsErrorKind::Mfa { serial, .. } => Some(serial),
            _ => None,
        }
    }

    /// The code was asked for, and nobody gave one.
    #[must_use]
    pub fn unanswered(mut self) -> Self {
        if let AwsErrorKind::Mfa { asked, .. } = self.kind.as_mut() {
            *asked = true;
        }
        self
    }

    /// AWS's error code, if AWS answered.
    pub fn code(&self) -> Option<&str> {
        match self.kind.as_ref() {
            AwsErrorKind::Service { code, .. } => Some(code),
            _ => None,
        }
    }

    /// AWS's own message, if AWS answered.
    pub fn message(&self) -> Option<&str> {
        match self.kind.as_ref() {
            AwsErrorKind::Service { message, .. } => Some(message),
            _ => None,
        }
    }

    /// AWS's code and message, or why AWS did not answer, in one line.
    ///
    /// Whom AWS refused is left out: a saved plan says the same to whoever applies it.
    pub fn brief(&self) -> String {
        match (self.code(), self.message()) {
            (Some(code), Some(message)) => format!("{code}: {}", without_user(message)),
            _ => self.to_string().lines().map(str::trim).collect::<Vec<_>>().join(": "),
        }
    }

    pub fn is_not_found(&self) -> bool {
        matches!(self.code(), Some("NoSuchEntity" | "NoSuchEntityException" | "ResourceNotFoundException"))
    }

    pub fn is_access_denied(&self) -> bool {
        self.code().is_some_and(is_access_denied)
    }

    pub fn is_throttled(&self) -> bool {
        self.code().is_some_and(is_throttling)
    }

    /// How long AWS asks to wait.
    pub fn retry_after(&self) -> Option<Duration> {
        match self.kind.as_ref() {
            AwsErrorKind::Service { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// Whether the request may still have been carried out: the answer was lost, or is AWS's own failure.
    pub fn may_have_been_done(&self) -> bool {
        match self.kind.as_ref() {
            AwsErrorKind::Service { status, .. } => *status >= 500,
            AwsErrorKind::Timeout(_) | AwsErrorKind::Connect(_) | AwsErrorKind::Response { .. } => true,
            AwsErrorKind::Credentials(_)
            | AwsErrorKind::Configuration { .. }
            | AwsErrorKind::Mfa { .. }
            | AwsErrorKind::Construction(_)
            | AwsErrorKind::Document(_)
            | AwsErrorKind::Contradiction(_) => false,
        }
    }

    /// The next step, in one line, if there is one.
    pub fn help(&self) -> Option<String> {
        let help = match self.kind.as_ref() {
            AwsErrorKind::Service { code, message, .. } => return self.help_for_code(code, message),
            AwsErrorKind::Credentials(cause) => return Some(help_for_credentials(cause.as_ref())),
            AwsErrorKind::Timeout(_) => {
                "check the network, a proxy (`HTTPS_PROXY`) and the region, then run it again"
            }
            AwsErrorKind::Connect(_) => CHECK_NETWORK,
            AwsErrorKind::Response { .. } => {
                "something other than AWS may have answered: check a proxy (`HTTPS_PROXY`) and the endpoint \
                 (`endpoint_url`, `AWS_ENDPOINT_URL`)"
            }
            AwsErrorKind::Document(_) => {
                "look at the document in the IAM console; this tool does not go on without having understood it"
            }
            AwsErrorKind::Contradiction(_) => "it may have been changed in the meantime: run it again",
            AwsErrorKind::Configuration { help, .. } => help,
            AwsErrorKind::Mfa { serial, asked, .. } => {
                let first = match asked {
                    true => "run it again and type the code",
                    false => "run it on a terminal, which asks for the code",
                };
                return Some(format!(
                    "{first}, or get a session first: `aws sts get-session-token --serial-number {serial} --token-code CODE`"
                ));
            }
            AwsErrorKind::Construction(_) => return None,
        };
        Some(help.to_owned())
    }

    fn help_for_code(&self, code: &str, message: &str) -> Option<String> {
        let help = match code {
            _ if is_access_denied(code) => return Some(self.help_for_denial(message)),
            "ExpiredToken" | "ExpiredTokenException" | "RequestExpired" => {
                "the credentials have expired: renew them (for a profile with SSO: `aws sso login`)"
            }
            "InvalidClientTokenId" | "UnrecognizedClientException" | "InvalidAccessKeyId" => {
                "AWS does not know this access key here: check `AWS_ACCESS_KEY_ID`, `AWS_SESSION_TOKEN` and the profile, \
                 that the key is active and of this partition, and that the region is enabled for the account"
            }
            "SignatureDoesNotMatch" | "IncompleteSignature" | "InvalidSignatureException" => {
                "check the secret access key, and that this machine's clock is right"
            }
            "RequestTimeTooSkewed" => "set this machine's clock: it differs too much from AWS's",
            "MissingAuthenticationToken" | "MissingAuthenticationTokenException" => {
                "the request carried no usable credentials: check `AWS_SESSION_TOKEN` and the profile"
            }
            "OptInRequired" => "the account is not enabled for this region or service",
            "RegionDisabledException" => {
                "the region is not enabled for this account, or STS is not activated in it: enable it under AWS \
                 Regions of the account, or STS in the account settings of IAM"
            }
            _ if is_throttling(code) => {
                "too many requests in this account: wait a minute and run it again; `AWS_MAX_ATTEMPTS` raises \
                 the number of tries"
            }
            "LimitExceeded" | "LimitExceededException" => {
                "a quota of the account is used up: `aws iam get-account-summary` shows quotas and use"
            }
            "MalformedPolicyDocument" | "MalformedPolicyDocumentException" => {
                "AWS refuses the policy document: check that the account, principals and ARNs in the spec \
                 exist and belong to this partition"
            }
            "EntityAlreadyExists" | "EntityAlreadyExistsException" => {
                "it was created in the meantime, or exists under another path or with different case: run `genesys-iam plan` again"
            }
            "DeleteConflict" | "DeleteConflictException" => {
                "something still uses it: run `genesys-iam plan` again, and detach what it does not list"
            }
            "ConcurrentModification" | "ConcurrentModificationException" => {
                "someone else changes the same thing just now: run `genesys-iam plan` again in a minute"
            }
            "NoSuchEntity" | "NoSuchEntityException" => {
                "it was deleted in the meantime, or is not yet visible: run `genesys-iam plan` again"
            }
            "ResourceNotFoundException" => "check the function's name, alias or version, and the region",
            "UnmodifiableEntity" | "UnmodifiableEntityException" => {
                "it belongs to an AWS service; only that service can change it"
            }
            "ServiceFailure" | "ServiceFailureException" | "InternalFailure" | "ServiceUnavailable" => {
                "a fault on AWS's side: run it again in a minute"
            }
            _ => {
                "run it again with `-v`: each call is shown with its request ID, by which AWS Support can find it"
            }
        };
        Some(help.to_owned())
    }

    /// AWS says which kind of policy denies; if so, the solution differs.
    fn help_for_denial(&self, message: &str) -> String {
        let permission = permission_in(message).unwrap_or(match self.operation.as_str() {
            "lambda:Invoke" => "lambda:InvokeFunction",
            operation => operation,
        });
        let lower = message.to_ascii_lowercase();
        if lower.contains("service control policy") || lower.contains("resource control policy") {
            format!("a policy of the organization denies `{permission}`: ask who administers it")
        } else if lower.contains("permissions boundary") {
            format!("the permissions boundary of the caller does not allow `{permission}`")
        } else if lower.contains("session policy") {
            format!(
                "the policy of the caller's session does not allow `{permission}`: get a session without it"
            )
        } else if lower.contains("explicit deny") {
            format!("a policy denies `{permission}` explicitly: an allow elsewhere does not help")
        } else if permission == "sts:AssumeRole" {
            "the role's trust policy must admit the caller (and its external ID), and the caller's own policies \
             must allow `sts:AssumeRole`; a role that does not exist is refused the same way"
                .to_owned()
        } else {
            format!(
                "the caller needs the permission `{permission}`: attach a policy that allows it, or use another profile"
            )
        }
    }
}

fn is_throttling(code: &str) -> bool {
    matches!(
        code,
        "Throttling"
            | "ThrottlingException"
            | "ThrottledException"
            | "RequestThrottled"
            | "RequestThrottledException"
            | "TooManyRequestsException"
            | "RequestLimitExceeded"
            | "SlowDown"
    )
}

/// The header, in whole seconds.
pub(super) fn retry_after(response: &HttpResponse) -> Option<Duration> {
    response.headers().get("retry-after")?.trim().parse().ok().map(Duration::from_secs)
}

fn is_access_denied(code: &str) -> bool {
    matches!(
        code,
        "AccessDenied"
            | "AccessDeniedException"
            | "UnauthorizedOperation"
            | "UnauthorizedAccess"
            | "UnauthorizedException"
            | "NotAuthorized"
            | "AuthorizationError"
    )
}

/// `iam:CreateRole` in `… is not authorized to perform: iam:CreateRole on resource: …`.
fn permission_in(message: &str) -> Option<&str> {
    let (_, rest) = message.split_once("not authorized to perform: ")?;
    let permission = rest.split_whitespace().next()?;
    permission.contains(':').then_some(permission)
}

fn help_for_credentials(cause: &(dyn Error + 'static)) -> String {
    let text = in_one_line(cause).to_ascii_lowercase();
    let says = |word: &str| text.split(|c: char| !c.is_ascii_alphanumeric()).any(|said| said == word);
    let error = error_chain(cause).find_map(|link| link.downcast_ref::<CredentialsError>());
    let broken = error.is_some_and(|error| error_chain(error).any(|link| link.is::<ConnectorError>()));
    let help = if error_chain(cause).any(|link| link.is::<OtherAccount>()) {
        "give the command credentials that stay those of one account, and run it again: it continues where it stopped"
    } else if let Some((code, message)) = error_chain(cause).find_map(refusal) {
        if message.contains("invalid MFA one time pass code") {
            "the code was refused: a code is good once, for half a minute. Run it again with the next one, and check the \
             clock of the device"
        } else if is_access_denied(code) {
            "the role could not be assumed: its trust policy must admit the base credentials (and the external \
             ID), and those must be allowed `sts:AssumeRole`"
        } else {
            "the role could not be assumed: check the base credentials and `assume_role` in the spec or profile"
        }
    } else if text.contains("imds") {
        GIVE_CREDENTIALS
    } else if error.is_some_and(|error| error_chain(error).skip(1).any(is_not_loaded)) {
        "give what `credential_source` of the profile names: for `Environment`, `AWS_ACCESS_KEY_ID` and \
         `AWS_SECRET_ACCESS_KEY`"
    } else if broken || error_chain(cause).any(|link| link.is::<AssumeRoleError>()) {
        CHECK_NETWORK
    } else if matches!(error, Some(CredentialsError::InvalidConfiguration(_))) {
        "check the profile in `~/.aws/config` and `~/.aws/credentials`"
    } else if says("sso") {
        "log in with `aws sso login`, with `--profile NAME` where the spec or `AWS_PROFILE` names one"
    } else if says("expired") {
        "the credentials have expired: renew them"
    } else if text.contains("external process") {
        "run the program that `credential_process` of the profile names, and see what it says"
    } else {
        GIVE_CREDENTIALS
    };
    help.to_owned()
}

fn is_not_loaded(link: &(dyn Error + 'static)) -> bool {
    matches!(link.downcast_ref(), Some(CredentialsError::CredentialsNotLoaded(_)))
}

fn kind_from_sdk<E>(error: SdkError<E, HttpResponse>) -> AwsErrorKind
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    let request_id = error.request_id().or_else(|| error.meta().request_id()).map(str::to_owned);
    match error {
        SdkError::ServiceError(context) => {
            let status = context.raw().status().as_u16();
            let Some(code) = context.err().code().filter(|code| !code.is_empty()) else {
                let detail = describe(context.raw());
                return AwsErrorKind::Response {
                    status: Some(status),
                    detail,
                    source: Some(context.into_err().into()),
                };
            };
            let message = context.err().message().unwrap_or_default().to_owned();
            let retry_after = retry_after(context.raw());
            AwsErrorKind::Service { code: code.to_owned(), message, status, request_id, retry_after }
        }
        SdkError::ResponseError(context) => AwsErrorKind::Response {
            status: Some(context.raw().status().as_u16()),
            detail: describe(context.raw()),
            source: cause(SdkError::<E, HttpResponse>::ResponseError(context)),
        },
        SdkError::TimeoutError(_) => classify(error, AwsErrorKind::Timeout),
        SdkError::DispatchFailure(ref failure) if failure.is_timeout() => {
            classify(error, AwsErrorKind::Timeout)
        }
        SdkError::DispatchFailure(_) => classify(error, AwsErrorKind::Connect),
        SdkError::ConstructionFailure(_) => classify(error, AwsErrorKind::Construction),
        error => AwsErrorKind::Connect(error.into()),
    }
}

/// The metadata service is asked last, so it is what the SDK complains about where there simply are no credentials.
fn without_metadata(detail: String) -> String {
    if detail.contains("IMDS") {
        tracing::debug!(%detail, "the metadata service gave no credentials");
        "there are none in the environment, in a profile, or for this machine".to_owned()
    } else {
        detail
    }
}

/// Credential failures are wrapped as a failure of whatever needed them.
fn classify<E>(error: SdkError<E, HttpResponse>, otherwise: fn(BoxError) -> AwsErrorKind) -> AwsErrorKind
where
    E: Error + Send + Sync + 'static,
{
    match error.into_source() {
        Ok(cause) if error_chain(cause.as_ref()).any(|link| link.is::<CredentialsError>()) => {
            AwsErrorKind::Credentials(cause)
        }
        Ok(cause) => otherwise(cause),
        Err(error) => otherwise(error.into()),
    }
}

fn cause<E>(error: SdkError<E, HttpResponse>) -> Option<BoxError>
where
    E: Error + Send + Sync + 'static,
{
    error.into_source().ok()
}

impl fmt::Display for AwsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { operation, subject, kind, found } = self;
        f.write_str(operation)?;
        if !subject.is_empty() {
            write!(f, " on {subject}")?;
        }
        let (what, detail) = match kind.as_ref() {
            AwsErrorKind::Service { code, message, status, request_id, retry_after: _ } => {
                let mut detail = if message.is_empty() { format!("HTTP {status}") } else { message.clone() };
                if let Some(id) = request_id {
                    detail += &format!(" (request {id})");
                }
                (code.as_str(), detail)
            }
            AwsErrorKind::Credentials(cause) => {
                ("no usable credentials", without_metadata(in_one_line(cause.as_ref())))
            }
            AwsErrorKind::Configuration { what, help: _ } => (what.as_str(), String::new()),
            AwsErrorKind::Mfa { profile, serial, asked } => (
                if *asked { "no MFA code was given" } else { "a code of an MFA device is needed" },
                format!("the profile `{profile}` asks for a code of `{serial}`"),
            ),
            AwsErrorKind::Timeout(cause) => ("no answer in time", in_one_line(cause.as_ref())),
            AwsErrorKind::Connect(cause) => ("the endpoint cannot be reached", in_one_line(cause.as_ref())),
            AwsErrorKind::Response { status: _, detail, source } => {
                let cause = source.as_deref().map(|source| in_one_line(source)).unwrap_or_default();
                let joint = if cause.is_empty() { "" } else { "\n" };
                ("the answer cannot be read", format!("{detail}{joint}{cause}"))
            }
            AwsErrorKind::Construction(cause) => ("the request cannot be made", in_one_line(cause.as_ref())),
            AwsErrorKind::Document(error) => ("the policy document cannot be read", error.to_string()),
            AwsErrorKind::Contradiction(text) => (text.as_str(), String::new()),
        };
        match kind.as_ref() {
            // It was not called: what is needed before it failed.
            AwsErrorKind::Credentials(_) => write!(f, " was not called: {what}")?,
            _ => write!(f, " failed: {what}")?,
        }
        for line in detail.lines().filter(|line| !line.trim().is_empty()) {
            write!(f, "\n  {}", line.trim_end())?;
        }
        if let Some(found) = found {
            write!(f, "\n  {found}")?;
        }
        Ok(())
    }
}

impl Error for AwsError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self.kind.as_ref() {
            AwsErrorKind::Service { .. }
            | AwsErrorKind::Configuration { .. }
            | AwsErrorKind::Mfa { .. }
            | AwsErrorKind::Contradiction(_) => None,
            AwsErrorKind::Credentials(cause)
            | AwsErrorKind::Timeout(cause)
            | AwsErrorKind::Connect(cause)
            | AwsErrorKind::Construction(cause) => Some(cause.as_ref()),
            AwsErrorKind::Response { source, .. } => source.as_ref().map(|source| source.as_ref() as _),
            AwsErrorKind::Document(error) => Some(error),
        }
    }
}

impl Explain for AwsError {
    fn help(&self) -> Option<String> {
        self.help()
    }

    fn status(&self) -> Status {
        Status::Error
    }

    fn shows_causes(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::testing::answering;
    use aws_sdk_iam::operation::create_role::CreateRoleError;

    const ROLE: &str = "role `GenesysDataActionRole`";

    fn service(operation: &str, code: &str, message: &str) -> AwsError {
        let kind = AwsErrorKind::Service {
            code: code.to_owned(),
            message: message.to_owned(),
            status: 403,
            request_id: None,
            retry_after: None,
        };
        AwsError::new(operation, ROLE, kind)
    }

    fn undelivered(error: ConnectorError) -> AwsError {
        AwsError::from_sdk::<CreateRoleError>("iam:CreateRole", ROLE, SdkError::dispatch_failure(error))
    }

    async fn get_role(status: u16, content_type: &'static str, body: &'static str) -> AwsError {
        let clients =
            answering(status, &[("content-type", content_type), ("x-amzn-requestid", "3f6c")], body).await;
        let error = clients.iam.get_role().role_name("GenesysDataActionRole").send().await.unwrap_err();
        AwsError::from_sdk("iam:GetRole", ROLE, error)
    }

    #[tokio::test]
    async fn an_answer_of_aws_keeps_code_message_and_request_id() {
        let error = get_role(
            403,
            "text/xml",
            "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>User: \
             arn:aws:iam::111122223333:user/dev is not authorized to perform: iam:GetRole</Message></Error>\
             <RequestId>3f6c</RequestId></ErrorResponse>",
        )
        .await;
        assert_eq!(
            error.to_string(),
            "iam:GetRole on role `GenesysDataActionRole` failed: AccessDenied\n  User: \
             arn:aws:iam::111122223333:user/dev is not authorized to perform: iam:GetRole (request 3f6c)"
        );
        assert!(error.is_access_denied() && !error.is_not_found());
        assert_eq!(
            error.help().unwrap(),
            "the caller needs the permission `iam:GetRole`: attach a policy that allows it, or use another profile"
        );
    }

    #[tokio::test]
    async fn a_missing_role_is_not_found() {
        let error = get_role(
            404,
            "text/xml",
            "<ErrorResponse><Error><Code>NoSuchEntity</Code><Message>no role</Message></Error></ErrorResponse>",
        )
        .await;
        assert!(error.is_not_found());
    }

    #[tokio::test]
    async fn a_page_of_a_proxy_is_shown_as_what_it_is() {
        let error = get_role(403, "text/html", "<html>\n<h1>Blocked by the company</h1>\n</html>").await;
        let text = error.to_string();
        let expected = "iam:GetRole on role `GenesysDataActionRole` failed: the answer cannot be read\n  \
                        HTTP 403, text/html: <html> <h1>Blocked by the company</h1> </html>";
        assert!(text.starts_with(expected), "{text}");
        assert_eq!(error.code(), None);
        assert!(error.help().unwrap().contains("HTTPS_PROXY"));
    }

    /// A saved plan is compared where somebody else applies it.
    #[test]
    fn a_brief_reason_does_not_say_whom_aws_refused() {
        let message = |user: &str| {
            format!("User: {user} is not authorized to perform: iam:GetRole on resource: role R")
        };
        let told =
            [message("arn:aws:sts::1:assumed-role/plan/s"), message("arn:aws:sts::1:assumed-role/apply/s")];
        let [one, other] = told.each_ref().map(|text| without_user(text));
        assert_eq!((one, one), (other, "not authorized to perform: iam:GetRole on resource: role R"));
        assert_eq!(without_user("Rate exceeded"), "Rate exceeded");
    }

    #[test]
    fn an_endpoint_that_refuses_is_named_with_the_cause() {
        let refused = std::io::Error::new(std::io::ErrorKind::ConnectionRefused, "connection refused");
        let error = undelivered(ConnectorError::io(refused.into()));
        let text = error.to_string();
        assert!(text.starts_with(
            "iam:CreateRole on role `GenesysDataActionRole` failed: the endpoint cannot be reached"
        ));
        assert!(text.contains("connection refused"), "{text}");
        assert!(error.help().unwrap().contains("AWS_ENDPOINT_URL"));
        let source = error.source().unwrap();
        assert!(error_chain(source).any(|link| link.is::<std::io::Error>()));
    }

    #[test]
    fn credentials_that_are_missing_are_no_network_fault() {
        let none = CredentialsError::not_loaded("no providers in chain provided credentials");
        let error = undelivered(ConnectorError::other(none.into(), None));
        assert!(matches!(*error.kind, AwsErrorKind::Credentials(_)));
        assert!(error.to_string().contains("no usable credentials\n  "), "{error}");
        let help = error.help().unwrap();
        assert!(
            help.starts_with("give credentials: ")
                && help.contains("`--profile`")
                && help.ends_with("`--sandbox`")
        );
    }

    #[test]
    fn an_expired_sso_login_is_to_be_renewed() {
        let expired = CredentialsError::provider_error("the SSO token has expired and cannot be refreshed");
        let error = undelivered(ConnectorError::other(expired.into(), None));
        assert!(error.to_string().contains("the SSO token has expired"), "{error}");
        assert!(error.help().unwrap().contains("`aws sso login`"));
    }

    #[test]
    fn a_refused_hub_role_is_told_with_awss_own_words() {
        let refused = |message: &str| {
            let meta =
                aws_smithy_types::error::ErrorMetadata::builder().code("AccessDenied").message(message);
            let refused = CredentialsError::provider_error(AssumeRoleError::generic(meta.build()));
            undelivered(ConnectorError::other(refused.into(), None))
        };
        let error = refused("User: x is not authorized to perform: sts:AssumeRole");
        assert!(error.to_string().contains("AccessDenied: User: x is not authorized"), "{error}");
        assert!(error.help().unwrap().contains("trust policy"));
        let error = refused("MultiFactorAuthentication failed with invalid MFA one time pass code. ");
        assert!(error.help().unwrap().contains("the code was refused"));
    }

    #[test]
    fn a_timeout_is_a_timeout() {
        let error = undelivered(ConnectorError::timeout("timed out".into()));
        assert!(matches!(*error.kind, AwsErrorKind::Timeout(_)));
    }

    #[test]
    fn a_denial_says_which_permission_or_which_policy() {
        let help = |operation, message| service(operation, "AccessDenied", message).help().unwrap();
        assert!(help("lambda:Invoke", "").contains("`lambda:InvokeFunction`"));
        assert!(help("sts:AssumeRole", "").contains("trust policy"));
        assert!(
            help(
                "iam:CreateRole",
                "… to perform: iam:CreateRole with an explicit deny in a service control policy"
            )
            .contains("organization")
        );
        assert!(
            help("iam:CreateRole", "… because no permissions boundary allows the iam:CreateRole action")
                .contains("boundary of the caller")
        );
    }

    #[test]
    fn a_message_of_several_lines_stays_indented() {
        let error = service("iam:CreateRole", "MalformedPolicyDocument", "first\n\nsecond");
        assert_eq!(
            error.to_string(),
            "iam:CreateRole on role `GenesysDataActionRole` failed: MalformedPolicyDocument\n  first\n  second"
        );
    }

    #[test]
    fn the_codes_that_users_meet_have_a_next_step() {
        for code in [
            "ExpiredToken",
            "InvalidClientTokenId",
            "SignatureDoesNotMatch",
            "RequestTimeTooSkewed",
            "Throttling",
            "LimitExceeded",
            "MalformedPolicyDocument",
            "EntityAlreadyExists",
            "DeleteConflict",
            "ConcurrentModification",
        ] {
            assert!(service("iam:CreateRole", code, "").help().is_some(), "{code}");
        }
    }
}
