//! The forms in which the SDKs can be told to ask.

use exeunt_port::RoomId;
use exeunt_runtime::Reason;
use exeunt_sdks::{Answer, Call, Sdk};
use libtest_mimic::Failed;
use serde_json::json;

use crate::scene::Scene;

/// A form's name, and how it is asked for.
type Form = (&'static str, fn(&mut Call));

pub(crate) fn every_form(scene: &mut Scene) -> Result<(), Failed> {
    let mut forms: Vec<Form> = vec![
        ("POST, TC3", |_| {}),
        ("GET, TC3", |call| call.method = "GET"),
        ("POST, HmacSHA1", |call| call.signature = "HmacSHA1"),
        ("POST, HmacSHA256", |call| call.signature = "HmacSHA256"),
        ("GET, HmacSHA1", |call| {
            (call.method, call.signature) = ("GET", "HmacSHA1");
        }),
        ("GET, HmacSHA256", |call| {
            (call.method, call.signature) = ("GET", "HmacSHA256");
        }),
    ];
    if scene.sdk == Sdk::Python {
        forms.push(("unsigned payload", |call| call.unsigned_payload = true));
        forms.push(("multipart", |call| {
            call.multipart = true;
            // The SDK's multipart takes texts and lists, and no numbers.
            for parameter in ["SdkAppId", "RoomId"] {
                if let Some(number) = call.parameters[parameter].as_u64() {
                    call.parameters[parameter] = json!(number.to_string());
                }
            }
        }));
    }
    for (room, id) in [
        (RoomId::number(123)?, json!(123)),
        (RoomId::string("a room")?, json!("a room")),
    ] {
        let action = match room {
            RoomId::Number(_) => "RemoveUser",
            RoomId::String(_) => "RemoveUserByStrRoomId",
        };
        for (form, shape) in &forms {
            let alice = scene.enter("alice", &room)?;
            let users = ["nobody", "alice"];
            let mut call = scene.good(action, &json!({"RoomId": id, "UserIds": users}));
            shape(&mut call);
            match scene.call(&call)? {
                Answer::Good(_) => scene.exited(&alice, Reason::Kicked)?,
                Answer::Exception { code, message, .. } => {
                    return Err(format!("{form}, room {id}: {code}: {message}").into());
                }
            }
        }
    }
    Ok(())
}
