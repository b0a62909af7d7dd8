//! The room service's wire protocol, read from either end.

use bytes::Bytes;
use exeunt_port::UserId;
use exeunt_websocket::wire::{
    ClientMessage, MAX_CONTROL, MAX_DOWNSTREAM, ServerMessage, WireError, decode_downstream,
    decode_upstream, downstream_from_upstream, encode_downstream, encode_upstream,
};

use crate::is_short;

/// What is read as a control message can be said again, and is then read as the same.
pub fn websocket_control(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    comes_back(text, ClientMessage::decode, ClientMessage::encode);
    comes_back(text, ServerMessage::decode, ServerMessage::encode);
}

fn comes_back<T: PartialEq + std::fmt::Debug>(
    text: &str,
    decode: fn(&str) -> Result<T, WireError>,
    encode: fn(&T) -> String,
) {
    match decode(text) {
        Ok(message) => {
            let said = encode(&message);
            // Escapes may make it longer than it came.
            if said.len() <= MAX_CONTROL {
                assert_eq!(decode(&said).as_ref(), Ok(&message), "{said}");
            }
        }
        Err(error) => is_short(&error),
    }
}

/// What is read as a media message is written as the very same bytes, and what a server makes of it can
/// be read by the others.
pub fn websocket_media(bytes: &[u8]) {
    let message = Bytes::copy_from_slice(bytes);
    match decode_upstream(&message) {
        Ok(frame) => {
            assert_eq!(encode_upstream(&frame).as_ref(), Ok(&message));
            if let Ok(sender) = "sender".parse::<UserId>() {
                let relayed = downstream_from_upstream(&message, &sender);
                let relayed = relayed.map(|relayed| {
                    assert!(relayed.len() <= MAX_DOWNSTREAM);
                    decode_downstream(&relayed).map(|remote| (remote.user, remote.frame))
                });
                assert_eq!(relayed, Ok(Ok((sender, frame))));
            }
        }
        Err(error) => is_short(&error),
    }
    match decode_downstream(&message) {
        Ok(remote) => assert_eq!(encode_downstream(&remote).as_ref(), Ok(&message)),
        Err(error) => is_short(&error),
    }
}
