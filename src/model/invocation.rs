//! How commands are printed, ready to type: on the specs of this run, with its options and guards.

use std::fmt;

/// What another command repeats of the one that runs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Invocation {
    /// `-C iam`, `--sandbox`, `--assume-role genesys-iam-plan`: of all commands.
    options: Vec<String>,
    /// Which of them names the role that this command assumes; it may be one that only reads.
    assume_role: Option<String>,
    /// This command writes, so a role that it assumes may do that.
    writes: bool,
    /// `--file genesys.toml`
    specs: Vec<String>,
    flags: Vec<RepeatedFlag>,
}

/// An option of a command, such as `--refuse-wider=strangers`, and the commands that take it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepeatedFlag {
    pub words: String,
    pub commands: &'static [&'static str],
    /// It chooses among the specs of the run: not for a command that names its own.
    pub is_selection: bool,
}

const PROGRAM: &str = "genesys-iam";
const BEGINS: &str = "`genesys-iam ";
/// For these, texts name the command but not its specs.
const TAKES_SPECS: [&str; 6] = ["plan", "apply", "check", "destroy", "permissions", "sandbox"];
const WRITES: [&str; 2] = ["apply", "destroy"];

/// `--refuse-wider=strangers` → `--refuse-wider`
fn option(words: &str) -> &str {
    words.split([' ', '=']).next().unwrap_or_default()
}

impl Invocation {
    /// `options` are those of all commands; `assume_role` is one of them, as it is in there.
    pub fn new(options: Vec<String>, assume_role: Option<String>, specs: Vec<String>) -> Self {
        Self { options, assume_role, specs, ..Self::default() }
    }

    /// The same with what the command itself was given.
    #[must_use]
    pub fn of_command(self, flags: Vec<RepeatedFlag>, writes: bool) -> Self {
        Self { flags, writes, ..self }
    }

    /// The same with more flags, but for those that it has.
    #[must_use]
    pub fn and(&self, flags: Vec<RepeatedFlag>) -> Self {
        let mut all = self.clone();
        for flag in flags {
            if !all.flags.contains(&flag) {
                all.flags.push(flag);
            }
        }
        all
    }

    /// The same for other specs; none if it finds them itself.
    #[must_use]
    pub fn on(&self, specs: Option<String>) -> Self {
        Self { specs: specs.into_iter().collect(), ..self.clone() }
    }

    /// Whether it is for the embedded sandbox.
    pub fn is_in_sandbox(&self) -> bool {
        self.options.iter().any(|words| words == "--sandbox")
    }

    /// The program with its options, for a command that writes.
    pub fn writer(&self) -> String {
        self.program(true, &self.specs)
    }

    /// Whether [`Self::writer`] has no role to assume, since the run assumes one that may only read.
    pub fn writes_as_another(&self) -> bool {
        !self.writes && self.assume_role.is_some()
    }

    /// A command on the same specs, with its flags: `apply --adopt` → `genesys-iam --file a.toml apply --prune --adopt`.
    pub fn command(&self, command: &str) -> String {
        self.whole(command, &self.specs, true)
    }

    fn whole(&self, command: &str, specs: &[String], is_same: bool) -> String {
        let (name, rest) = command.split_at(command.find(' ').unwrap_or(command.len()));
        let mut program = self.program(WRITES.contains(&name), specs);
        // `genesys-iam --sandbox sandbox serve` would say it twice.
        if name == "sandbox" {
            program = program.replace(" --sandbox", "");
        }
        format!("{program} {name}{}{rest}", self.flags(name, command, is_same))
    }

    /// The flags of this run that a command repeats, each after a blank, but for those that it has; `is_same`: it is about
    /// the same specs.
    pub fn flags(&self, name: &str, command: &str, is_same: bool) -> String {
        let has = |flag: &RepeatedFlag| command.split(' ').any(|word| option(word) == option(&flag.words));
        let repeated = self
            .flags
            .iter()
            .filter(|flag| flag.commands.contains(&name) && (is_same || !flag.is_selection) && !has(flag));
        repeated.map(|flag| format!(" {}", flag.words)).collect()
    }

