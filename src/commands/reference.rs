//! Every command with its options, from the program itself.

use std::fmt::Write;

use clap::Command;

/// A page of the documentation.
pub fn reference(program: Command) -> String {
    let mut out = String::from(
        "# Every option\n\nWritten by `genesys-iam` itself; a test keeps it current. [Commands](commands.md) explains them.\n",
    );
    let mut cli = program.term_width(100).disable_help_flag(true).disable_help_subcommand(true);
    cli.build();
    section(&mut out, &cli);
    out
}

fn section(out: &mut String, command: &Command) {
    let name = command.get_bin_name().unwrap_or(command.get_name()).to_owned();
    let help = command.clone().render_long_help().to_string();
    let _ = writeln!(out, "\n## {name}\n\n```text\n{}\n```", help.trim_end());
    for inner in command.get_subcommands().filter(|inner| !inner.is_hide_set()) {
        section(out, inner);
    }
}
