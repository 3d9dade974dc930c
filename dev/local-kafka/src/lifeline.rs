//! Processes that do not outlive their owner, not even an owner that was killed with SIGKILL.
//!
//! Nothing here relies on a destructor or a signal handler of the owner. A node's shell wrapper
//! reads from a pipe whose other end only the owner has: when the owner is gone, however that came,
//! the read ends and the wrapper kills the node. (The kernel's parent-death signal would not do:
//! it fires when the *thread* that started the process ends, and tests are threads.)
//!
//! The data directory goes the same way: a [`Sweeper`] waits on a second pipe that the owner and
//! every node hold open, and removes the directory when the last of them is gone.

use std::{
    ffi::OsStr,
    fs::File,
    io::{self, PipeWriter, Write as _},
    os::unix::process::CommandExt as _,
    path::Path,
    process::{Child, ChildStdin, Command, ExitStatus, Stdio},
};

use anyhow::{Context as _, Result};
use rustix::process::{Pid, Signal, kill_process};

const SHELL: &str = "/bin/sh";

/// Replaces itself by the command in `$@`, so that the child that the owner sees is the JVM. The
/// background part kills it at the end of input; a line of input says that it need not.
/// Descriptor 4 is the sweeper's pipe: the JVM keeps it open as long as it lives.
const GUARD_BY_PIPE: &str = r#"
exec 3<&0 4>&1 >>"$1" 2>&1 </dev/null
shift
( exec 4>&-; read -r released <&3 || kill -KILL $$ ) &
exec 3<&-
exec "$@"
"#;

/// The same for short-lived commands whose standard input belongs to the caller: with no pipe to
/// read from, the background part looks twice a second whether the owner `$1` still exists.
const GUARD_BY_PID: &str = r#"
owner=$1
shift
(
    while kill -0 $$; do
        kill -0 "$owner" || { kill -KILL $$; exit; }
        sleep 0.5
    done
) </dev/null >/dev/null 2>&1 &
exec "$@"
"#;

const SWEEP: &str = r#"read -r never; exec rm -rf "$1""#;

/// A command that is killed when this process ends. Its streams are the caller's to set.
pub(crate) fn short_lived(program: &Path) -> Command {
    let mut command = Command::new(SHELL);
    command.args(["-c", GUARD_BY_PID, "local-kafka-tool"]);
    command.arg(std::process::id().to_string()).arg(program);
    command
}

/// Removes a directory as soon as the owner and all [`Guarded`] processes under it are gone.
pub(crate) struct Sweeper {
    shell: Child,
    alive: Option<PipeWriter>,
}

impl Sweeper {
    pub(crate) fn of(directory: &Path) -> Result<Self> {
        let (reader, alive) = io::pipe().context("failed to create a pipe")?;
        let shell = Command::new(SHELL)
            .args(["-c", SWEEP, "local-kafka-sweeper"])
            .arg(directory)
            .stdin(reader)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .current_dir("/")
            // Outside the terminal's foreground group: Ctrl-C must not stop the cleaning up.
            .process_group(0)
            .spawn()
            .with_context(|| format!("failed to run {SHELL}"))?;
        Ok(Self {
            shell,
            alive: Some(alive),
        })
    }

    fn token(&self) -> io::Result<PipeWriter> {
        self.alive
            .as_ref()
            .ok_or(io::ErrorKind::BrokenPipe)?
            .try_clone()
    }
}

impl Drop for Sweeper {
    fn drop(&mut self) {
        self.alive = None;
        // Nobody is left to report to if this fails.
        let _ = self.shell.wait();
    }
}

/// A long-running process that dies with its owner.
pub(crate) struct Guarded {
    child: Child,
    lifeline: ChildStdin,
}

impl Guarded {
    /// Starts `program`, with output appended to the file `log`.
    pub(crate) fn spawn<A: AsRef<OsStr>>(
        program: &Path,
        args: impl IntoIterator<Item = A>,
        directory: &Path,
        log: &Path,
        sweeper: &Sweeper,
    ) -> Result<Self> {
        // Here and not only in the shell, so that the reason reaches the caller.
        File::options()
            .create(true)
            .append(true)
            .open(log)
            .with_context(|| format!("failed to open {}", log.display()))?;
        let mut child = Command::new(SHELL)
            .args(["-c", GUARD_BY_PIPE, "local-kafka-node"])
            .arg(log)
            .arg(program)
            .args(args)
            .current_dir(directory)
            .stdin(Stdio::piped())
            .stdout(
                sweeper
                    .token()
                    .context("failed to share the sweeper's pipe")?,
            )
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .with_context(|| format!("failed to run {SHELL}"))?;
        let lifeline = child
            .stdin
            .take()
            .context("a piped standard input is missing")?;
        Ok(Self { child, lifeline })
    }

    /// The exit status, once the process has ended.
    pub(crate) fn exited(&mut self) -> Result<Option<ExitStatus>> {
        let status = self
            .child
            .try_wait()
            .context("failed to look at a child process")?;
        if status.is_some() {
            self.release();
        }
        Ok(status)
    }

    /// Sends a signal. The process was not waited for yet, so its id still is its own.
    pub(crate) fn signal(&self, signal: Signal) -> Result<()> {
        kill_process(Pid::from_child(&self.child), signal)
            .with_context(|| format!("failed to send {signal:?}"))
    }

    /// Sends SIGKILL and waits until the process is gone.
    pub(crate) fn kill(mut self) -> Result<()> {
        self.child
            .kill()
            .context("failed to kill a child process")?;
        self.child
            .wait()
            .context("failed to wait for a child process")?;
        self.release();
        Ok(())
    }

    /// Informs the shell that its process is gone: from here on the id may belong to another one.
    fn release(&mut self) {
        // A closed pipe means that the shell is gone, too.
        let _ = self.lifeline.write_all(b"released\n");
    }
}
