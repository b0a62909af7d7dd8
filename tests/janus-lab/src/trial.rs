//! A test that needs a Janus.

use exeunt_requirements::{missing, trial_without};
use libtest_mimic::{Failed, Trial};

use crate::{Network, NoNetwork};

/// A test that needs a network of its own, `janus` and these programs: run where they are, else listed
/// as ignored with the reason, or failed if `FULL=1` says that they have to be there.
pub fn trial(
    name: impl Into<String>,
    network: &Result<Network, NoNetwork>,
    needs: &[&str],
    story: impl FnOnce(Network) -> Result<(), Failed> + Send + 'static,
) -> Trial {
    let programs: Vec<&str> = ["janus"].iter().chain(needs).copied().collect();
    let lacking = [
        network.as_ref().err().map(ToString::to_string),
        missing(&programs),
    ];
    let lacking: Vec<String> = lacking.into_iter().flatten().collect();
    let lacking = (!lacking.is_empty()).then(|| lacking.join(", "));
    let network = network.as_ref().ok().copied();
    trial_without(name, lacking, move || match network {
        Some(network) => story(network),
        None => Err("there is no network".into()),
    })
}
