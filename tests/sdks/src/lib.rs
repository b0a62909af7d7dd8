//! The official TencentCloud SDKs for Python and Node, unmodified, as operators of the room service,
//! over its own rooms and over a Janus's.
//!
//! Only the endpoint is another one. They are installed by `tests/setup/sdks.sh` beside the build's
//! output, at the versions in `requirements.txt` and `package-lock.json`; where they are not, the tests
//! are listed as not run.

mod operator;
mod sdk;

pub use operator::{Answer, Call, Operator, OperatorError};
pub use sdk::Sdk;
