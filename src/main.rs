//! Runtime, log and exit status.

use std::process::ExitCode;
use std::{io, panic};

use clap::CommandFactory;
use clap::error::ErrorKind;
use clap_complete::CompleteEnv;
use genesys_iam::cli::Cli;
use genesys_iam::commands::complete::remember_shell;
use genesys_iam::commands::options::ColorWhen;
use genesys_iam::commands::usage::with_tip;
use genesys_iam::commands::{Status, report};
use genesys_iam::render::output::Output;

fn main() -> ExitCode {
    // When called by a shell through the script from `completions`, it answers and exits here.
    remember_shell();
    CompleteEnv::with_factory(Cli::command).complete();
    let cli: Cli = match Cli::from_arguments() {
        Ok(cli) => cli,
        Err(error) => {
            let error = with_tip(error);
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
    let output = Output::default().quiet(cli.global.quiet).of_invocation(cli.invocation());
    watch_panics(&output);
    start_log(cli.global.verbose, &output);
    match cli.run(&output) {
        Ok(status) => status.into(),
        Err(error) => {
            report(&error, &output);
            error.status().into()
        }
    }
}

/// Panic messages are masked like all other output.
fn watch_panics(output: &Output) {
    let output = output.clone();
    panic::set_hook(Box::new(move |info| {
        let place = info.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
        output.panicked(info.payload_as_str().unwrap_or("without words"), &place);
    }));
}

/// Writes log lines like all other output.
struct Log(Output);

impl io::Write for Log {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.log(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Logs to standard error, only this crate's own lines: the SDK's would show headers and bodies, including secrets.
fn start_log(verbose: u8, output: &Output) {
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
    let output = output.clone();
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(move || Log(output.clone()))
        .with_ansi(false)
        .with_target(false);
    tracing_subscriber::registry().with(lines.with_filter(filter.and(own))).init();
}
