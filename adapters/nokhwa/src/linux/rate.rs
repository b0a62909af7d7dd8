//! The rate of a camera that need not let itself be told one.

use std::io;

use super::errno;
use crate::choice::Interval;

/// What the driver makes of the interval that is `asked` of it. Many have one rate only and refuse to
/// be asked; those `tell` it, or do not: `None`.
///
/// Fails only where the camera has gone; a refusal is no failure.
pub(super) fn settled(
    asked: Option<Interval>,
    set: impl FnOnce(Interval) -> io::Result<Interval>,
    tell: impl FnOnce() -> io::Result<Interval>,
) -> io::Result<Option<Interval>> {
    let answer = match asked.map(set) {
        Some(Err(error)) if !errno::is_final(&error) => tell(),
        None => tell(),
        Some(answer) => answer,
    };
    match answer {
        // Drivers that do not know leave it at nothing.
        Ok(interval) => {
            Ok((interval.numerator > 0 && interval.denominator > 0).then_some(interval))
        }
        Err(error) if errno::is_final(&error) => Err(error),
        Err(_) => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::settled;
    use crate::choice::Interval;

    const EIO: i32 = 5;
    const ENXIO: i32 = 6;
    const EBUSY: i32 = 16;
    const ENODEV: i32 = 19;
    const EINVAL: i32 = 22;
    const ENOTTY: i32 = 25;

    fn error<T>(number: i32) -> io::Result<T> {
        Err(io::Error::from_raw_os_error(number))
    }

    fn every(rate: u32) -> Interval {
        Interval::of_rate(rate)
    }

    #[test]
    fn what_the_driver_makes_of_the_wish_is_the_rate() {
        let set = |_| Ok(every(25));
        let settled = settled(Some(every(30)), set, || panic!("it has said"));
        assert_eq!(settled.expect("no error"), Some(every(25)));
    }

    #[test]
    fn a_driver_that_refuses_to_be_asked_may_still_tell_its_rate() {
        for refusal in [EINVAL, ENOTTY, EIO, EBUSY] {
            let settled = settled(Some(every(30)), |_| error(refusal), || Ok(every(25)));
            assert_eq!(settled.expect("no error"), Some(every(25)));
        }
    }

    #[test]
    fn a_camera_without_a_wish_for_it_tells_its_rate_and_one_that_does_not_has_none() {
        let set = |_| panic!("nothing was asked");
        let told = settled(None, set, || Ok(every(5)));
        assert_eq!(told.expect("no error"), Some(every(5)));
        assert_eq!(
            settled(None, set, || error(ENOTTY)).expect("no error"),
            None
        );
        let nothing = Interval {
            numerator: 0,
            denominator: 0,
        };
        assert_eq!(settled(None, set, || Ok(nothing)).expect("no error"), None);
    }

    #[test]
    fn a_camera_that_goes_away_meanwhile_is_told_of() {
        for number in [ENXIO, ENODEV] {
            let set = settled(Some(every(30)), |_| error(number), || panic!("in vain"));
            let told = settled(Some(every(30)), |_| error(EINVAL), || error(number));
            for failed in [set, told] {
                assert_eq!(failed.expect_err("no camera").raw_os_error(), Some(number));
            }
        }
    }
}
