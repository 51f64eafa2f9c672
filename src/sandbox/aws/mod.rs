//! AWS: IAM, STS, Lambda and the tagging API.

mod access_analyzer;
pub(crate) mod auth;
mod call;
mod cloudtrail;
mod documents;
mod function_name;
mod guards;
pub(crate) mod iam;
mod json;
mod kms;
pub(crate) mod lambda;
mod organizations;
pub(crate) mod query;
pub(crate) mod refusal;
mod sts;
mod tagging;
mod validate;

use http::{HeaderMap, Request, Response};
use jiff::Timestamp;

use self::auth::CredentialScope;
use self::call::Call;
pub(crate) use self::call::Defaults;
use self::query::Params;
use self::refusal::Refusal;
use super::state::State;

/// The session token of the tool's own probes as Genesys Cloud, which no account of AWS would have recorded.
pub(crate) const PROBER_TOKEN: &str = "genesys-iam-prober";

/// Answers a request to any of the services.
pub(crate) fn answer<B: AsRef<[u8]>>(
    state: &mut State,
    defaults: &Defaults,
    request: &Request<B>,
    now: Timestamp,
    id: &str,
) -> Response<Vec<u8>> {
    let scope = CredentialScope::of(request.headers());
    let region = scope.as_ref().map_or_else(|| defaults.region.clone(), |scope| scope.region.clone());
    let path = request.uri().path();
    let service = match &scope {
        Some(scope) => scope.service.as_str(),
        None if path.starts_with(lambda::PATH.trim_end_matches('/')) => "lambda",
        None => "",
    };
    let params = match service {
        "lambda" | "tagging" | "cloudtrail" | "access-analyzer" | "organizations" | "kms" => {
            Params::default()
        }
        _ => Params::parse(request.body().as_ref()),
    };
    let action = params.get("Action").unwrap_or_default();
    let namespace = if service == "sts" { sts::NAMESPACE } else { iam::NAMESPACE };
    let caller = match auth::caller(state, scope.as_ref(), request.headers(), now) {
        Ok(caller) => caller,
        Err(refusal) if matches!(service, "lambda" | "access-analyzer") => {
            return lambda::respond(Err(refusal));
        }
        Err(refusal) if matches!(service, "tagging" | "cloudtrail" | "organizations" | "kms") => {
            return json::respond(Err(refusal));
        }
        Err(refusal) => return query::respond(namespace, action, Err(refusal), id),
    };
    let mut call = Call {
        context: caller.context(&region, header(request.headers(), "user-agent"), now),
        state,
        params: &params,
        caller: &caller,
        now,
        page_limit: defaults.page_limit,
        region: &region,
        user_agent: header(request.headers(), "user-agent"),
        is_logged: header(request.headers(), "x-amz-security-token") != PROBER_TOKEN,
    };
    if service == "lambda" {
        let target = lambda::InvocationTarget {
            method: request.method(),
            path,
            query: request.uri().query().unwrap_or_default(),
            region: &region,
            invocation_type: header(request.headers(), "x-amz-invocation-type"),
            host: header(request.headers(), "host"),
            body: request.body().as_ref(),
        };
        let outcome = lambda::handle(&mut call, &target);
        call.note_use();
        return lambda::respond(outcome);
    }
    let target = header(request.headers(), "x-amz-target");
    match service {
        "tagging" => return json::respond(tagging::handle(&call, target, request.body().as_ref())),
        // It uses Lambda's protocol.
        "access-analyzer" => {
            let (method, body) = (request.method(), request.body().as_ref());
            return lambda::respond(access_analyzer::handle(&call, method, path, body).map(lambda::json));
        }
        "cloudtrail" => return json::respond(cloudtrail::handle(&call, target, request.body().as_ref())),
        "organizations" => {
            return json::respond(organizations::handle(&mut call, target, request.body().as_ref()));
        }
        "kms" => return json::respond(kms::handle(&mut call, target, request.body().as_ref())),
        _ => {}
    }
    let outcome = match service {
        _ if action.is_empty() => {
            Err(Refusal::new(400, "MissingAction", "The request must contain the parameter Action"))
        }
        "iam" => iam::handle(&mut call, action),
        "sts" => sts::handle(&mut call, action),
        other => {
            let message = format!(
                "The sandbox has iam, sts, lambda, tagging, cloudtrail, access-analyzer, organizations and kms, not {other}"
            );
            Err(Refusal::new(400, "InvalidAction", message))
        }
    };
    query::respond(namespace, action, outcome, id)
}

/// The throttling response.
pub(crate) fn throttle<B>(request: &Request<B>, id: &str) -> Response<Vec<u8>> {
    let service = CredentialScope::of(request.headers()).map(|scope| scope.service).unwrap_or_default();
    match service.as_str() {
        "lambda" => lambda::respond(Err(Refusal::new(429, "TooManyRequestsException", "Rate exceeded")
            .with_reason("CallerRateLimitExceeded"))),
        "tagging" | "cloudtrail" | "organizations" | "kms" => {
            json::respond(Err(Refusal::new(400, "ThrottlingException", "Rate exceeded")))
        }
        _ => {
            let refusal = Refusal::new(400, "Throttling", "Rate exceeded");
            query::respond(iam::NAMESPACE, "", Err(refusal), id)
        }
    }
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}
