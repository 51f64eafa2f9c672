//! The binary on a terminal.

use std::process::Command;

use super::{Project, Run};

/// Runs the command on a terminal provided by Python and answers its questions: one line each, repeating the last one;
/// control characters are keys.
pub fn on_a_terminal(project: &Project, args: &[&str], answer: &str) -> Run {
    let script = "
import os, pty, sys
pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[2], sys.argv[2:])
shown, asked = b'', 0
answers = sys.argv[1].split('\\n')
while True:
    try:
        part = os.read(terminal, 4096)
    except OSError:
        break
    if not part:
        break
    shown += part
    if shown.endswith(b': ') and not shown.endswith((b'note: ', b'error: ')):
        asked += 1
        # It would ask for ever.
        if asked > 30:
            os.kill(pid, 9)
            break
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        os.write(terminal, answer.encode() + (b'' if answer in ('\\x03', '\\x04') else b'\\n'))
sys.stdout.buffer.write(shown.replace(b'\\r\\n', b'\\n'))
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
";
    let binary = project.command(args);
    let mut command = Command::new("python3");
    command.args(["-c", script, answer]).arg(binary.get_program()).args(binary.get_args());
    // The machine's own set-up must not reach it.
    command.env_clear().envs(binary.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.current_dir(project.path("")).env("NO_COLOR", "1");
    Run::of(&mut command)
}
