//! Interprets error text from Architect, a data action's test or AWS.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::arn::{Arn, FunctionArn};
use crate::check::{Cause, Finding, Harm, POLICY_KINDS, Topic};

/// How far an invocation got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// sts:AssumeRole was refused.
    Assume,
    /// lambda:InvokeFunction was refused.
    Invoke,
    /// Something was refused to someone: a bare 403.
    Refused,
    /// Lambda cannot find the function.
    Find,
    /// Lambda throttles it.
    Throttle,
    /// The function exists but cannot run.
    Start,
    /// It takes too long.
    Time,
    /// The function ran and failed.
    Function,
    /// The answer does not fit the contract.
    Contract,
    /// Genesys Cloud's own side: the integration, its credential.
    Integration,
    /// Genesys Cloud refuses the API client.
    Permission,
    /// Nothing failed: it is the answer to a data action's test that succeeded.
    Succeeded,
    /// The text says none of this.
    Unknown,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorReading {
    pub stage: Stage,
    /// The role named in the text.
    pub role: Option<Arn>,
    pub function: Option<FunctionArn>,
    /// The kind of policy named in the text: `resource control policy`.
    pub policy: Option<&'static str>,
}

/// Markers of each stage, in lower case; the first one found in the text decides.
const MARKS: &[(Stage, &[&str])] = &[
    (
        Stage::Permission,
        &["missing.any.permissions", "missing.permissions", "missing the following permission"],
    ),
    // The text may be cut off in the middle of the action.
    (Stage::Assume, &["sts:assume", "perform: sts", "assumerole", "assume the role", "assume role"]),
    (
        Stage::Throttle,
        &[
            "toomanyrequests",
            "rate exceeded",
            "throttl",
            "concurrentinvocationlimit",
            "too many requests",
            "http 429",
            "status 429",
            "(429",
            " 429 ",
        ],
    ),
    (
        Stage::Find,
        &[
            "function not found",
            "resourcenotfound",
            "are not reachable in this region",
            "cannot find the function",
        ],
    ),
    (
        Stage::Start,
        &[
            "kmsaccessdenied",
            "kmsdisabled",
            "kmsnotfound",
            "kmsinvalidstate",
            "resourcenotready",
            "invalidruntime",
            "eni limit",
            "enilimit",
            "subnetipaddress",
            "tenant-id",
            "tenant id",
            "codeartifact",
            "efsmount",
            "functionerror.",
            "is currently in the following state",
            "state: pending",
        ],
    ),
    (Stage::Invoke, &["lambda:invoke", "perform: lambda"]),
    (Stage::Time, &["timed out", "timeout", "time-out", "took too long", "gateway time"]),
    (
        Stage::Function,
        &[
            "invoked function failed",
            "unhandled",
            "errortype",
            "errormessage",
            "function execution failed",
            "stacktrace",
        ],
    ),
    (
        Stage::Contract,
        &[
            "schema",
            "translation",
            "transform",
            "contract",
            "velocity",
            "jsonpath",
            "resolve",
            "is not valid json",
        ],
    ),
    (
        Stage::Integration,
        &[
            "integration is not enabled",
            "integration is disabled",
            "not enabled",
            "inactive",
            "no credential",
            "credential",
        ],
    ),
    (
        Stage::Refused,
        &["accessdenied", "access denied", "not authorized", "forbidden", "403", "unauthorized", "401"],
    ),
];

/// Of a data action's test, as Genesys Cloud's API gives it, what did not succeed; empty if all did. `None`: it is no such answer.
fn what_failed(text: &str) -> Option<String> {
    let value: Value = serde_json::from_str(text.trim()).ok()?;
    let has_outcome = |value: &Value| value["success"].is_boolean();
    let steps =
        || value["operations"].as_array().into_iter().flatten().chain(value.as_array().into_iter().flatten());
    if !has_outcome(&value) && !steps().any(has_outcome) {
        return None;
    }
    let failed = |value: &&Value| value["success"] != true;
    let mut parts: Vec<String> = steps().filter(failed).map(Value::to_string).collect();
    if failed(&&value) && parts.is_empty() && !value.is_array() {
        let mut rest = value.clone();
        if let Some(members) = rest.as_object_mut() {
            members.remove("operations");
        }
        parts.push(rest.to_string());
    }
    Some(parts.join(" "))
}

