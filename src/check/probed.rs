//! Evidence from real calls: `sts:AssumeRole` with the right, a wrong and no external ID, then `lambda:Invoke` with
//! `DryRun` under the session's credentials.

use super::evaluated::{may_assume, name_of, near_misses};
use super::{Level, Line, Outcome};
use crate::arn::{Arn, FunctionArn};
use crate::aws::{self, AwsError, Clients};
use crate::model::{DesiredRole, LiveRole};
use crate::policy::{Decision, Principal};

/// Whether the trust policy lets the caller in: that decides what a refusal proves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Admission {
    Admitted,
    NotAdmitted,
    Unknown,
}

/// Who makes the probes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Prober {
    admission: Admission,
    /// An identity of the account that the spec trusts.
    is_genesys: bool,
}

/// Which external ID a probe presents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Presented {
    Right,
    Wrong,
    None,
}

/// Makes the probes as `caller` (an ARN).
pub async fn probed(
    clients: &Clients,
    caller: &str,
    role: &LiveRole,
    desired: &DesiredRole,
    session_name: &str,
) -> Vec<Line> {
    let right = desired.external_id.expose();
    let principal = Principal::Aws(caller.to_owned());
    let admission = match may_assume(role, &principal, Some(right)).decision {
        Decision::Allowed => Admission::Admitted,
        Decision::ImplicitDeny | Decision::ExplicitDeny => Admission::NotAdmitted,
        Decision::Undecided => Admission::Unknown,
    };
    let account = caller.parse::<Arn>().map(|arn| arn.account).unwrap_or_default();
    let prober = Prober { admission, is_genesys: account == desired.genesys_account_id.as_str() };
    let arn = &role.role.arn;
    let [wrong, _] = near_misses(right);
    let (with_wrong, with_none, with_right) = tokio::join!(
        aws::assume_role(clients, arn, Some(&wrong), session_name),
        aws::assume_role(clients, arn, None, session_name),
        aws::assume_role(clients, arn, Some(right), session_name),
    );
    let mut lines = vec![
        interpret(Presented::Wrong, prober, with_wrong.as_ref().map(|_| ())),
        interpret(Presented::None, prober, with_none.as_ref().map(|_| ())),
        interpret(Presented::Right, prober, with_right.as_ref().map(|_| ())),
    ];
    if let Ok(session) = with_right {
        let session = clients.with_credentials(session.credentials);
        for function in &desired.functions {
            let answer = aws::invoke_dry_run(&session, function).await;
            lines.push(interpret_invoke(function, admission, answer));
        }
    }
    lines
}

fn interpret(presented: Presented, prober: Prober, answer: Result<(), &AwsError>) -> Line {
    let Prober { admission, is_genesys } = prober;
    use Admission::{Admitted, NotAdmitted};
    use Outcome::{Fail, NotProvable, Pass};

    let id = match presented {
        Presented::Right => "the right external ID",
        Presented::Wrong => "a wrong external ID",
        Presented::None => "no external ID",
    };
    let claim = match (presented, admission) {
        (Presented::Right, Admitted) => format!("sts:AssumeRole with {id} succeeds"),
        (Presented::Right, _) => format!("sts:AssumeRole with {id}, from here"),
        _ => format!("sts:AssumeRole with {id} is refused"),
    };
    let refused = answer.as_ref().err().is_some_and(|error| error.is_access_denied());
    let seen = match &answer {
        Ok(()) => "it succeeded".to_owned(),
        Err(_) if refused => "AWS refused it (AccessDenied)".to_owned(),
        Err(error) => format!("the call failed: {}", error.brief()),
    };
    let level = if presented == Presented::Right { Level::Assumed } else { Level::Refused };
    let (outcome, meaning) = match (presented, admission, answer) {
        (_, _, Err(_)) if !refused => (NotProvable, "neither a refusal nor a success: nothing is known".to_owned()),
        (Presented::Wrong | Presented::None, _, Ok(())) => (
            Fail,
            "the role is OPEN: whoever knows its ARN can assume it, external ID or not".to_owned(),
        ),
        (Presented::Wrong | Presented::None, Admitted, Err(_)) => {
            (Pass, "this caller is let in with the right external ID only: the ID is enforced".to_owned())
        }
        (Presented::Wrong | Presented::None, _, Err(_)) => (
            NotProvable,
            "right, but it proves little: this caller would be refused whatever external ID it brings".to_owned(),
        ),
        (Presented::Right, Admitted, Ok(())) => {
            (Pass, "the trust policy works, as AWS sees it".to_owned())
        }
        (Presented::Right, NotAdmitted, Ok(())) => (
            Fail,
            "the trust policy does not name this caller, and yet AWS let it in: the role is open".to_owned(),
        ),
        (Presented::Right, Admission::Unknown, Ok(())) => (
            NotProvable,
            "AWS let this caller in; whether the trust policy means to cannot be told from it".to_owned(),
        ),
        (Presented::Right, Admitted, Err(_)) => (
            Fail,
            "the trust policy names this caller: its own policies must allow sts:AssumeRole on the role too; a role \
             made seconds ago may need a moment"
                .to_owned(),
        ),
        (Presented::Right, NotAdmitted, Err(_)) if is_genesys => {
            (Fail, "this is Genesys Cloud's own account: the trust policy keeps it out".to_owned())
        }
        (Presented::Right, _, Err(_)) => (
            NotProvable,
            "right: the trust policy names Genesys Cloud, not this caller. Only Genesys Cloud's account can prove \
             more"
                .to_owned(),
        ),
    };
    Line { level, claim, outcome, seen, meaning }
}

fn interpret_invoke(function: &FunctionArn, admission: Admission, answer: Result<(), AwsError>) -> Line {
    let claim = format!("lambda:Invoke (DryRun) of {} is permitted to the session", name_of(function));
    let (outcome, seen, meaning) = match answer {
        Ok(()) if admission == Admission::NotAdmitted => (
            Outcome::Fail,
            "AWS permits it".to_owned(),
            "a caller whom the trust policy does not name came this far".to_owned(),
        ),
        Ok(()) => (
            Outcome::Pass,
            "AWS permits it; the function was not run".to_owned(),
            "whoever assumes the role with the right external ID can invoke this function".to_owned(),
        ),
        Err(error) if error.is_access_denied() => (
            Outcome::Fail,
            "AWS refused it (AccessDenied)".to_owned(),
            "the role's policies, its boundary or the function's own policy forbid it: see above".to_owned(),
        ),
        Err(error) if error.is_not_found() => (
            Outcome::Fail,
            "there is no such function, alias or version".to_owned(),
            "deploy the function, or correct `functions` in the spec".to_owned(),
        ),
        Err(error) => (
            Outcome::NotProvable,
            format!("the call failed: {}", error.brief()),
            "neither a refusal nor a success: nothing is known".to_owned(),
        ),
    };
    Line { level: Level::Assumed, claim, outcome, seen, meaning }
}
