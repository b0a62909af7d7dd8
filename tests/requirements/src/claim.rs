//! What a story claims: held against what is, and told apart in words when it fails.

use std::fmt::Debug;
use std::time::Duration;

use libtest_mimic::Failed;

/// How late a busy machine may wake a session up at its deadline. An exit is within its bound and this
/// (G-6); that the bound itself is kept to the millisecond is shown where time is virtual.
pub const LATENESS: Duration = Duration::from_secs(1);

/// How a story, or a claim in it, ends.
pub type Told = Result<(), Failed>;

/// Claims that this holds; `otherwise` says what is instead.
pub fn check(holds: bool, otherwise: impl FnOnce() -> String) -> Told {
    if holds {
        Ok(())
    } else {
        Err(otherwise().into())
    }
}

/// Claims that `got` is what was wanted.
pub fn same<T: PartialEq + Debug + ?Sized>(what: &str, got: &T, wanted: &T) -> Told {
    check(got == wanted, || {
        format!("{what}: {got:?} instead of {wanted:?}")
    })
}

/// Claims that the list is empty.
pub fn nothing<T: Debug>(what: &str, list: &[T]) -> Told {
    check(list.is_empty(), || {
        format!("{what}: there should be none, but there is {list:?}")
    })
}