/// Reads an error text; whatever it does not say stays unknown.
pub fn read_error(text: &str) -> ErrorReading {
    let failed = what_failed(text);
    if failed.as_deref() == Some("") {
        return ErrorReading { stage: Stage::Succeeded, role: None, function: None, policy: None };
    }
    let text = &plain(failed.as_deref().unwrap_or(text));
    let one_line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let lower = one_line.to_lowercase();
    let stage = MARKS
        .iter()
        .find(|(_, marks)| marks.iter().any(|mark| lower.contains(mark)))
        .map_or(Stage::Unknown, |(stage, _)| *stage);
    // A terminal or a form may have broken a long ARN.
    let unbroken: String = text.lines().map(str::trim).collect();
    let (whole, broken) = (arns(&one_line), arns(&unbroken));
    let role_in =
        |arns: &[String]| arns.iter().filter_map(|word| word.parse().ok()).find_map(|arn| role(arn, stage));
    let function_in = |arns: &[String]| arns.iter().find_map(|word| word.parse::<FunctionArn>().ok());
    ErrorReading {
        stage,
        role: role_in(&whole).or_else(|| role_in(&broken)),
        function: function_in(&whole).or_else(|| function_in(&broken)),
        policy: POLICY_KINDS.into_iter().chain(["trust policy"]).find(|kind| lower.contains(kind)),
    }
}

/// The ARNs in a text.
fn arns(text: &str) -> Vec<String> {
    let is_around = |c: char| c.is_whitespace() || "\"'`(),;[]{}<>|\\“”‘’«»".contains(c);
    let words = text.split(is_around).filter_map(|word| {
        let at = word.to_ascii_lowercase().find("arn:")?;
        let word = word.get(at..)?.trim_end_matches(['.', ':', '…', '!', '?']);
        // Forms and tickets shout; the name at the end keeps its case.
        let scheme = word.match_indices(':').nth(4).map_or(0, |(at, _)| at);
        let (scheme, rest) = word.split_at_checked(scheme)?;
        let (kind, name) = rest.split_once('/').map_or((rest, None), |(kind, name)| (kind, Some(name)));
        let is_shouted = scheme.starts_with("ARN");
        let kind = if is_shouted { kind.to_ascii_lowercase() } else { kind.to_owned() };
        let name = name.map(|name| format!("/{name}")).unwrap_or_default();
        Some(format!("{}{kind}{name}", scheme.to_ascii_lowercase()))
    });
    words.collect::<BTreeSet<String>>().into_iter().collect()
}

/// Without what HTML, JSON, URLs and word processors put in place of characters.
fn plain(text: &str) -> String {
    const IN_PLACE: [(&str, &str); 22] = [
        ("&amp;", "&"),
        ("&quot;", "\""),
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&#x27;", "'"),
        ("&apos;", "'"),
        ("&#x2F;", "/"),
        ("&#47;", "/"),
        ("&#58;", ":"),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&nbsp;", " "),
        ("<br>", "\n"),
        ("<br/>", "\n"),
        ("\\r", " "),
        ("\\n", "\n"),
        ("\\t", " "),
        ("\\\"", "\""),
        ("\\/", "/"),
        ("\\u0027", "'"),
        ("\\u0022", "\""),
        ("\u{200b}", ""),
    ];
    let mut text =
        text.replace(['\u{a0}', '\u{202f}'], " ").replace("%3A", ":").replace("%2F", "/").replace("%20", " ");
    for (found, meant) in IN_PLACE {
        text = text.replace(found, meant);
    }
    text
}

/// A role, or that of the session refused by Lambda. At sts:AssumeRole the session is Genesys Cloud's own.
fn role(arn: Arn, stage: Stage) -> Option<Arn> {
    match (arn.service.as_str(), arn.resource.split('/').collect::<Vec<_>>().as_slice()) {
        ("iam", ["role", .., name]) if !name.is_empty() => Some(arn),
        ("sts", ["assumed-role", _, ..]) if stage == Stage::Invoke => Some(arn),
        _ => None,
    }
}

impl ErrorReading {
    /// What it says, in words.
    pub fn sentence(&self) -> String {
        let text = match self.stage {
            Stage::Assume => "Genesys Cloud was refused when it assumed the role (sts:AssumeRole)",
            Stage::Invoke => "Genesys Cloud assumed the role and was refused at lambda:InvokeFunction",
            Stage::Refused => "something was refused; the text does not say what",
            Stage::Find => "Lambda does not find the function, alias or version",
            Stage::Throttle => "Lambda throttles the function",
            Stage::Start => "Lambda finds the function and cannot run it",
            Stage::Time => "the function did not answer in time",
            Stage::Function => "the function ran and failed by itself: role and policies are right",
            Stage::Contract => {
                "the function's answer, or the request, does not fit the data action: role and policies are right"
            }
            Stage::Succeeded => "nothing failed: this is a test that succeeded",
            Stage::Integration => "Genesys Cloud did not get as far as AWS: its integration is not ready",
            Stage::Permission => {
                "Genesys Cloud refuses whoever runs the data action or its test: a permission is missing there"
            }
            Stage::Unknown => "the text says nothing that this tool knows",
        };
        match self.policy {
            Some(policy @ "identity-based policy") => format!("{text}, because of an {policy}"),
            Some(policy) => format!("{text}, because of a {policy}"),
            None => text.to_owned(),
        }
    }