    /// A text with its commands ready to type. One that starts with an option of its own is complete.
    pub fn commands(&self, text: &str) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(BEGINS) {
            let (before, after) = rest.split_at(at + BEGINS.len());
            let command = &after[..after.find('`').unwrap_or(after.len())];
            let name = command.split(' ').next().unwrap_or_default();
            if command.starts_with('-') {
                out.push_str(before);
                rest = after;
                continue;
            }
            // A file named elsewhere is not a spec.
            let specs = self.specs.iter().flat_map(|words| words.split(' ')).filter(|word| *word != "--file");
            let is_named = specs.into_iter().any(|spec| command.split(' ').any(|word| word == spec));
            let is_same = !command.contains("--file") && !is_named;
            let specs = if TAKES_SPECS.contains(&name) && is_same { self.specs.as_slice() } else { &[] };
            out.push_str(&before[..before.len() - BEGINS.len()]);
            out.push_str(&format!("`{}", self.whole(command, specs, is_same)));
            rest = &after[command.len()..];
        }
        out.push_str(rest);
        out
    }

    fn program(&self, writes: bool, specs: &[String]) -> String {
        let of_reader = |words: &&String| writes && !self.writes && self.assume_role.as_ref() == Some(*words);
        let options = self.options.iter().filter(|words| !of_reader(words));
        let words = std::iter::once(PROGRAM).chain(options.chain(specs).map(String::as_str));
        words.collect::<Vec<_>>().join(" ")
    }
}

/// The program with its options, for a command that reads.
impl fmt::Display for Invocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.program(false, &self.specs))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn a_command_repeats_the_options_of_the_run_and_one_that_is_whole_does_not() {
        let typed = Invocation::new(words(&["-C iam", "--sandbox"]), None, words(&["--file a.toml"]));
        let text = "`genesys-iam plan --out FILE`, `genesys-iam init`, `genesys-iam apply --file b.toml`, \
                    `genesys-iam --sandbox plan`, `genesys-iam apply a.toml`, `plan` and genesys-iam plan";
        assert_eq!(
            typed.commands(text),
            "`genesys-iam -C iam --sandbox --file a.toml plan --out FILE`, `genesys-iam -C iam --sandbox init`, \
             `genesys-iam -C iam --sandbox apply --file b.toml`, `genesys-iam --sandbox plan`, `genesys-iam -C iam --sandbox apply a.toml`, `plan` and genesys-iam plan"
        );
        assert_eq!(Invocation::default().commands(text), text);
        assert_eq!(
            typed.commands("`genesys-iam sandbox reset`"),
            "`genesys-iam -C iam --file a.toml sandbox reset`"
        );
    }

    #[test]
    fn a_command_repeats_the_guards_of_the_run_and_its_selection_where_the_specs_are_the_same() {
        let flag = |words: &str, is_selection| RepeatedFlag {
            words: words.to_owned(),
            commands: &["plan", "apply"],
            is_selection,
        };
        let flags = vec![
            flag("--prune", false),
            flag("--refuse-wider=strangers", false),
            flag("--except 'a b'", true),
        ];
        let typed = Invocation::new(Vec::new(), None, words(&["--file a.toml"])).of_command(flags, false);
        let commands = [
            (
                "plan --out FILE",
                "--file a.toml plan --prune --refuse-wider=strangers --except 'a b' --out FILE",
            ),
            (
                "apply p.json --prune",
                "--file a.toml apply --refuse-wider=strangers --except 'a b' p.json --prune",
            ),
            ("apply --file b.toml", "apply --prune --refuse-wider=strangers --file b.toml"),
            ("check", "--file a.toml check"),
        ];
        for (command, ready) in commands {
            assert_eq!(typed.commands(&format!("`genesys-iam {command}`")), format!("`genesys-iam {ready}`"));
        }
        assert_eq!(
            typed.command("apply"),
            "genesys-iam --file a.toml apply --prune --refuse-wider=strangers --except 'a b'"
        );
    }

    #[test]
    fn the_role_of_a_command_that_reads_is_not_named_for_one_that_writes() {
        let role = "--assume-role 'ci/plan it'";
        let options = words(&["--sandbox", role]);
        let reads = Invocation::new(options.clone(), Some(role.to_owned()), Vec::new());
        assert_eq!(reads.writer(), "genesys-iam --sandbox");
        assert_eq!(
            reads.commands("`genesys-iam apply`, `genesys-iam check`"),
            format!("`genesys-iam --sandbox apply`, `genesys-iam --sandbox {role} check`")
        );
        assert_eq!(
            reads.of_command(Vec::new(), true).command("apply"),
            format!("genesys-iam --sandbox {role} apply")
        );
    }
}
