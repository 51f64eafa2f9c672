//! `--data-action` with its own `--input` and `--output`: what follows a data action belongs to it.

use clap::builder::NonEmptyStringValueParser;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};

const NAME: &str = "data_action";
const INPUT: &str = "input";
const OUTPUT: &str = "output";

/// The data actions on the command line, in their order.
#[derive(Debug, Default)]
pub struct ActionFlags {
    pub(super) names: Vec<String>,
    /// One for each; `None`: nothing says what it takes or returns.
    pub(super) inputs: Vec<Option<String>>,
    pub(super) outputs: Vec<Option<String>>,
}

impl ActionFlags {
    /// The first one without a contract of its own, and one with it, if there are both: then something was forgotten.
    pub(super) fn forgotten(&self) -> Option<(&str, &'static str)> {
        [(&self.inputs, "--input"), (&self.outputs, "--output")].into_iter().find_map(|(given, flag)| {
            let without = given.iter().position(Option::is_none)?;
            given.iter().any(Option::is_some).then(|| (self.names[without].as_str(), flag))
        })
    }

    pub(super) fn contract(&self, index: usize) -> [Option<&str>; 2] {
        [&self.inputs, &self.outputs].map(|given| given.get(index).and_then(Option::as_deref))
    }
}

/// For each data action the fields that follow it, a line each; what comes before the first is for all.
fn fields_of(matches: &ArgMatches, id: &str, actions: &[usize]) -> Vec<Option<String>> {
    let values = matches.get_many::<String>(id).into_iter().flatten();
    let places = matches.indices_of(id).into_iter().flatten();
    let mut of_all: Option<Vec<&str>> = None;
    let mut own: Vec<Option<Vec<&str>>> = vec![None; actions.len()];
    for (value, place) in values.zip(places) {
        let fields = match actions.iter().rposition(|action| *action < place) {
            Some(action) => &mut own[action],
            None => &mut of_all,
        };
        fields.get_or_insert_default().push(value);
    }
    own.into_iter().map(|own| own.or_else(|| of_all.clone()).map(|fields| fields.join("\n"))).collect()
}

impl FromArgMatches for ActionFlags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let names = matches.get_many::<String>(NAME).into_iter().flatten().cloned().collect();
        let places: Vec<usize> = matches.indices_of(NAME).into_iter().flatten().collect();
        let [inputs, outputs] = [INPUT, OUTPUT].map(|id| fields_of(matches, id, &places));
        Ok(Self { names, inputs, outputs })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for ActionFlags {
    fn augment_args(command: Command) -> Command {
        let field = |id: &'static str, help: &'static str| {
            Arg::new(id).long(id).value_name("NAME=TYPE").action(ArgAction::Append).requires(NAME).help(help)
        };
        command
            .arg(
                Arg::new(NAME)
                    .long("data-action")
                    .value_name("NAME")
                    .action(ArgAction::Append)
                    .value_parser(NonEmptyStringValueParser::new())
                    .requires("integration")
                    .help(
                        "Name of a data action of this integration; repeatable: the first for the first function, the second for the \
                         second",
                    ),
            )
            .arg(field(
                INPUT,
                "What the data action before it takes, such as OrderNumber=string; before the first one: what each takes; '': \
                 nothing. It cannot be changed once the action is published. Types: string (the same as none), integer, number, boolean (repeatable)",
            ))
            .arg(field(OUTPUT, "What the data action before it returns, such as status=string (repeatable)"))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> ActionFlags {
        let command = ActionFlags::augment_args(
            Command::new("init").no_binary_name(true).arg(Arg::new("integration").long("integration")),
        );
        let words = ["--integration", "I"].into_iter().chain(line.split(' '));
        ActionFlags::from_arg_matches(&command.try_get_matches_from(words).unwrap()).unwrap()
    }

    #[test]
    fn what_follows_a_data_action_is_its_own_and_what_comes_before_the_first_is_for_all() {
        let flags = read(
            "--output ok=boolean --data-action A --input a=string --input b --data-action B --input= --output c",
        );
        assert_eq!(flags.names, ["A", "B"]);
        assert_eq!(flags.contract(0), [Some("a=string\nb"), Some("ok=boolean")]);
        assert_eq!(flags.contract(1), [Some(""), Some("c")]);
        assert_eq!(flags.forgotten(), None);
        let flags = read("--data-action A --data-action B --input a");
        assert_eq!(flags.contract(0), [None, None]);
        assert_eq!(flags.forgotten(), Some(("A", "--input")));
    }
}