    /// The cause that AWS itself names: no document of the account shows it.
    pub fn guard(&self) -> Option<Finding> {
        let action = match self.stage {
            Stage::Assume => "sts:AssumeRole",
            Stage::Invoke => "lambda:InvokeFunction",
            _ => return None,
        };
        let kind = self
            .policy
            .filter(|kind| matches!(*kind, "service control policy" | "resource control policy"))?;
        Some(Finding {
            cause: Cause::OrganizationGuard,
            what: format!("AWS names a {kind} as the reason for refusing {action}"),
            consequence: "the data action fails with 403, whatever this account's own policies say"
                .to_owned(),
            remedy: "ask whoever administers the AWS organization".to_owned(),
            harm: Harm { keeps_genesys_out: true, ..Harm::default() },
        })
    }

    /// Whether a cause explains it.
    pub fn is_explained_by(&self, cause: Cause) -> bool {
        let explains: &[&[Cause]] = match self.stage {
            Stage::Assume => &[Cause::OF_TRUST, OF_CONNECTION],
            Stage::Invoke => &[
                Cause::OF_PERMISSIONS,
                &[Cause::OrganizationGuard, Cause::DataAction, Cause::FunctionMissing],
            ],
            Stage::Refused => &[Cause::OF_INVOCATION],
            Stage::Find => &[&[Cause::FunctionMissing, Cause::DataAction]],
            Stage::Throttle => &[&[Cause::FunctionThrottled]],
            Stage::Start => &[&[Cause::FunctionNotReady, Cause::TenantIsolation]],
            Stage::Time => &[&[Cause::FunctionNotReady]],
            Stage::Integration => &[&[Cause::Integration, Cause::IntegrationCredential]],
            Stage::Permission => &[&[Cause::GenesysCredentials]],
            Stage::Function | Stage::Contract | Stage::Succeeded => &[],
            Stage::Unknown => &[Cause::OF_INVOCATION],
        };
        // A policy that allows too much refuses nobody.
        let is_too_open = matches!(cause, Cause::RoleOpen | Cause::ExtraPermissions);
        explains.iter().any(|causes| causes.contains(&cause)) && !is_too_open
    }

    /// Whether it is about the call that claims of this topic decide.
    pub fn is_about(&self, topic: &str) -> bool {
        let (admission, invocation) = (topic == Topic::Admission.word(), topic == Topic::Invocation.word());
        match self.stage {
            Stage::Assume => admission,
            Stage::Invoke => invocation,
            Stage::Refused => admission || invocation,
            _ => false,
        }
    }

    /// Whether the text says what failed. If not, a cause can only possibly explain it.
    pub fn is_clear(&self) -> bool {
        !matches!(self.stage, Stage::Unknown | Stage::Refused)
    }

    /// The role that the text names, if it is a different one.
    pub fn other_role(&self, role: &Arn) -> Option<&Arn> {
        let named = self.role.as_ref()?;
        let name = match named.service.as_str() {
            "sts" => named.resource.split('/').nth(1).unwrap_or_default(),
            _ => named.name(),
        };
        (named.account != role.account || name != role.name()).then_some(named)
    }

