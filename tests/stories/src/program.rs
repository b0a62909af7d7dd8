//! The program that the people are: the real `exeunt`.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use escargot::CargoBuild;

use crate::StoryFailure;

/// Names a program that the stories are to be told with, instead of one that is built for them.
const PROGRAM: &str = "EXEUNT_STORIES_PROGRAM";

/// Where `exeunt` is. It is built at the first asking, as these tests were, by the cargo that runs
/// them; that is quick if it is there already.
pub(crate) fn path() -> Result<&'static Path, StoryFailure> {
    static BUILT: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let built = BUILT.get_or_init(|| {
        if let Some(program) = std::env::var_os(PROGRAM) {
            return Ok(program.into());
        }
        CargoBuild::new()
            .manifest_path(concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.toml"))
            .package("exeunt")
            .bin("exeunt")
            .current_release()
            .run()
            .map(|program| program.path().to_owned())
            .map_err(|error| error.to_string())
    });
    match built {
        Ok(path) => Ok(path),
        Err(detail) => Err(StoryFailure::NotBuilt {
            detail: detail.clone(),
        }),
    }
}
