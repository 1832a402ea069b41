//! The `guestwire` program.

fn main() -> std::process::ExitCode {
    use guestwire::config::*;
    let env = |n: &str| std::env::var_os(n);
    let settings = match load(&Flags::default(), &env) { Ok(s) => s, Err(e) => { eprintln!("{e}"); return std::process::ExitCode::from(2) } };
    let r = guestwire::shell::run::console(&settings, || {
        let s = std::sync::Arc::new(guestwire::sandbox::start(guestwire::sandbox::Options { port: 0, scenario: guestwire::sandbox::Scenario::builtin() })?);
        Ok(guestwire::shell::run::Embedded { profile: s.profile(), faults: Box::new(move |f| match f { Some(j) => s.set_fault(j).map(|()| "Fault set.".to_owned()), None => { s.clear_faults(); Ok("No faults.".to_owned()) } }) })
    });
    match r { Ok(_) => std::process::ExitCode::SUCCESS, Err(e) => { eprintln!("{e:#}"); std::process::ExitCode::from(2) } }
}
