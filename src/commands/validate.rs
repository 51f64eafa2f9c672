//! `validate`: the spec, offline.

use super::{CommandError, Status, session};
use crate::cli::Global;
use crate::render::output::Output;
use crate::render::style::{GOOD, paint};

pub fn run(global: &Global, output: &Output) -> Result<Status, CommandError> {
    let spec = session::load(global, output)?;
    let roles = match spec.roles.len() {
        1 => "1 role".to_owned(),
        n => format!("{n} roles"),
    };
    output.result(&format!(
        "{} {}: {roles}, AWS account {}\n",
        paint(GOOD, "Valid."),
        global.file.display(),
        spec.aws.account_id
    ))?;
    Ok(Status::Done)
}
