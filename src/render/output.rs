//! The only place that writes to standard output and standard error.

use std::future::Future;
use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard};
use std::time::Duration;

use serde_json::Value;
use terminal_size::Width;

use super::redact::Redactor;
use super::style::{DIM, paint};
use crate::explain::{Explain, Status};
use crate::model::{Invocation, RepeatedFlag};
use crate::policy::EXTERNAL_ID;
use crate::text::{inert, lines, without_passwords};

const MOMENT: Duration = Duration::from_millis(500);
const SECOND: Duration = Duration::from_secs(1);

/// Writes text, masked. Cheap to clone; all clones mask the same values.
#[derive(Clone, Default)]
pub struct Output {
    redactor: Arc<RwLock<Redactor>>,
    captured: Option<Arc<Mutex<String>>>,
    /// Prefix of each line of a message when several specs are processed at once.
    spec: Option<Arc<str>>,
    /// Something else already says what we are waiting for.
    is_inner: bool,
    /// Whether to omit notes and progress.
    is_quiet: bool,
    /// What printed commands repeat.
    invocation: Arc<RwLock<Invocation>>,
    /// Whether the terminal's last line says what we are waiting for.
    is_waiting: Arc<AtomicBool>,
}

impl Output {
    /// Keeps everything, without colour, instead of writing it.
    pub fn capture() -> Self {
        Self { captured: Some(Arc::default()), ..Self::default() }
    }

    /// The same, for work awaited as a whole.
    #[must_use]
    pub fn inner(&self) -> Self {
        Self { is_inner: true, ..self.clone() }
    }

    /// The same, with messages that name their spec.
    #[must_use]
    pub fn for_spec(&self, spec: &str) -> Self {
        Self { spec: Some(spec.into()), ..self.clone() }
    }

    /// What was kept so far.
    pub fn captured(&self) -> String {
        let lock = |text: &Arc<Mutex<String>>| text.lock().unwrap_or_else(PoisonError::into_inner).clone();
        self.captured.as_ref().map(lock).unwrap_or_default()
    }

    /// Adds values to be masked from now on.
    pub fn mask(&self, add: impl FnOnce(&mut Redactor)) {
        add(&mut self.redactor.write().unwrap_or_else(PoisonError::into_inner));
    }

