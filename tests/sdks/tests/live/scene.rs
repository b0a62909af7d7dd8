//! A service, people in its rooms, and an operator with an SDK.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use exeunt_port::{EnterRequest, RemoteLeaveReason, RoomId};
use exeunt_requirements::same;
use exeunt_room_service::user_sig::{Claims, sign};
use exeunt_room_service::{
    Config, DEVELOPMENT_SDK_APP_ID, DEVELOPMENT_SECRET_ID, DEVELOPMENT_SECRET_KEY,
    DEVELOPMENT_USER_SIG_KEY, RoomService, RunningService,
};
use exeunt_runtime::{Client, ExitReport, Reason, Room, RoomEvent};
use exeunt_sdks::{Answer, Call, Operator, Sdk};
use exeunt_websocket::WebSocketTransport;
use libtest_mimic::Failed;
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tokio::time::timeout;

/// Longer than anything here takes; a story that waits this long has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where the SDKs are installed: beside the build's output.
pub(crate) fn folder() -> PathBuf {
    let tests = Path::new(env!("CARGO_TARGET_TMPDIR"));
    tests.parent().unwrap_or(tests).join("official-sdks")
}

/// A service in this process, and an operator in another one.
pub(crate) struct Scene {
    pub(crate) sdk: Sdk,
    service: RunningService,
    operator: Operator,
    runtime: Runtime,
}

impl Scene {
    pub(crate) fn set(sdk: Sdk) -> Result<Self, Failed> {
        let runtime = Runtime::new()?;
        let mut config = Config::development();
        // So that a story of many calls is not a flood.
        config.limits.api_per_second = 1000;
        let service = runtime
            .block_on(async { Ok::<_, Failed>(RoomService::bind(config).await?.spawn()) })?;
        Ok(Self {
            sdk,
            service,
            operator: Operator::start(sdk, &folder())?,
            runtime,
        })
    }

    /// Somebody enters a room, with the real client.
    pub(crate) fn enter(&self, name: &str, room: &RoomId) -> Result<Room, Failed> {
        let room = self.runtime.block_on(async {
            let client = Client::new(WebSocketTransport::new(self.service.url())?);
            let mut room = client.enter(request(name, room)?);
            let entered = timeout(PATIENCE, room.entered()).await?;
            Ok::<_, Failed>(entered.then_some(room))
        })?;
        room.ok_or_else(|| format!("{name} did not get in").into())
    }

    /// The end of somebody's stay.
    pub(crate) fn exited(&self, room: &Room, reason: Reason) -> Result<(), Failed> {
        let handle = room.handle();
        let report: Arc<ExitReport> = self
            .runtime
            .block_on(async { timeout(PATIENCE, handle.report()).await })?;
        same("the reason of onExitRoom", &report.reason, &reason)
    }

    /// Waits until somebody hears that another one left.
    pub(crate) fn hears_leave(
        &self,
        room: &mut Room,
        name: &str,
        reason: RemoteLeaveReason,
    ) -> Result<(), Failed> {
        let leaving = async {
            while let Some(event) = room.next_event().await {
                if let RoomEvent::RemoteUserLeft(user, reason) = event
                    && user.as_str() == name
                {
                    return Some(reason);
                }
            }
            None
        };
        let heard = self
            .runtime
            .block_on(async { timeout(PATIENCE, leaving).await })?;
        same("onRemoteUserLeaveRoom", &heard, &Some(reason))
    }

    /// A good call in the usual form.
    pub(crate) fn good(&self, action: &str, more: &Value) -> Call {
        let mut parameters = json!({"SdkAppId": DEVELOPMENT_SDK_APP_ID});
        if let (Some(all), Some(more)) = (parameters.as_object_mut(), more.as_object()) {
            all.extend(more.clone());
        }
        Call {
            endpoint: self.service.local_addr().to_string(),
            secret_id: DEVELOPMENT_SECRET_ID.to_owned(),
            secret_key: DEVELOPMENT_SECRET_KEY.to_owned(),
            method: "POST",
            signature: "TC3-HMAC-SHA256",
            unsigned_payload: false,
            multipart: false,
            action: action.to_owned(),
            parameters,
        }
    }

    /// Makes a call, whatever comes of it.
    pub(crate) fn call(&mut self, call: &Call) -> Result<Answer, Failed> {
        Ok(self.operator.call(call)?)
    }

    /// Makes a call that goes well.
    pub(crate) fn does(&mut self, action: &str, more: &Value) -> Result<Value, Failed> {
        let call = self.good(action, more);
        match self.call(&call)? {
            Answer::Good(answer) => Ok(answer),
            Answer::Exception { code, message, .. } => {
                Err(format!("{action} {more}: {code}: {message}").into())
            }
        }
    }

    /// Makes the call until the answer is as it is to be.
    pub(crate) fn reads(
        &mut self,
        action: &str,
        more: &Value,
        is_so: impl Fn(&Value) -> bool,
    ) -> Result<(), Failed> {
        let began = Instant::now();
        loop {
            let answer = self.does(action, more)?;
            if is_so(&answer) {
                return Ok(());
            }
            if began.elapsed() > PATIENCE {
                return Err(format!("{action} {more} still answers {answer}").into());
            }
        }
    }
}

fn request(name: &str, room: &RoomId) -> Result<EnterRequest, Failed> {
    // From 2023 for a hundred years.
    let claims = Claims::new(
        DEVELOPMENT_SDK_APP_ID,
        name.parse()?,
        1_700_000_000,
        3_153_600_000,
    );
    Ok(EnterRequest {
        sdk_app_id: DEVELOPMENT_SDK_APP_ID,
        user: name.parse()?,
        room: room.clone(),
        user_sig: sign(DEVELOPMENT_USER_SIG_KEY, &claims),
    })
}
