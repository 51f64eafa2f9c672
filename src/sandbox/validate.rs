//! What IAM refuses in a policy document.

use super::query::Fault;
use super::state::State;
use crate::arn::{AccountId, Arn};
use crate::policy::Document;
use crate::policy::document::{
    ActionElement, Effect, PrincipalElement, Principals, Statement, VERSION_2008, VERSION_2012,
};

/// Default quotas, in characters without white space.
const TRUST_SIZE: usize = 2048;
const MANAGED_SIZE: usize = 6144;
const INLINE_SIZE: usize = 10240;

fn malformed(message: impl Into<String>) -> Fault {
    Fault::new("MalformedPolicyDocument", message)
}

fn parse(text: &str) -> Result<Document, Fault> {
    let document = Document::parse(text).map_err(|_| malformed("This policy contains invalid Json"))?;
    if !matches!(document.effective_version(), VERSION_2008 | VERSION_2012) || !document.unknown.is_empty() {
        return Err(malformed("Syntax errors in policy."));
    }
    let statements = document.statements.as_slice();
    if statements.is_empty() || statements.iter().any(|statement| !statement.unknown.is_empty()) {
        return Err(malformed("Syntax errors in policy."));
    }
    for statement in statements {
        actions(statement)?;
        let operators = statement.condition.iter().flat_map(|operators| operators.keys());
        if let Some(operator) = operators.into_iter().find(|name| !crate::policy::is_known_operator(name)) {
            return Err(malformed(format!("Invalid Condition type : {operator}.")));
        }
    }
    Ok(document)
}

fn actions(statement: &Statement) -> Result<(), Fault> {
    let actions = match &statement.action {
        Some(ActionElement::Action(actions) | ActionElement::NotAction(actions)) => actions.as_slice(),
        None => return Err(malformed("Policy statement must contain actions.")),
    };
    if actions.iter().all(|action| action == "*" || action.contains(':')) && !actions.is_empty() {
        return Ok(());
    }
    Err(malformed("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."))
}

/// A trust policy. Gives the roles of the sandbox that it names.
pub(super) fn trust(text: &str, state: &State) -> Result<Vec<Arn>, Fault> {
    let document = parse(text)?;
    let mut named = Vec::new();
    for statement in document.statements.as_slice() {
        if statement.resource.is_some() {
            return Err(malformed("Has prohibited field Resource"));
        }
        let element = match &statement.principal {
            Some(PrincipalElement::Principal(element)) => element,
            Some(PrincipalElement::NotPrincipal(_)) if statement.effect == Effect::Allow => {
                return Err(malformed("AssumeRolepolicy contained disallowed principal."));
            }
            Some(PrincipalElement::NotPrincipal(element)) => element,
            None => return Err(malformed("Missing required field Principal")),
        };
        if let Principals::ByKind(kinds) = element {
            for (kind, values) in kinds {
                for value in values.as_slice() {
                    named.extend(principal(kind, value, state)?);
                }
            }
        }
        let actions = match &statement.action {
            Some(ActionElement::Action(actions)) => actions.as_slice(),
            _ => &[],
        };
        if let Some(action) = actions.iter().find(|action| !action.to_ascii_lowercase().starts_with("sts:")) {
            let service = action.split(':').next().unwrap_or(action);
            return Err(malformed(format!(
                "AssumeRole policy may only specify STS AssumeRole actions; found vendor {service}"
            )));
        }
    }
    quota("ACLSizePerRole", document.size(), TRUST_SIZE)?;
    Ok(named)
}

/// An account, a root ARN, or a role that exists; users exist as far as the sandbox knows.
fn principal(kind: &str, value: &str, state: &State) -> Result<Option<Arn>, Fault> {
    let invalid = || malformed(format!("Invalid principal in policy: \"{kind}\":\"{value}\""));
    match kind {
        "AWS" if value == "*" || value.parse::<AccountId>().is_ok() => Ok(None),
        "AWS" => {
            let arn: Arn = value.parse().map_err(|_| invalid())?;
            let account: AccountId = arn.account.parse().map_err(|_| invalid())?;
            if arn.partition != state.partition || value.contains(['*', '?']) {
                return Err(invalid());
            }
            match (arn.service.as_str(), arn.resource.split('/').next()) {
                ("iam", Some("root")) if arn.resource == "root" => Ok(None),
                ("iam", Some("role")) => match state.role(&account, arn.name()) {
                    Some(role) if role.arn == arn => Ok(Some(arn)),
                    _ => Err(invalid()),
                },
                ("iam", Some("user")) | ("sts", Some("assumed-role" | "federated-user")) => Ok(None),
                _ => Err(invalid()),
            }
        }
        "Service" | "Federated" if !value.is_empty() => Ok(None),
        _ => Err(invalid()),
    }
}

/// A managed policy's document.
pub(super) fn managed(text: &str) -> Result<(), Fault> {
    quota("PolicySize", permissions(text)?.size(), MANAGED_SIZE)
}

/// All inline policies of a role together have one quota.
pub(super) fn inline(text: &str, others: usize) -> Result<(), Fault> {
    quota("PolicySize", others + permissions(text)?.size(), INLINE_SIZE)
}

pub(super) fn permissions(text: &str) -> Result<Document, Fault> {
    let document = parse(text)?;
    for statement in document.statements.as_slice() {
        if statement.principal.is_some() {
            return Err(malformed("Policy document should not specify a principal."));
        }
        if statement.resource.is_none() {
            return Err(malformed("Policy statement must contain resources."));
        }
    }
    Ok(document)
}

fn quota(name: &str, size: usize, most: usize) -> Result<(), Fault> {
    if size <= most {
        return Ok(());
    }
    Err(Fault::new("LimitExceeded", format!("Cannot exceed quota for {name}: {most}")))
}