    /// The current state, with every secret that the process holds by now.
    fn redactor(&self) -> RwLockReadGuard<'_, Redactor> {
        let read = || self.redactor.read().unwrap_or_else(PoisonError::into_inner);
        if read().is_behind() {
            self.mask(Redactor::catch_up);
        }
        read()
    }

    /// A panic, whose message may contain anything. It may have happened while values were added.
    pub fn panicked(&self, words: &str, place: &str) {
        let words = match self.redactor.try_read() {
            Ok(redactor) if !redactor.is_behind() => {
                inert(&lines(&without_passwords(&redactor.apply(words))))
            }
            _ => "(its words may hold a secret)".to_owned(),
        };
        let text = format!("genesys-iam has a bug: it panicked at {place}: {words}\n");
        let _ = io::stderr().write_all(text.as_bytes());
    }

    /// A log line.
    pub fn log(&self, line: &[u8]) {
        let _ = io::stderr().write_all(self.plain(&String::from_utf8_lossy(line)).as_bytes());
    }

    /// A text that may name external IDs, and is the user's own file.
    pub fn without_secrets(&self, text: &str) -> String {
        self.redactor().without_secrets(text)
    }

    /// A result, to standard output.
    pub fn result(&self, text: &str) -> Result<(), OutputError> {
        if self.keep(text) {
            return Ok(());
        }
        let text = self.masked(text);
        let text = match terminal_size::terminal_size_of(io::stdout()) {
            Some((Width(width), _)) => wrapped(&text, usize::from(width)),
            None => text,
        };
        let mut stdout = anstream::stdout().lock();
        // A reader that stops early (`plan | head`) is not an error.
        match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(OutputError(error)),
            _ => Ok(()),
        }
    }

    /// Whether a person reads the result as it is printed.
    pub fn is_on_a_terminal(&self) -> bool {
        self.captured.is_none() && io::stdout().is_terminal()
    }

    /// A page, to standard output. Its texts were masked one by one before escaping.
    pub fn page(&self, page: &str) -> Result<(), OutputError> {
        let page = &self.without_secrets(page);
        if let Some(captured) = &self.captured {
            captured.lock().unwrap_or_else(PoisonError::into_inner).push_str(page);
            return Ok(());
        }
        let mut stdout = io::stdout().lock();
        match stdout.write_all(page.as_bytes()).and_then(|()| stdout.flush()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(OutputError(error)),
            _ => Ok(()),
        }
    }

    /// The same without notes and progress.
    #[must_use]
    pub fn quiet(self, is_quiet: bool) -> Self {
        Self { is_quiet, ..self }
    }

    /// The same, with commands that repeat these options.
    #[must_use]
    pub fn of_invocation(self, invocation: Invocation) -> Self {
        Self { invocation: Arc::new(RwLock::new(invocation)), ..self }
    }

    /// How another command is typed.
    pub fn invocation(&self) -> Invocation {
        self.invocation.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Flags that commands must repeat, too, as a file that was read says.
    pub fn repeat(&self, flags: Vec<RepeatedFlag>) {
        let mut invocation = self.invocation.write().unwrap_or_else(PoisonError::into_inner);
        *invocation = invocation.and(flags);
    }

    /// A text with its commands ready to type.
    pub fn remedy(&self, text: &str) -> String {
        self.invocation().commands(text)
    }

    pub fn is_quiet(&self) -> bool {
        self.is_quiet
    }

    /// Useful information, to standard error.
    pub fn note(&self, text: &str) {
        if !self.is_quiet {
            self.message(text);
        }
    }

    /// Warnings, errors and questions, to standard error; a failure to write is ignored.
    pub fn message(&self, text: &str) {
        let text = &match &self.spec {
            Some(spec) => {
                let lines = text.split_inclusive('\n').filter(|line| !line.trim().is_empty());
                lines.map(|line| format!("{} {line}", paint(DIM, &format!("[{spec}]")))).collect()
            }
            None => text.to_owned(),
        };
        if self.keep(text) {
            return;
        }
        self.clear_progress();
        let text = self.masked(text);
        let text = match terminal_size::terminal_size_of(io::stderr()) {
            Some((Width(width), _)) => wrapped(&text, usize::from(width)),
            None => text,
        };
        let _ = anstream::stderr().lock().write_all(text.as_bytes());
    }

    /// Shows on a terminal what we are waiting for, once that takes longer than a moment.
    pub async fn waiting<T>(&self, what: &str, work: impl Future<Output = T>) -> T {
        self.waiting_for(|| what.to_owned(), work).await
    }

    /// The same for text that changes while it is shown, such as counts.
    pub async fn waiting_for<T>(&self, what: impl Fn() -> String, work: impl Future<Output = T>) -> T {
        if self.is_inner || self.is_quiet || self.captured.is_some() || !io::stderr().is_terminal() {
            return work.await;
        }
        let done = narrated(what, work, |line| {
            self.message(&paint(DIM, &line));
            self.is_waiting.store(true, Ordering::Relaxed);
        });
        let done = done.await;
        self.clear_progress();
        done
    }

    /// Removes the line that says what we are waiting for.
    fn clear_progress(&self) {
        if self.is_waiting.swap(false, Ordering::Relaxed) {
            let _ = anstream::stderr().lock().write_all(b"\r\x1b[2K");
        }
    }

    fn keep(&self, text: &str) -> bool {
        let Some(captured) = &self.captured else { return false };
        let text = anstream::adapter::strip_str(&self.masked(text)).to_string();
        captured.lock().unwrap_or_else(PoisonError::into_inner).push_str(&text);
        true
    }

    /// JSON with every text masked. Its keys are this program's own, and those of documents.
    pub fn masked_json(&self, value: &Value) -> Value {
        self.masked_member("", value)
    }

    fn masked_member(&self, key: &str, value: &Value) -> Value {
        let redactor = || self.redactor();
        let is_external_id = key.eq_ignore_ascii_case(EXTERNAL_ID);
        match value {
            Value::String(text) if is_external_id => Value::String(redactor().apply_to_external_id(text)),
            Value::String(text) => Value::String(without_passwords(&redactor().apply(text)).into_owned()),
            Value::Number(number) if is_external_id => {
                let (text, masked) =
                    (number.to_string(), redactor().apply_to_external_id(&number.to_string()));
                if masked == text { value.clone() } else { Value::String(masked) }
            }
            Value::Array(items) => {
                Value::Array(items.iter().map(|item| self.masked_member(key, item)).collect())
            }
            Value::Object(members) => {
                let name = |key: &String| match is_own_key(key) {
                    true => key.clone(),
                    false => without_passwords(&redactor().apply(key)).into_owned(),
                };
                let is_of_one = members.get("what").is_some_and(|what| what == "external ID");
                let of = |key| if is_of_one && key == "value" { EXTERNAL_ID } else { key };
                Value::Object(
                    members
                        .iter()
                        .map(|(key, value)| (name(key), self.masked_member(of(key), value)))
                        .collect(),
                )
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
        }
    }

    /// Masks a value, for code that escapes text before it is printed.
    pub fn masker(&self) -> impl Fn(&str) -> String + '_ {
        |text| self.redactor().apply(text)
    }

    /// A spec's text that takes masked external IDs from where the spec at hand has them.
    pub fn with_references(&self, text: &str) -> String {
        self.redactor().with_references(text)
    }

    /// Text for a file: masked and without colour.
    pub fn plain(&self, text: &str) -> String {
        anstream::adapter::strip_str(&self.masked(text)).to_string()
    }

    fn masked(&self, text: &str) -> String {
        let masked = self.redactor().apply(text);
        inert(&lines(&without_passwords(&masked)))
    }
}

