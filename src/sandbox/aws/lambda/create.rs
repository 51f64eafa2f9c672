//! Functions and aliases come and go.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::change::{stored, timestamp};
use super::reply::Reply;
use super::request::{InvocationTarget, members};
use super::settings::{configuration, revision};
use crate::arn::{Arn, FunctionArn};
use crate::sandbox::aws::call::Call;
use crate::sandbox::aws::function_name::{self, NamedFunction};
use crate::sandbox::aws::refusal::Refusal;
use crate::sandbox::state::lambda::StoredFunction;

/// What a request sets and the function shows as it was given.
const KEPT: [&str; 14] = [
    "Runtime",
    "Role",
    "Handler",
    "Description",
    "Timeout",
    "MemorySize",
    "PackageType",
    "Architectures",
    "EphemeralStorage",
    "KMSKeyArn",
    "Environment",
    "TracingConfig",
    "LoggingConfig",
    "TenancyConfig",
];

/// CreateFunction. It is active at once; the answer says `Pending`, as Lambda's does.
pub(super) fn function(call: &mut Call<'_>, target: &InvocationTarget<'_>) -> Result<Reply, Refusal> {
    let asked = members(target.body)?;
    let text = |member: &str| asked.get(member).and_then(Value::as_str).unwrap_or_default();
    let invalid = |message: &str| Refusal::new(400, "InvalidParameterValueException", message);
    let named = function_name::parse(
        text("FunctionName"),
        None,
        &call.state.partition,
        &call.caller.account,
        target.region,
    )?;
    let NamedFunction { function, qualifier: None } = named else {
        return Err(invalid("A function is created without a qualifier"));
    };
    let context = call.context().with("aws:ResourceAccount", &[&function.as_arn().account]);
    let denied = |refusal| Refusal { code: "AccessDeniedException", ..refusal };
    call.caller
        .authorise("lambda:CreateFunction", &function.to_string(), context.clone(), None)
        .map_err(denied)?;
    let role = text("Role");
    if !role.parse::<Arn>().is_ok_and(|arn| arn.service == "iam" && arn.resource.starts_with("role/")) {
        let message = format!(
            "1 validation error detected: Value '{role}' at 'role' failed to satisfy constraint: Member must satisfy regular \
             expression pattern: arn:(aws[a-zA-Z-]*)?:iam::\\d{{12}}:role/?[a-zA-Z_0-9+=,.@\\-_/]+"
        );
        return Err(Refusal::new(400, "ValidationException", message));
    }
    call.caller.authorise("iam:PassRole", role, context, None).map_err(denied)?;
    let code = asked.get("Code").unwrap_or(&Value::Null);
    if text("PackageType") != "Image" && (text("Runtime").is_empty() || text("Handler").is_empty()) {
        return Err(invalid(
            "Runtime and Handler are mandatory parameters for functions created with deployment packages.",
        ));
    }
    if let Some(package) = code["ZipFile"].as_str() {
        let is_zip = STANDARD.decode(package).is_ok_and(|bytes| bytes.starts_with(b"PK\x03\x04"));
        if !is_zip {
            return Err(invalid(
                "Could not unzip uploaded file. Please check your file, then try to upload again.",
            ));
        }
    }
    if call.state.functions.contains_key(&function) {
        let message = format!("Function already exist: {}", function.name());
        return Err(Refusal::new(409, "ResourceConflictException", message));
    }
    let kept = KEPT.iter().filter_map(|member| Some(((*member).to_owned(), asked.get(*member)?.clone())));
    let mut new = StoredFunction { members: kept.collect(), ..StoredFunction::active() };
    new.members.insert("LastModified".to_owned(), timestamp(call.now).into());
    if asked.get("Publish") == Some(&Value::Bool(true)) {
        new.publish("1");
    }
    let mut answer = configuration(&function, &new, "$LATEST");
    answer["State"] = "Pending".into();
    answer["StateReason"] = "The function is being created.".into();
    answer["StateReasonCode"] = "Creating".into();
    call.state.missing_functions.retain(|missing| missing.unqualified() != function);
    call.state.functions.insert(function, new);
    Ok(Reply::created(&answer))
}

/// DeleteFunction, or one version of it.
pub(super) fn delete(call: &mut Call<'_>, named: &NamedFunction) -> Reply {
    match named.qualifier.as_deref().map(str::parse::<u64>) {
        Some(Ok(version)) => {
            if let Some(function) = call.state.functions.get_mut(&named.function) {
                function.versions.remove(&version);
            }
        }
        Some(Err(_)) | None => {
            call.state.functions.remove(&named.function);
        }
    }
    // A spec that names it does not bring it back.
    call.state.missing_functions.insert(named.arn());
    Reply::empty()
}

/// CreateAlias.
pub(super) fn alias(
    call: &mut Call<'_>,
    named: &NamedFunction,
    asked: &Map<String, Value>,
) -> Result<Reply, Refusal> {
    let text = |member: &str| asked.get(member).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (name, version) = (text("Name"), text("FunctionVersion"));
    let alias: FunctionArn = named.function.with_qualifier(&name);
    let is_name = !name.is_empty()
        && name.chars().all(|char| char.is_ascii_alphanumeric() || "-_".contains(char))
        && !name.bytes().all(|byte| byte.is_ascii_digit());
    if !is_name {
        let message = format!(
            "1 validation error detected: Value '{name}' at 'name' failed to satisfy constraint: Member must satisfy regular \
             expression pattern: (?!^[0-9]+$)([a-zA-Z0-9-_]+)"
        );
        return Err(Refusal::new(400, "ValidationException", message));
    }
    let function = stored(call, named)?;
    let is_there =
        version == "$LATEST" || version.parse().is_ok_and(|number| function.versions.contains(&number));
    if !is_there {
        let message = format!("Function not found: {}", named.function.with_qualifier(&version));
        return Err(Refusal::new(404, "ResourceNotFoundException", message));
    }
    if function.aliases.contains_key(&name) {
        let message = format!("Alias already exists: {alias}");
        return Err(Refusal::new(409, "ResourceConflictException", message));
    }
    function.aliases.insert(name.clone(), version.clone());
    let answer = json!({ "AliasArn": alias.to_string(), "Name": name, "FunctionVersion": version,
                         "Description": text("Description"), "RevisionId": revision(alias.as_arn()) });
    call.state.missing_functions.remove(&alias);
    Ok(Reply::created(&answer))
}
