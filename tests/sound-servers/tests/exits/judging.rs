//! How a story is judged.

use libtest_mimic::Failed;

/// How a story ends.
pub(crate) type Told = Result<(), Failed>;

/// Fails with these words unless it holds.
pub(crate) fn check(holds: bool, otherwise: impl FnOnce() -> String) -> Told {
    if holds {
        Ok(())
    } else {
        Err(otherwise().into())
    }
}

/// Fails unless it is what was wanted.
pub(crate) fn same<T: PartialEq + std::fmt::Debug>(what: &str, got: &T, wanted: &T) -> Told {
    check(got == wanted, || {
        format!("{what}: {got:?} instead of {wanted:?}")
    })
}