/// Member names in this program's reports and AWS's documents; other keys are names that somebody chose.
fn is_own_key(key: &str) -> bool {
    key.bytes().all(|b| b.is_ascii_alphabetic() || matches!(b, b'_' | b':'))
}

/// Shows a line after a moment, then a new one each second: a static line looks dead.
async fn narrated<T>(what: impl Fn() -> String, work: impl Future<Output = T>, show: impl Fn(String)) -> T {
    tokio::pin!(work);
    let (mut pause, mut seconds) = (MOMENT, 0);
    loop {
        tokio::select! {
            done = &mut work => return done,
            () = tokio::time::sleep(pause) => {}
        }
        show(if seconds == 0 { format!("{} …", what()) } else { format!("{} … {seconds} s", what()) });
        // The first line was half a second late.
        pause = if seconds == 0 { MOMENT } else { SECOND };
        seconds += 1;
    }
}

/// Breaks lines at spaces, and indents continuations under the line's own text: after `help:` or a number, otherwise by
/// two. What is copied stays whole: commands, lines for a spec, quoted lines of a file, text without spaces.
pub(super) fn wrapped(text: &str, width: usize) -> String {
    let wrap = |line: &str| {
        let plain = anstream::adapter::strip_str(line).to_string();
        let is_quoted = plain.trim_start_matches(|c: char| c == ' ' || c.is_ascii_digit()).starts_with('|');
        let rest = line.trim_start_matches(' ');
        let indent = line.len() - rest.len();
        // A command is copied as it is: a terminal that breaks it itself still copies one line.
        let is_command = plain.trim_start().starts_with("$ ") || is_of_a_spec(plain.trim_start());
        if textwrap::core::display_width(&plain) <= width || width < indent + 40 || is_quoted || is_command {
            return line.to_owned();
        }
        let (at, under) = (" ".repeat(indent), " ".repeat(indent + hang(plain.trim_start())));
        let options = textwrap::Options::new(width).initial_indent(&at).subsequent_indent(&under);
        let (separator, splitter) =
            (textwrap::WordSeparator::Custom(words), textwrap::WordSplitter::NoHyphenation);
        let filled = textwrap::fill(
            rest,
            options.break_words(false).word_separator(separator).word_splitter(splitter),
        );
        // Between a question and its answer.
        format!("{filled}{}", &rest[rest.trim_end_matches(' ').len()..])
    };
    text.split('\n').map(wrap).collect::<Vec<_>>().join("\n")
}

/// The words of a line, with the spaces behind them; what is between backticks is one.
fn words(line: &str) -> Box<dyn Iterator<Item = textwrap::core::Word<'_>> + '_> {
    let mut found = Vec::new();
    let (mut start, mut closes) = (0, None);
    let mut characters = line.char_indices().peekable();
    while let Some((at, c)) = characters.next() {
        match c {
            '`' if closes == Some(at) => closes = None,
            '`' if closes.is_none() => closes = line[at + 1..].find('`').map(|end| at + 1 + end),
            ' ' if closes.is_none() && characters.peek().is_some_and(|(_, next)| *next != ' ') => {
                found.push(textwrap::core::Word::from(&line[start..=at]));
                start = at + 1;
            }
            _ => {}
        }
    }
    found.push(textwrap::core::Word::from(&line[start..]));
    Box::new(found.into_iter())
}

/// `[[role.accept]]` or `digest = "…"`: broken, it would not be TOML any more.
fn is_of_a_spec(line: &str) -> bool {
    let is_key = |key: &str| {
        !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte))
    };
    let table = line.trim_end().strip_prefix('[').and_then(|line| line.strip_suffix(']'));
    let table = table.map(|table| table.trim_start_matches('[').trim_end_matches(']'));
    let starts_a_value = |value: &str| value.starts_with(['"', '\'', '[', '{']);
    table.is_some_and(is_key)
        || line.split_once(" = ").is_some_and(|(key, value)| is_key(key) && starts_a_value(value))
}

