//! What a terminal needs: whether to colour, and a sign of life when a run takes long.

use std::io::{self, IsTerminal, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use clap::ValueEnum;

/// `--color`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    /// When it goes to a terminal.
    Auto,
    Always,
    Never,
}

/// Where output goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stream {
    Stdout,
    Stderr,
    File,
}

/// Whether to write ANSI colours: `--color`, then `NO_COLOR`, then `FORCE_COLOR` and `CLICOLOR_FORCE`, then the terminal.
pub(super) fn color(wish: Color, stream: Stream) -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let forced = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty() && value != "0");
    match wish {
        Color::Always => true,
        Color::Never => false,
        Color::Auto if set("NO_COLOR") || stream == Stream::File => false,
        Color::Auto if forced("FORCE_COLOR") || forced("CLICOLOR_FORCE") => true,
        Color::Auto => {
            let terminal = if stream == Stream::Stdout { io::stdout().is_terminal() } else { io::stderr().is_terminal() };
            let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
            let off = std::env::var_os("CLICOLOR").is_some_and(|value| value == "0");
            terminal && !dumb && !off
        }
    }
}

/// A line on standard error while a run takes longer than a second, on a terminal only. Gone when dropped.
pub(super) struct Progress {
    done: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Progress {
    /// Starts waiting; `quiet` never shows anything.
    pub(super) fn start(quiet: bool) -> Progress {
        if quiet || !io::stderr().is_terminal() {
            return Progress { done: None, thread: None };
        }
        let (done, wait) = channel();
        let thread = std::thread::Builder::new().spawn(move || show(&wait)).ok();
        Progress { done: Some(done), thread }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.done.take();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn show(wait: &Receiver<()>) {
    const FRAMES: [&str; 4] = ["   ", ".  ", ".. ", "..."];
    let mut stderr = io::stderr();
    if wait.recv_timeout(Duration::from_secs(1)) != Err(RecvTimeoutError::Timeout) {
        return;
    }
    for frame in FRAMES.iter().cycle() {
        let _ = write!(stderr, "\rarchcheck: analysing{frame}");
        let _ = stderr.flush();
        if wait.recv_timeout(Duration::from_millis(300)) != Err(RecvTimeoutError::Timeout) {
            break;
        }
    }
    let _ = write!(stderr, "\r{:25}\r", "");
    let _ = stderr.flush();
}
