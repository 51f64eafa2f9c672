//! The forms of function name that Lambda accepts, and its messages for those it refuses.

use crate::arn::{AccountId, FunctionArn};
use crate::sandbox::aws::refusal::Refusal;

/// The function in a request: its unqualified ARN and the qualifier.
#[derive(Debug)]
pub(crate) struct NamedFunction {
    pub function: FunctionArn,
    pub qualifier: Option<String>,
}

impl NamedFunction {
    /// As the request named it; permissions apply to this form.
    pub(crate) fn arn(&self) -> FunctionArn {
        match &self.qualifier {
            Some(qualifier) => self.function.with_qualifier(qualifier),
            None => self.function.clone(),
        }
    }
}

const NAME_PATTERN: &str = r"(arn:(aws[a-zA-Z-]*)?:lambda:)?((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?([a-zA-Z0-9-_\.]+)(:(\$LATEST(\.PUBLISHED)?|[a-zA-Z0-9-_]+))?";
const QUALIFIER_PATTERN: &str = r"\$(LATEST(\.PUBLISHED)?)|[a-zA-Z0-9-_$]+";
const MAX_NAME: usize = 256;
const MAX_QUALIFIER: usize = 128;

/// Parses a name: `NAME`, `ACCOUNT:function:NAME`, or the full ARN, each with or without a qualifier; `given` is the
/// qualifier in the query.
pub(crate) fn parse(
    name: &str,
    given: Option<String>,
    partition: &str,
    account: &AccountId,
    region: &str,
) -> Result<NamedFunction, Refusal> {
    let parts = Parts::read(name).filter(|parts| parts.partition.is_none_or(|own| own == partition));
    let mut faults = Vec::new();
    if let Some(qualifier) = &given {
        faults.extend(qualifier_fault(qualifier));
    }
    if name.len() > MAX_NAME {
        faults.push(fault(name, "functionName", &format!("have length less than or equal to {MAX_NAME}")));
    } else if parts.is_none() {
        faults.push(fault(
            name,
            "functionName",
            &format!("satisfy regular expression pattern: {NAME_PATTERN}"),
        ));
    }
    let Some(parts) = parts.filter(|_| faults.is_empty()) else {
        let (number, errors) = match faults.len() {
            1 => (1, "error"),
            number => (number, "errors"),
        };
        let message = format!("{number} validation {errors} detected: {}", faults.join("; "));
        return Err(Refusal::new(400, "ValidationException", message));
    };
    if let Some(other) = parts.region.filter(|other| *other != region) {
        return Err(Refusal::new(
            404,
            "ResourceNotFoundException",
            format!("Functions from '{other}' are not reachable in this region ('{region}')"),
        ));
    }
    let qualifier = match (parts.qualifier, given) {
        (Some(derived), Some(given)) if derived != given => {
            return Err(Refusal::new(
                400,
                "InvalidParameterValueException",
                "The derived qualifier from the function name does not match the specified qualifier.",
            ));
        }
        (derived, given) => derived.map(str::to_owned).or(given),
    };
    let owner = parts.account.and_then(|owner| owner.parse().ok()).unwrap_or_else(|| account.clone());
    let function = FunctionArn::new(partition, region, &owner, parts.name, None);
    Ok(NamedFunction { function, qualifier })
}

fn fault(value: &str, field: &str, constraint: &str) -> String {
    format!("Value '{value}' at '{field}' failed to satisfy constraint: Member must {constraint}")
}

fn qualifier_fault(qualifier: &str) -> Option<String> {
    if qualifier.len() > MAX_QUALIFIER {
        let constraint = format!("have length less than or equal to {MAX_QUALIFIER}");
        return Some(fault(qualifier, "qualifier", &constraint));
    }
    let in_pattern = !qualifier.is_empty()
        && qualifier.chars().all(|char| char.is_ascii_alphanumeric() || "-_$.".contains(char))
        && (!qualifier.contains('.') || qualifier == "$LATEST.PUBLISHED");
    let constraint = format!("satisfy regular expression pattern: {QUALIFIER_PATTERN}");
    (!in_pattern).then(|| fault(qualifier, "qualifier", &constraint))
}

/// A name split by [`NAME_PATTERN`].
struct Parts<'a> {
    partition: Option<&'a str>,
    region: Option<&'a str>,
    account: Option<&'a str>,
    name: &'a str,
    qualifier: Option<&'a str>,
}

impl<'a> Parts<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let mut rest: Vec<&str> = text.split(':').collect();
        let mut partition = None;
        if let ["arn", own, "lambda", after @ ..] = rest.as_slice() {
            partition = Some(*own);
            rest = after.to_vec();
        }
        // Each part may be missing, but a name must remain: `…:function` names the function `function`.
        let mut take = |fits: fn(&str) -> bool| {
            let is_part = rest.len() > 1 && rest.first().is_some_and(|part| fits(part));
            is_part.then(|| rest.remove(0))
        };
        let region = take(is_region);
        let account = take(|part| part.len() == 12 && part.bytes().all(|byte| byte.is_ascii_digit()));
        take(|part| part == "function");
        let (name, qualifier) = match rest.as_slice() {
            [name] => (*name, None),
            [name, qualifier] => (*name, Some(*qualifier)),
            _ => return None,
        };
        let in_word = |text: &str, more: &str| {
            !text.is_empty() && text.chars().all(|char| char.is_ascii_alphanumeric() || more.contains(char))
        };
        let fits = in_word(name, "-_.")
            && qualifier.is_none_or(|qualifier| {
                matches!(qualifier, "$LATEST" | "$LATEST.PUBLISHED") || in_word(qualifier, "-_")
            });
        fits.then_some(Self { partition, region, account, name, qualifier })
    }
}

/// `us-east-1`, `us-gov-west-1`, `us-iso-east-1`, `eusc-de-east-1`
fn is_region(text: &str) -> bool {
    let is_letters = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase());
    let mut parts: Vec<&str> = text.strip_prefix("eusc-").unwrap_or(text).split('-').collect();
    if parts.get(1).is_some_and(|part| *part == "gov" || part.starts_with("iso") && part.len() <= 4)
        && parts.len() == 4
    {
        parts.remove(1);
    }
    match parts.as_slice() {
        [country, place, number] => {
            country.len() == 2
                && is_letters(country)
                && is_letters(place)
                && number.len() == 1
                && number.bytes().all(|byte| byte.is_ascii_digit())
        }
        _ => false,
    }
}