/// How far to indent a line's continuation: to the text after its mark.
fn hang(line: &str) -> usize {
    let mark = line.split(' ').next().unwrap_or_default();
    let is_number = mark.len() < 4 && mark.trim_end_matches('.').parse::<u8>().is_ok();
    let is_title = mark.len() < 10 && mark.ends_with(':');
    if (is_number || is_title) && line.len() > mark.len() + 1 { mark.chars().count() + 1 } else { 2 }
}

#[derive(Debug, thiserror::Error)]
#[error("cannot write to standard output")]
pub struct OutputError(#[from] io::Error);

impl Explain for OutputError {
    fn help(&self) -> Option<String> {
        None
    }

    fn status(&self) -> Status {
        Status::Error
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_masks_external_ids_and_no_key_or_word_of_its_own() {
        let output = Output::capture();
        output.mask(|redactor| {
            ["unknown", "value", "12345678"].iter().for_each(|id| redactor.add_other_external_id(id))
        });
        let value = serde_json::json!({
            "value": "unknown", "known": [{ "what": "external ID", "value": "unknown", "from": "unknown" }],
            "StringEquals": { "STS:externalid": ["unknown", "x*", 12_345_678] }, "Resource": "value",
        });
        let mask = "(masked: another external ID)";
        let masked = serde_json::json!({
            "value": "unknown", "known": [{ "what": "external ID", "value": mask, "from": "unknown" }],
            "StringEquals": { "STS:externalid": [mask, "x*", mask] }, "Resource": "value",
        });
        assert_eq!(output.masked_json(&value), masked);
    }

    #[test]
    fn what_is_waited_for_is_shown_after_half_a_second_and_again_each_second() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
        let shown = std::cell::RefCell::new(Vec::new());
        let left = std::cell::Cell::new(5);
        let what = || format!("{} left", left.replace(left.get() - 1));
        let work = async { tokio::time::sleep(Duration::from_millis(2100)).await };
        runtime.unwrap().block_on(narrated(what, work, |line| shown.borrow_mut().push(line)));
        assert_eq!(shown.into_inner(), ["5 left …", "4 left … 1 s", "3 left … 2 s"]);
    }

    #[test]
    fn long_lines_are_broken_at_spaces_and_set_in_and_colours_have_no_width() {
        let line =
            format!("  {} {}", paint(DIM, "seen: one two three four five six seven eight"), "nine ten");
        let text = wrapped(&format!("short\n{line}\n"), 50);
        let plain = anstream::adapter::strip_str(&text).to_string();
        assert_eq!(plain, "short\n  seen: one two three four five six seven eight\n        nine ten\n");
        let arn = format!("  {}", "a-".repeat(40));
        assert_eq!(wrapped(&arn, 50), arn);
        // After a title or a number.
        let help = format!("{} one two three four five six seven eight nine", paint(DIM, "help:"));
        let plain = |text: &str| anstream::adapter::strip_str(text).to_string();
        assert_eq!(plain(&wrapped(&help, 42)), "help: one two three four five six seven\n      eight nine");
        let cause = "  12. one two three four five six seven eight nine";
        assert_eq!(wrapped(cause, 44), "  12. one two three four five six seven\n      eight nine");
        let question = "Make these changes? Only `yes` is accepted, nothing else: ";
        assert_eq!(wrapped(question, 50), "Make these changes? Only `yes` is accepted,\n  nothing else: ");
        // What is copied is not broken.
        let digest = format!("       digest = \"sha256:{}\"", "0".repeat(64));
        assert_eq!(wrapped(&digest, 60), digest);
        assert_eq!(wrapped("     reason = \"one two three four five six seven\"", 45).lines().count(), 1);
        let command = "help: what is wrong is said by `genesys-iam --file one.toml check`, and more by `genesys-iam diagnose`";
        assert_eq!(
            wrapped(command, 60),
            "help: what is wrong is said by\n      `genesys-iam --file one.toml check`, and more by\n      `genesys-iam diagnose`"
        );
        assert_eq!(
            wrapped("one `two three four five six seven eight nine ten eleven", 45).lines().count(),
            2
        );
        // The carets below a quoted file line stay below it.
        let quoted = format!("3 | account_id = {}", "\"1\" ".repeat(20));
        assert_eq!(wrapped(&quoted, 50), quoted);
    }
}
