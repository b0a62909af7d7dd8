//! Addresses that make no sense, as errors repeat them: those end up in logs.

/// The longest part of an address that is repeated, in characters.
const REPEATED: usize = 200;

/// What was given for an address without what may be secret in it, whatever its form: without a user name,
/// a password and a query.
pub(crate) fn harmless(url: &str) -> String {
    let (url, query) = apart_from_query(url);
    let (scheme, rest) = match url.split_once("://") {
        Some((scheme, rest)) => (format!("{scheme}://"), rest),
        None => (String::new(), url),
    };
    // A password may have any sign in it. One with a question mark goes on in what looks like the query.
    let rest = if query.contains('@') {
        "..."
    } else {
        rest.rsplit_once('@').map_or(rest, |(_, rest)| rest)
    };
    scheme.chars().chain(rest.chars()).take(REPEATED).collect()
}

/// What comes before the query, and the rest.
pub(crate) fn apart_from_query(url: &str) -> (&str, &str) {
    url.split_at(url.find(['?', '#']).unwrap_or(url.len()))
}
