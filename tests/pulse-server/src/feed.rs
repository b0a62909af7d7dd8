//! Sound for the microphone.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::ServerError;

/// Plays a file again and again. Dropping it ends that.
#[derive(Debug)]
pub(crate) struct Feed(Child);

impl Feed {
    /// The shell ends with its input, and takes the player with it: `paplay` alone would go on
    /// after this process died.
    const AGAIN_AND_AGAIN: &str = "\
( trap 'kill $player; wait $player; exit' TERM
  while :; do paplay --device=micfeed \"$0\" & player=$!; wait $player || exit; done
) </dev/null &
read -r nothing
kill $!
wait";

    pub(crate) fn start(wav: &Path, env: Vec<(&'static str, String)>) -> Result<Self, ServerError> {
        Command::new("sh")
            .args(["-c", Self::AGAIN_AND_AGAIN])
            .arg(wav)
            .envs(env)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map(Self)
            .map_err(ServerError::system("sh"))
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}
