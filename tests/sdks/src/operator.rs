//! An operator: a process with an SDK that makes one call after the other.

use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use serde_json::{Value, json};
use thiserror::Error;

use crate::Sdk;

/// A process that makes calls with an official SDK. Dropping it kills it.
#[derive(Debug)]
pub struct Operator {
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

/// One call, and how the SDK is set up for it.
#[derive(Clone, Debug)]
pub struct Call {
    /// Host and port of the room service.
    pub endpoint: String,
    /// Who calls.
    pub secret_id: String,
    /// The key that the call is signed with.
    pub secret_key: String,
    /// `POST` or `GET`.
    pub method: &'static str,
    /// `TC3-HMAC-SHA256`, `HmacSHA256` or `HmacSHA1`.
    pub signature: &'static str,
    /// Whether the body is left out of the signature (Python only).
    pub unsigned_payload: bool,
    /// Whether the parameters go as `multipart/form-data` (Python only).
    pub multipart: bool,
    /// What is called.
    pub action: String,
    /// With which parameters.
    pub parameters: Value,
}

/// What the SDK made of the answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// It went well.
    Good(Value),
    /// The SDK threw an exception.
    Exception {
        /// Its type.
        exception: String,
        /// TencentCloud's code.
        code: String,
        /// The service's words.
        message: String,
        /// The call's number.
        request_id: String,
    },
}

/// The process did not do its work.
#[derive(Debug, Error)]
pub enum OperatorError {
    /// It could not be started, or its pipes broke.
    #[error("the SDK's process: {0}")]
    Io(#[from] io::Error),
    /// It ended, or said something else.
    #[error("the SDK's process said {said:?}, which is no answer")]
    Said {
        /// What it said.
        said: String,
    },
}

impl Operator {
    /// Starts the process, with the SDK that is installed in this folder.
    pub fn start(sdk: Sdk, folder: &Path) -> Result<Self, OperatorError> {
        let mut command = sdk.command(folder);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        // A proxy from the environment is for other machines: it does not know what runs on this one.
        for variable in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
            command
                .env_remove(variable)
                .env_remove(variable.to_ascii_lowercase());
        }
        let mut process = command.spawn()?;
        let (Some(input), Some(output)) = (process.stdin.take(), process.stdout.take()) else {
            return Err(io::Error::other("no pipes").into());
        };
        let output = BufReader::new(output);
        Ok(Self {
            process,
            input,
            output,
        })
    }

    /// Makes a call. The SDK gives it up after 20 s.
    pub fn call(&mut self, call: &Call) -> Result<Answer, OperatorError> {
        let line = json!({
            "endpoint": call.endpoint,
            "secret_id": call.secret_id,
            "secret_key": call.secret_key,
            "method": call.method,
            "signature": call.signature,
            "unsigned_payload": call.unsigned_payload,
            "multipart": call.multipart,
            "action": call.action,
            "parameters": call.parameters,
        });
        writeln!(self.input, "{line}")?;
        self.input.flush()?;
        let mut said = String::new();
        self.output.read_line(&mut said)?;
        let mut answer: Value =
            serde_json::from_str(&said).map_err(|_| OperatorError::Said { said })?;
        let mut text = |name: &str| match answer[name].take() {
            Value::String(text) => text,
            // The SDKs' codes and words are texts, or not there.
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::Array(_)
            | Value::Object(_) => String::new(),
        };
        let exception = text("exception");
        if exception.is_empty() {
            return Ok(Answer::Good(answer["answer"].take()));
        }
        Ok(Answer::Exception {
            exception,
            code: text("code"),
            message: text("message"),
            request_id: text("request_id"),
        })
    }
}

impl Drop for Operator {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
