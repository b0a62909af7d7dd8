//! The device lab as a test: each scenario that is played in the machine is a test of its own.

use std::path::Path;
use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial, run};

#[cfg(target_os = "linux")]
fn trials(arguments: &Arguments) -> Vec<Trial> {
    use std::sync::Arc;

    use exeunt_device_lab::{Boots, Parts, scenarios};
    use exeunt_requirements::{full, trial};
    use libtest_mimic::Failed;

    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("device-lab");
    let program = Path::new(env!("CARGO_BIN_EXE_lab-guest"));
    let boots = match Parts::find() {
        Ok(parts) => {
            let words = arguments.filter.iter().cloned().collect();
            Ok(Arc::new(Boots::new(parts, program, &folder, words)))
        }
        Err(missing) => Err(missing),
    };
    let scenarios = scenarios().into_iter();
    scenarios
        .map(|scenario| match &boots {
            Ok(boots) => {
                let boots = Arc::clone(boots);
                trial(scenario.name.clone(), &["setpriv", "ldd"], move || {
                    boots
                        .verdict(scenario.boot, &scenario.name)
                        .map_err(Failed::from)
                })
            }
            Err(missing) => {
                let reason = format!("not run: needs {missing}");
                let failure =
                    Failed::from(format!("{reason}, and FULL=1 or --ignored asks for it"));
                Trial::test(scenario.name, || Err(failure))
                    .with_kind(reason)
                    .with_ignored_flag(!full())
            }
        })
        .collect()
}

#[cfg(not(target_os = "linux"))]
fn trials(_arguments: &Arguments) -> Vec<Trial> {
    Vec::new()
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let trials = trials(&arguments);
    run(&arguments, trials).exit_code()
}
