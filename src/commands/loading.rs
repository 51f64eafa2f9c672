//! Specs as commands load them, and what the sandbox starts with for one.

use std::collections::BTreeSet;

use super::options::Global;
use super::page;
use super::specs::SpecSource;
use super::{CommandError, specs};
use crate::arn::FunctionArn;
use crate::render::diagnostics;
use crate::render::output::Output;
use crate::render::redact::MASKED_ID;
use crate::render::style::{WARNING, paint};
use crate::sandbox::{GenesysSeed, Sandbox, SandboxError, Seed};
use crate::spec::{Diagnostic, LoadOptions, Loaded, RoleSpec, Severity, Spec};
use crate::text::{plural, shell_word};

/// Opens the sandbox beside a spec, with what that spec needs.
///
/// # Errors
///
/// If its state cannot be used.
pub fn open_sandbox(source: &SpecSource, seed: &Seed) -> Result<Sandbox, SandboxError> {
    let state = source.state_file();
    match source {
        SpecSource::Demonstration => Sandbox::open_demonstration(&state, seed),
        SpecSource::File(_) | SpecSource::Found(_) | SpecSource::Stdin => Sandbox::open(&state, seed),
    }
}

/// Reads a spec, prints its warnings and registers what must be masked.
pub fn load(from: &SpecSource, global: &Global, output: &Output) -> Result<Spec, CommandError> {
    load_with(from, LoadOptions { is_offline: false, ..offline(global) }, output)
}

/// The same for a command that only inspects it: it needs no secret.
pub fn load_offline(from: &SpecSource, global: &Global, output: &Output) -> Result<Spec, CommandError> {
    load_with(from, offline(global), output)
}

/// Masks what the specs at hand keep out of their files, for commands that need no spec.
pub(super) fn mask_ids_of_specs(global: &Global, output: &Output) {
    let mut sources = specs::named(global, &Output::capture()).unwrap_or_default();
    sources.retain(|source| !matches!(source, SpecSource::Stdin));
    for source in sources {
        if let Ok(spec) = load_offline(&source, global, &Output::capture()) {
            output.mask(|redactor| {
                spec.roles.iter().for_each(|role| redactor.add_external_id(&role.external_id))
            });
        }
    }
}

/// A spec's text; an external ID that is masked elsewhere must not be in a file either.
pub(super) fn with_ids_from_variables(text: String, output: &Output) -> String {
    const VARIABLE: &str = "{ env = \"GENESYS_EXTERNAL_ID\" }";
    let text = output.with_references(&text);
    let masked = output.masker()(&text).replace(&format!("{MASKED_ID:?}"), VARIABLE);
    if masked.contains(VARIABLE) { masked } else { text }
}

pub(super) fn offline(global: &Global) -> LoadOptions<'_> {
    LoadOptions { allowed: &global.allow_env, is_offline: true, today: page::today() }
}

fn load_with(from: &SpecSource, options: LoadOptions<'_>, output: &Output) -> Result<Spec, CommandError> {
    let Loaded { spec, source, warnings } = from.load(options)?;
    output.mask(|redactor| spec.roles.iter().for_each(|role| redactor.add_external_id(&role.external_id)));
    if let Some(external_id) = spec.aws.assume_role.as_ref().and_then(|role| role.external_id.as_ref()) {
        output.mask(|redactor| redactor.add_external_id(external_id));
    }
    if !warnings.is_empty() {
        let (shown, left) = match options.is_offline {
            true => (warnings, 0),
            false => first_of_each(warnings),
        };
        output.message(&diagnostics::render(&shown, &from.to_string(), &source));
        if left > 0 {
            let note = paint(WARNING, "note:");
            let file = from.path().map(|path| format!(" {}", shell_word(&path.to_string_lossy())));
            let all = format!("`genesys-iam validate{}` shows all", file.unwrap_or_default());
            let (left, all) = (plural(left, "more warning"), output.remedy(&all));
            output.note(&format!("{note} {left} like these: {all}\n"));
        }
    }
    Ok(spec)
}

/// Of warnings that say the same, the first, and how many others there are. Commands that only inspect a spec are about
/// all of them.
fn first_of_each(warnings: Vec<Diagnostic>) -> (Vec<Diagnostic>, usize) {
    let mut seen = BTreeSet::new();
    let all = warnings.len();
    let is_shown = |one: &Diagnostic| one.severity != Severity::Warning || seen.insert(one.message.clone());
    let shown: Vec<Diagnostic> = warnings.into_iter().filter(is_shown).collect();
    let left = all - shown.len();
    (shown, left)
}

/// What the sandbox starts with: the spec's account and functions, and an empty organization.
pub fn seed(spec: &Spec) -> Seed {
    let functions = |role: &RoleSpec| -> Vec<FunctionArn> {
        role.functions.iter().map(|function| function.arn.clone()).collect()
    };
    Seed {
        account: spec.aws.account_id.clone(),
        partition: spec.aws.partition.clone(),
        region: spec.aws.region.clone(),
        functions: spec.roles.iter().flat_map(functions).collect(),
        genesys: spec.roles.first().map(|role| GenesysSeed {
            credentials: spec.genesys.credentials.clone(),
            organization_id: role.external_id.expose().to_owned(),
            account: role.genesys_account_id.clone(),
            integrations: Vec::new(),
        }),
    }
}
