//! The official SDKs, unmodified, kick and dismiss in a live call, and see our codes as their exceptions.

#![allow(
    clippy::panic,
    reason = "a story that cannot go on has failed, and says where"
)]

mod codes;
mod forms;
mod removals;
mod scene;

use exeunt_requirements::trial;
use exeunt_sdks::Sdk;
use libtest_mimic::{Arguments, Failed, Trial, run};

use scene::{Scene, folder};

fn main() {
    let folder = folder();
    let told = |sdk: Sdk, what: &str, story: fn(&mut Scene) -> Result<(), Failed>| -> Trial {
        let name = format!("{} {what}", sdk.name());
        trial(name, &sdk.needs(&folder), move || {
            story(&mut Scene::set(sdk)?)
        })
    };
    let stories = Sdk::ALL.into_iter().flat_map(|sdk| {
        [
            told(
                sdk,
                "kicks from a live call: the kicked exits with 1, the other hears 2",
                removals::kicks,
            ),
            told(
                sdk,
                "dismisses a live room: everybody exits with 2",
                removals::dismisses,
            ),
            told(
                sdk,
                "reads a departure back with DescribeRoomInfo and DescribeUserInfo",
                removals::reads_back,
            ),
            told(
                sdk,
                "uses our own actions: a receipt for each user, once only, and a ban",
                removals::our_own,
            ),
            told(
                sdk,
                "throws an exception with our code for every cause",
                codes::every_cause,
            ),
            told(
                sdk,
                "is understood in every form in which it asks",
                forms::every_form,
            ),
        ]
    });
    run(&Arguments::from_args(), stories.collect()).exit();
}
