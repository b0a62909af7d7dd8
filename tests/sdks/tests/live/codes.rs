//! What goes wrong, and the exception that the SDK makes of it.

use exeunt_port::RoomId;
use exeunt_requirements::same;
use exeunt_sdks::{Answer, Call, Sdk};
use libtest_mimic::Failed;
use serde_json::json;

use crate::scene::Scene;

pub(crate) fn every_cause(scene: &mut Scene) -> Result<(), Failed> {
    let _alice = scene.enter("alice", &RoomId::number(123)?)?;
    let eleven: Vec<String> = (0..11).map(|number| format!("user{number}")).collect();
    let call = |action: &str, more| scene.good(action, &more);
    let but = |change: &dyn Fn(&mut Call)| {
        let mut call = call("DismissRoom", json!({"RoomId": 7}));
        change(&mut call);
        call
    };
    let without = |name: &str| {
        let mut call = call("RemoveUser", json!({"RoomId": 123, "UserIds": ["a"]}));
        if let Some(parameters) = call.parameters.as_object_mut() {
            parameters.remove(name);
        }
        call
    };
    let cases = [
        (but(&|_| {}), "FailedOperation.RoomNotExist"),
        (
            but(&|call| "another".clone_into(&mut call.secret_key)),
            "AuthFailure.SignatureFailure",
        ),
        (
            but(&|call| "another".clone_into(&mut call.secret_id)),
            "AuthFailure.SecretIdNotFound",
        ),
        (
            but(&|call| call.parameters["SdkAppId"] = json!(1)),
            "UnauthorizedOperation.SdkAppId",
        ),
        (
            but(&|call| call.parameters["SdkAppId"] = json!(0)),
            "InvalidParameter.SdkAppId",
        ),
        (
            but(&|call| call.parameters["RoomId"] = json!("7")),
            "InvalidParameter.RoomId",
        ),
        (
            but(&|call| call.parameters["RoomId"] = json!(0)),
            "InvalidParameterValue.RoomId",
        ),
        (
            call("DismissRoomByStrRoomId", json!({"RoomId": "caf\u{e9}"})),
            "InvalidParameterValue.RoomId",
        ),
        (without("SdkAppId"), "MissingParameter.SdkAppId"),
        (without("RoomId"), "MissingParameter.RoomId"),
        (without("UserIds"), "MissingParameter.UserIds"),
        (
            call("RemoveUser", json!({"RoomId": 123, "UserIds": eleven})),
            "InvalidParameter.UserIds",
        ),
        (call("NoSuchAction", json!({})), "InvalidAction"),
        (
            call("DescribeBans", json!({"Colour": "red"})),
            "UnknownParameter",
        ),
    ];
    let thrown = match scene.sdk {
        Sdk::Python => "TencentCloudSDKException",
        Sdk::Node => "TencentCloudSDKHttpException",
    };
    for (call, expected) in cases {
        let what = format!("{} {}", call.action, call.parameters);
        let Answer::Exception {
            exception,
            code,
            message,
            request_id,
        } = scene.call(&call)?
        else {
            return Err(format!("{what} went well, and not {expected}").into());
        };
        same(&what, &code.as_str(), &expected)?;
        same(&what, &exception.as_str(), &thrown)?;
        same("the length of the request id", &request_id.len(), &36)?;
        same("whether there are words", &message.is_empty(), &false)?;
    }
    Ok(())
}