    /// What to look at if no finding explains it.
    pub fn otherwise(&self) -> &'static str {
        match self.stage {
            Stage::Assume => {
                "the role lets Genesys Cloud in, as far as its documents say. Compare the role's ARN in the integration's \
                 credential, and ask who administers your AWS organization for a resource control policy (RCP) that denies \
                 sts:AssumeRole to outsiders: it shows in no document of this account"
            }
            Stage::Invoke => {
                "the role may invoke its functions, as far as its documents say. Compare the function's ARN in the data action \
                 letter by letter, and ask who administers your AWS organization for a service control policy (SCP)"
            }
            Stage::Refused => {
                "run the data action's test in Genesys Cloud and give its whole text to --error: it says which call was refused"
            }
            Stage::Succeeded => {
                "give the text of a call that failed: Architect, or the data action's test, shows it"
            }
            Stage::Find => "compare the function's ARN in the data action, its region and alias too",
            Stage::Throttle => {
                "look at the function's reserved concurrency, and at the account's limit in that region"
            }
            Stage::Start => "look at the function in the Lambda console: it says why it cannot run",
            Stage::Time => {
                "compare the function's timeout with the data action's (60 s at most), and look at its duration in CloudWatch"
            }
            Stage::Function => "read the function's log in CloudWatch: the error is in its code or its input",
            Stage::Contract => {
                "compare what the function returns with the data action's output contract and translation map, and its request \
                 template with what the function reads"
            }
            Stage::Integration => "look at the integration under Admin > Integrations",
            Stage::Permission => {
                "give the role of that user or OAuth client integrations:action:execute (or bridge:actions:execute)"
            }
            Stage::Unknown => {
                "give --error the whole text of the data action's test: it names the call that failed"
            }
        }
    }
}

