//! What fails as long as the rest of a run that ended early is not made.

use super::change::GenesysChange;
use crate::plan::change::Change;
use crate::plan::model::Plan;

/// Something that worked before the run, or may have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HalfWay {
    /// The integration, by name, is off until the end.
    Off { integration: String },
    /// The data action calls its new function, and its integration still uses the former role.
    Ahead { action: String, function: String, role: Option<String> },
}

/// `is_done` says which changes were made.
pub fn half_way(plan: &Plan, is_done: impl Fn(&Change) -> bool) -> Vec<HalfWay> {
    let mut found = Vec::new();
    for role in &plan.roles {
        // Data actions and their functions.
        let mut moved: Vec<(String, String)> = Vec::new();
        let mut off = None;
        for change in &role.changes {
            let Change::Genesys(genesys) = change else { continue };
            match (genesys, is_done(change)) {
                (GenesysChange::PatchIntegration { name, enabled, .. }, true) => {
                    off = (!enabled).then(|| name.clone());
                }
                (GenesysChange::PatchIntegration { enabled: true, .. }, false) => {
                    found.extend(off.take().map(|integration| HalfWay::Off { integration }));
                }
                (GenesysChange::PatchIntegrationsAction { before, after, .. }, true)
                    if before.target != after.target =>
                {
                    moved.push((after.content.name.clone(), after.target.clone()));
                }
                (hand_over, false) if hand_over.hands_over() => {
                    let former = match hand_over {
                        GenesysChange::PutIntegrationsCredential { arn, .. } => arn.before.clone(),
                        _ => None,
                    };
                    let ahead =
                        |(action, function)| HalfWay::Ahead { action, function, role: former.clone() };
                    found.extend(moved.drain(..).map(ahead));
                }
                _ => {}
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::change::Handle;
    use super::*;
    use crate::model::{LiveState, resolve};
    use crate::plan::model::RolePlan;
    use crate::spec::{self, EmptyEnvironment};

    #[test]
    fn an_integration_is_off_until_it_is_on_again() {
        let spec =
            spec::parse(include_str!("../../../examples/genesys.toml"), "genesys", &EmptyEnvironment).0;
        let desired = resolve(&spec.unwrap(), &Default::default());
        let switch = |enabled| {
            let (integration, name) = (Handle::Id("1".to_owned()), "Orders".to_owned());
            Change::Genesys(GenesysChange::PatchIntegration { integration, name, enabled })
        };
        let changes = vec![switch(false), switch(true)];
        let roles = vec![RolePlan { changes, ..RolePlan::empty("R") }];
        let plan = Plan { roles, ..crate::plan::diff(&LiveState::default(), &desired) };
        let after = |made: usize| {
            let made = &plan.roles[0].changes[..made];
            half_way(&plan, |change| made.iter().any(|done| std::ptr::eq(done, change)))
        };
        let off = HalfWay::Off { integration: "Orders".to_owned() };
        assert_eq!((after(0), after(1), after(2)), (vec![], vec![off], vec![]));
    }
}
