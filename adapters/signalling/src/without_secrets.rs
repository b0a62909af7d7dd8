//! Addresses as errors repeat them.

/// The longest part of an address that is repeated, in characters.
const REPEATED: usize = 200;

/// What was given for an address without what may be a user's name and a password in it, or a token in the
/// query, whatever its form: errors end up in logs. At most 200 characters of it.
///
/// A password may hold any sign, so that everything up to the last `@` goes; a token may as well, so that
/// nothing stays where either may be meant.
///
/// ```
/// use exeunt_signalling::without_secrets;
///
/// assert_eq!(without_secrets("ws://user:secret@rooms.example/ws?token=secret"), "ws://rooms.example/ws");
/// assert_eq!(without_secrets("ws://rooms.example?of=me@secret"), "ws://…");
/// ```
#[must_use]
pub fn without_secrets(address: &str) -> String {
    let is_scheme = |text: &str| text.chars().all(|sign| sign.is_ascii_alphanumeric());
    // What comes before `://` is a scheme only if it looks like one; else it may be a password's.
    let scheme = address
        .find("://")
        .filter(|end| is_scheme(&address[..*end]));
    let (scheme, rest) = address.split_at(scheme.map_or(0, |end| end + "://".len()));
    let place = match rest.rsplit_once('@') {
        Some((before, _)) if before.contains(['?', '#']) => "…",
        Some((_, place)) => place,
        None => rest,
    };
    let place = place.split(['?', '#']).next().unwrap_or_default();
    scheme.chars().chain(place.chars()).take(REPEATED).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_no_scheme_may_be_a_passwords() {
        for text in ["user:hid://den@x", "hid-den://user:secret@x", "://hid@x"] {
            let shown = without_secrets(text);
            assert!(!shown.contains("hid") && shown.ends_with('x'), "{shown}");
        }
    }

    #[test]
    fn an_address_without_end_is_not_repeated_without_end() {
        let long = format!("ws://{}", "x".repeat(10_000));
        assert_eq!(without_secrets(&long).chars().count(), REPEATED);
    }
}
