//! Where the sound server listens, as `PulseAudio`'s own clients look for it.

use std::ffi::OsString;
use std::path::PathBuf;

/// The sockets at which a server may be, the likeliest first. The error is the value of `PULSE_SERVER`, if
/// it names servers and none that can be reached by a socket of this machine: then no other is asked,
/// since its devices are not those that the user means.
pub(crate) fn sockets() -> Result<Vec<PathBuf>, String> {
    sockets_told(|name| std::env::var_os(name), user())
}

fn sockets_told(
    variable: impl Fn(&str) -> Option<OsString>,
    user: u32,
) -> Result<Vec<PathBuf>, String> {
    let set = |name| variable(name).filter(|value| !value.is_empty());
    if let Some(named) = set("PULSE_SERVER") {
        let named = named.to_string_lossy();
        let sockets: Vec<_> = named.split_whitespace().filter_map(socket).collect();
        return if sockets.is_empty() {
            Err(named.into_owned())
        } else {
            Ok(sockets)
        };
    }
    let of_pulse = set("PULSE_RUNTIME_PATH").map(PathBuf::from);
    let of_user = set("XDG_RUNTIME_DIR").map_or_else(
        // What a program that was started by sudo or cron is not told.
        || PathBuf::from(format!("/run/user/{user}")),
        PathBuf::from,
    );
    let folders = of_pulse.into_iter().chain([of_user.join("pulse")]);
    Ok(folders.map(|folder| folder.join("native")).collect())
}

/// The socket that one of the servers of `PULSE_SERVER` is reached by. A machine's name in braces before it
/// says for which machine it is meant.
fn socket(server: &str) -> Option<PathBuf> {
    let server = match server.strip_prefix('{') {
        Some(braced) => braced.split_once('}')?.1,
        None => server,
    };
    let path = server.strip_prefix("unix:").unwrap_or(server);
    path.starts_with('/').then(|| PathBuf::from(path))
}

fn user() -> u32 {
    rustix::process::getuid().as_raw()
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::sockets_told;

    fn told(variables: &[(&str, &str)]) -> Result<Vec<PathBuf>, String> {
        let value = |name: &str| variables.iter().find(|(set, _)| *set == name);
        sockets_told(|name| value(name).map(|(_, value)| value.into()), 1000)
    }

    fn paths(paths: &[&str]) -> Vec<PathBuf> {
        paths.iter().map(PathBuf::from).collect()
    }

    #[test]
    fn every_socket_that_the_user_names_is_one_and_nothing_else_is_looked_for() {
        for (named, found) in [
            ("unix:/run/a", &["/run/a"][..]),
            ("/run/a", &["/run/a"]),
            ("{0123abc}unix:/run/a", &["/run/a"]),
            ("unix:/run/a unix:/run/b", &["/run/a", "/run/b"]),
            ("tcp:studio:4713 unix:/run/b", &["/run/b"]),
        ] {
            let told = told(&[("PULSE_SERVER", named), ("XDG_RUNTIME_DIR", "/run/user/7")]);
            assert_eq!(told, Ok(paths(found)), "{named}");
        }
    }

    #[test]
    fn a_server_of_another_machine_is_not_taken_for_the_one_of_this_machine() {
        for named in ["tcp:studio:4713", "studio", "{0123abc", "unix:relative"] {
            let told = told(&[("PULSE_SERVER", named), ("XDG_RUNTIME_DIR", "/run/user/7")]);
            assert_eq!(told, Err(named.to_owned()));
        }
    }

    #[test]
    fn a_server_that_nobody_names_is_looked_for_where_it_usually_is() {
        let usual = Ok(paths(&["/run/user/7/pulse/native"]));
        assert_eq!(told(&[("XDG_RUNTIME_DIR", "/run/user/7")]), usual);
        let empty = [("PULSE_SERVER", ""), ("XDG_RUNTIME_DIR", "/run/user/7")];
        assert_eq!(told(&empty), usual);
        let own = [("PULSE_RUNTIME_PATH", "/own"), ("XDG_RUNTIME_DIR", "/x")];
        let both = paths(&["/own/native", "/x/pulse/native"]);
        assert_eq!(told(&own), Ok(both));
        assert_eq!(told(&[]), Ok(paths(&["/run/user/1000/pulse/native"])));
    }
}
