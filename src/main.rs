//! Runtime, log and exit status.

use std::error::Error;
use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;
use genesys_iam::cli::{Cli, ColorWhen};
use genesys_iam::commands::{self, CommandError, Status};
use genesys_iam::render::diagnostics;
use genesys_iam::render::output::Output;
use genesys_iam::render::style::{ERROR, HELP, paint};
use genesys_iam::spec::LoadError;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            let asked = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
            return if asked { Status::Done } else { Status::Usage }.into();
        }
    };
    let color = match cli.global.color {
        ColorWhen::Auto => anstream::ColorChoice::Auto,
        ColorWhen::Always => anstream::ColorChoice::Always,
        ColorWhen::Never => anstream::ColorChoice::Never,
    };
    color.write_global();
    start_log(cli.global.verbose);

    let output = Output::default();
    match commands::run(&cli, &output) {
        Ok(status) => status.into(),
        Err(error) => {
            report(&error, &output);
            error.status().into()
        }
    }
}

/// One error: what was being done, the cause, and on a line of its own what to do next.
fn report(error: &CommandError, output: &Output) {
    if let CommandError::Spec(LoadError::Invalid { path, text, diagnostics }) = error {
        output.message(&diagnostics::render(diagnostics, &path.display().to_string(), text));
        let faults = match diagnostics.len() {
            1 => "1 fault".to_owned(),
            n => format!("{n} faults"),
        };
        output.message(&format!("{} {faults} in {}\n", paint(ERROR, "error:"), path.display()));
        return;
    }
    let mut text = format!("{} {error}\n", paint(ERROR, "error:"));
    // Some say their causes themselves.
    let says_itself = matches!(
        error,
        CommandError::Aws(_)
            | CommandError::Genesys(_)
            | CommandError::Policy { .. }
            | CommandError::Request { .. }
    );
    let mut cause = if says_itself { None } else { error.source() };
    while let Some(source) = cause {
        text.push_str(&format!("  caused by: {source}\n"));
        cause = source.source();
    }
    if let Some(help) = error.help() {
        text.push_str(&format!("{} {help}\n", paint(HELP, "help:")));
    }
    output.message(&text);
}

/// Logs to standard error. Only this crate's own lines: the SDK's would show headers and bodies, and with them secrets.
fn start_log(verbose: u8) {
    use tracing_subscriber::filter::{EnvFilter, FilterExt, filter_fn};
    use tracing_subscriber::prelude::*;

    let default = match verbose {
        0 => "off",
        1 => "genesys_iam=debug",
        _ => "genesys_iam=trace",
    };
    let filter = match std::env::var("RUST_LOG") {
        Ok(filter) if verbose == 0 && !filter.is_empty() => EnvFilter::new(filter),
        _ => EnvFilter::new(default),
    };
    let own = filter_fn(|metadata| metadata.target().starts_with("genesys_iam"));
    let lines =
        tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(false).with_target(false);
    tracing_subscriber::registry().with(lines.with_filter(filter.and(own))).init();
}
