//! What a story claims: held against what is, and told apart in words when it fails.

use std::fmt::Debug;

use libtest_mimic::Failed;

/// Claims that this holds; `otherwise` says what is instead.
pub fn check(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), Failed> {
    if holds {
        Ok(())
    } else {
        Err(otherwise().into())
    }
}

/// Claims that `got` is what was wanted.
pub fn same<A, B>(what: &str, got: &A, wanted: &B) -> Result<(), Failed>
where
    A: PartialEq<B> + Debug + ?Sized,
    B: Debug + ?Sized,
{
    check(*got == *wanted, || {
        format!("{what}: {got:?} instead of {wanted:?}")
    })
}

/// Claims that the list is empty.
pub fn nothing<T: Debug>(what: &str, list: &[T]) -> Result<(), Failed> {
    check(list.is_empty(), || {
        format!("{what}: there should be none, but there is {list:?}")
    })
}