/// Between the organization and the role.
const OF_CONNECTION: &[Cause] =
    &[Cause::Organization, Cause::IntegrationCredential, Cause::OrganizationGuard, Cause::Probe];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_test_of_a_data_action_only_what_failed_is_read() {
        let assumed = r#"{"name":"Assume the role","result":"assumed","success":true}"#;
        let invoked = r#"{"name":"Invoke the function","success":false,"error":{"message":"not authorized to perform: lambda:InvokeFunction"}}"#;
        let whole = |steps: &str, success: bool| format!(r#"{{"operations":[{steps}],"success":{success}}}"#);
        for (text, stage) in [
            (assumed.to_owned(), Stage::Succeeded),
            (whole(assumed, true), Stage::Succeeded),
            (format!("[{assumed}]"), Stage::Succeeded),
            (whole(&format!("{assumed},{invoked}"), false), Stage::Invoke),
            (whole(&assumed.replace("true", "false"), false), Stage::Assume),
            (r#"{"success":false,"error":{"message":"Function not found"}}"#.to_owned(), Stage::Find),
            (r#"{"message":"Function not found"}"#.to_owned(), Stage::Find),
        ] {
            assert_eq!(read_error(&text).stage, stage, "{text}");
        }
    }

    #[test]
    fn the_texts_of_aws_and_genesys_cloud_say_how_far_it_got() {
        for (text, stage) in [
            (
                "User: arn:aws:sts::765628985471:assumed-role/x/y is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::111122223333:role/R",
                Stage::Assume,
            ),
            (
                "AccessDeniedException: User: arn:aws:sts::111122223333:assumed-role/R/s is not authorized to perform: lambda:InvokeFunction on resource: arn:aws:lambda:us-east-1:111122223333:function:f because no identity-based policy allows the lambda:InvokeFunction action",
                Stage::Invoke,
            ),
            (
                "ResourceNotFoundException: Function not found: arn:aws:lambda:us-east-1:111122223333:function:f:$LATEST",
                Stage::Find,
            ),
            ("TooManyRequestsException: Rate Exceeded. (HTTP 429)", Stage::Throttle),
            ("The request failed with status 429", Stage::Throttle),
            (
                "The invoked function is enabled with tenancy configuration. Add a valid tenant ID in your request and try again.",
                Stage::Start,
            ),
            ("The function is currently in the following state: Pending", Stage::Start),
            (
                "KMSAccessDeniedException: Lambda was unable to decrypt the environment variables",
                Stage::Start,
            ),
            (
                "REST call for action execute failed. Message: Invoked function failed. Response from function: Function execution failed with error Type: Unhandled; Message: errorType:KeyError",
                Stage::Function,
            ),
            ("Task timed out after 3.00 seconds", Stage::Time),
            (
                "Unable to perform the requested action. You are missing the following permission(s): integrations:action:execute",
                Stage::Permission,
            ),
            ("the integration is not enabled", Stage::Integration),
            ("Failed to transform result with the translation map", Stage::Contract),
            ("HTTP 403", Stage::Refused),
            ("it does not work", Stage::Unknown),
        ] {
            assert_eq!(read_error(text).stage, stage, "{text}");
        }
    }

    #[test]
    fn a_text_is_read_however_it_was_pasted() {
        const ROLE: &str = "arn:aws:iam::111122223333:role/genesys/R";
        for text in [
            "User: arn:aws:iam::765628985471:user/x is not authorized to\n  perform: sts:AssumeRole\n on resource: arn:aws:iam::111122223333:role/genesys/R\n",
            "... sts:\nAssumeRole on resource: arn:aws:iam::1111\n    22223333:role/genesys/R",
            r#"{"errors":[{"message":"User: arn:aws:iam::765628985471:user/x is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::111122223333:role/genesys/R"}],"requestId":"1f2e"}"#,
            r#"{\"message\":\"not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::111122223333:role\/genesys\/R\",\"status\":403}"#,
            "<Error><Code>AccessDenied</Code><Message>User: x is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::111122223333:role/genesys/R</Message></Error><RequestId>1f2e</RequestId>",
            "&quot;not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::111122223333:role&#x2F;genesys&#x2F;R&quot;",
            "&amp;quot;perform: sts:AssumeRole on resource: arn:aws:iam::111122223333:role/genesys/R&amp;quot;",
            "PERFORM: STS:ASSUMEROLE ON RESOURCE: ARN:AWS:IAM::111122223333:ROLE/genesys/R",
            "“not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::111122223333:role/genesys/R”.",
            "perform: sts:AssumeRole on arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2Fgenesys%2FR",
            "on resource: arn:aws:iam::111122223333:role/genesys/R … perform: sts:Assu",
            "'arn:aws:iam::111122223333:role/genesys/R': sts:AssumeRole (Service: AWSSecurityTokenService; Status Code: 403; Request ID: 0a1b2c3d-4e5f)",
        ] {
            let read = read_error(text);
            assert_eq!(read.stage, Stage::Assume, "{text}");
            assert_eq!(read.role.map(|role| role.to_string()).as_deref(), Some(ROLE), "{text}");
        }
        let read =
            read_error("with an explicit deny in a RESOURCE\n control policy, perform: sts:AssumeRole");
        assert_eq!(read.policy, Some("resource control policy"));
        assert_eq!(read.guard().map(|finding| finding.cause), Some(Cause::OrganizationGuard));
        for text in ["", " ", "\u{0}", "arn:", "arn:aws:iam::1:role/", "\\", "&amp;amp;amp;", "ARN:é:ü"] {
            let read = read_error(text);
            assert_eq!((read.stage, &read.role, read.guard()), (Stage::Unknown, &None, None), "{text}");
        }
    }

    #[test]
    fn a_cause_explains_the_error_that_it_brings_about_and_no_other() {
        let is_explained = |text: &str, cause| read_error(text).is_explained_by(cause);
        assert!(is_explained("Rate Exceeded", Cause::FunctionThrottled));
        assert!(!is_explained("Rate Exceeded", Cause::FunctionNotReady));
        assert!(is_explained("Add a valid tenant ID", Cause::TenantIsolation));
        assert!(is_explained("is currently in the following state: Pending", Cause::FunctionNotReady));
        assert!(is_explained("sts:AssumeRole", Cause::ExternalId));
        assert!(!is_explained("sts:AssumeRole", Cause::RoleOpen));
        assert!(!read_error("HTTP 403").is_clear());
    }

    #[test]
    fn a_refused_session_names_its_role() {
        let text = "User: arn:aws:sts::111122223333:assumed-role/R/s is not authorized to perform: lambda:InvokeFunction";
        let read = read_error(text);
        assert_eq!(read.role.as_ref().unwrap().to_string(), "arn:aws:sts::111122223333:assumed-role/R/s");
        let role = |arn: &str| arn.parse::<Arn>().unwrap();
        assert_eq!(read.other_role(&role("arn:aws:iam::111122223333:role/genesys/R")), None);
        assert!(read.other_role(&role("arn:aws:iam::111122223333:role/S")).is_some());
        // At sts:AssumeRole it is Genesys Cloud's.
        let text =
            "User: arn:aws:sts::765628985471:assumed-role/x/y is not authorized to perform: sts:AssumeRole";
        assert_eq!(read_error(text).role, None);
    }

    #[test]
    fn names_and_policies_are_taken_out_of_the_text() {
        let text = "AccessDenied: User: arn:aws:iam::765628985471:user/x is not authorized to perform: sts:AssumeRole on \
                    resource: arn:aws:iam::111122223333:role/genesys/R with an explicit deny in a resource control policy.";
        let read = read_error(text);
        assert_eq!(read.role.unwrap().to_string(), "arn:aws:iam::111122223333:role/genesys/R");
        assert_eq!(read.policy, Some("resource control policy"));
        let text = "not authorized to perform: lambda:InvokeFunction on resource: arn:aws:lambda:eu-west-1:111122223333:function:f:live.";
        assert_eq!(
            read_error(text).function.unwrap().to_string(),
            "arn:aws:lambda:eu-west-1:111122223333:function:f:live"
        );
    }
}
