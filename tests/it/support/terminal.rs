//! The binary on a terminal.

use std::process::Command;

use super::{Project, Run};

/// Runs the command on a terminal that Python provides, and answers its question.
pub fn on_a_terminal(project: &Project, args: &[&str], answer: &str) -> Run {
    let script = "
import os, pty, sys
pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[2], sys.argv[2:])
shown = b''
while True:
    try:
        part = os.read(terminal, 4096)
    except OSError:
        break
    if not part:
        break
    shown += part
    if shown.endswith((b'accepted: ', b']: ', b'confirm: ')):
        os.write(terminal, sys.argv[1].encode() + (b'' if sys.argv[1] == '\\x03' else b'\\n'))
sys.stdout.buffer.write(shown.replace(b'\\r\\n', b'\\n'))
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
";
    let binary = project.command(args);
    let mut command = Command::new("python3");
    command.args(["-c", script, answer]).arg(binary.get_program()).args(binary.get_args());
    command.current_dir(project.path("")).env("NO_COLOR", "1");
    Run::of(&mut command)
}
