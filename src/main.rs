//! The binary: read the environment, run the command, print the error, end with its status.

use cargo_scratch::config::env::Env;
use cargo_scratch::error::{Code, Error};
use cargo_scratch::ui::Ui;
use cargo_scratch::{cli, interrupt, sandbox};
use std::process::ExitCode;

fn main() -> ExitCode {
    if sandbox::stage(std::env::args_os()) {
        return ExitCode::FAILURE; // had it ended well, it were another program by now, or killed
    }
    match start() {
        Ok(status) => ExitCode::from(status),
        Err((ui, error)) => {
            ui.error(&error);
            ExitCode::from(error.exit_status())
        }
    }
}

fn start() -> Result<u8, (Ui, Error)> {
    let plain = |what: &str, reason: &std::io::Error| {
        (Ui::default(), Error::new(Code::Project, what).note(reason.to_string()))
    };
    interrupt::listen().map_err(|reason| plain("signals cannot be received", &reason))?;
    let env = Env::of_process().map_err(|reason| plain("the current folder cannot be found", &reason))?;
    cli::run(std::env::args_os(), &env)
}
