//! What a story says of what it saw.

use std::fmt::Debug;

use libtest_mimic::Failed;

pub(crate) type Told = Result<(), Failed>;

pub(crate) fn check(holds: bool, otherwise: impl FnOnce() -> String) -> Told {
    if holds {
        Ok(())
    } else {
        Err(otherwise().into())
    }
}

pub(crate) fn same<T: PartialEq + Debug>(what: &str, seen: &T, wanted: &T) -> Told {
    check(seen == wanted, || {
        format!("{what}: seen was {seen:?}, wanted {wanted:?}")
    })
}
