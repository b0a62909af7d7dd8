//! Media messages: a fixed header, big-endian, then the payload as it is.
//!
//! ```text
//! upstream:    version u8 | codec u8 | sequence u32 | captured_at u64 |                     payload
//! downstream:  version u8 | codec u8 | sequence u32 | captured_at u64 | length u8 | user id | payload
//! ```

use bytes::{BufMut, Bytes, BytesMut};
use exeunt_port::{Codec, MediaFrame, RemoteFrame, UserId};

use super::WireError;

/// The version of the media messages.
pub(super) const VERSION: u8 = 1;
/// The bytes before the payload of a message from a client to the server.
pub const UPSTREAM_HEADER: usize = 1 + 1 + 4 + 8;
/// The most bytes before the payload of a message from the server to a client.
pub const DOWNSTREAM_HEADER: usize = UPSTREAM_HEADER + 1 + UserId::MAX_LENGTH;
/// The largest message from a client to the server, in bytes.
pub const MAX_UPSTREAM: usize = UPSTREAM_HEADER + MediaFrame::MAX_PAYLOAD;
/// The largest message from the server to a client, in bytes.
pub const MAX_DOWNSTREAM: usize = DOWNSTREAM_HEADER + MediaFrame::MAX_PAYLOAD;

/// The message with which a client sends a frame.
pub fn encode_upstream(frame: &MediaFrame) -> Result<Bytes, WireError> {
    let mut message = BytesMut::with_capacity(UPSTREAM_HEADER + frame.payload.len());
    put_header(&mut message, frame)?;
    message.put_slice(&frame.payload);
    Ok(message.freeze())
}

/// Reads a client's media message. The payload shares the message's memory.
pub fn decode_upstream(message: &Bytes) -> Result<MediaFrame, WireError> {
    let header = checked_header(message)?;
    framed(header, message.slice(UPSTREAM_HEADER..))
}

/// The codec of a media message of either direction, as far as its first bytes tell.
#[must_use]
pub fn media_codec(message: &[u8]) -> Option<Codec> {
    match *message {
        [VERSION, codec, ..] => codec_of(codec).ok(),
        [..] => None,
    }
}

/// The message with which the server hands on a frame.
pub fn encode_downstream(remote: &RemoteFrame) -> Result<Bytes, WireError> {
    let capacity = DOWNSTREAM_HEADER + remote.frame.payload.len();
    let mut message = BytesMut::with_capacity(capacity);
    put_header(&mut message, &remote.frame)?;
    put_sender(&mut message, &remote.user);
    message.put_slice(&remote.frame.payload);
    Ok(message.freeze())
}

/// Reads the server's media message. The payload shares the message's memory.
pub fn decode_downstream(message: &Bytes) -> Result<RemoteFrame, WireError> {
    let header = checked_header(message)?;
    let too_short = |header| WireError::MediaTooShort {
        length: message.len(),
        header,
    };
    let length = *message
        .get(UPSTREAM_HEADER)
        .ok_or(too_short(UPSTREAM_HEADER + 1))?;
    let start = UPSTREAM_HEADER + 1;
    let end = start + usize::from(length);
    let sender = message.get(start..end).ok_or(too_short(end))?;
    let sender = std::str::from_utf8(sender).map_err(|_| WireError::SenderText)?;
    let user = sender.parse()?;
    Ok(RemoteFrame {
        user,
        frame: framed(header, message.slice(end..))?,
    })
}

/// Turns a client's message into the server's, after checking it: what a server does with every frame.
pub fn downstream_from_upstream(message: &Bytes, sender: &UserId) -> Result<Bytes, WireError> {
    let frame = decode_upstream(message)?;
    encode_downstream(&RemoteFrame {
        user: sender.clone(),
        frame,
    })
}

fn put_header(message: &mut BytesMut, frame: &MediaFrame) -> Result<(), WireError> {
    if frame.payload.len() > MediaFrame::MAX_PAYLOAD {
        return Err(WireError::MediaTooLong {
            length: frame.payload.len(),
        });
    }
    message.put_u8(VERSION);
    message.put_u8(number_of(frame.codec)?);
    message.put_u32(frame.sequence);
    message.put_u64(frame.captured_at_micros);
    Ok(())
}

fn put_sender(message: &mut BytesMut, sender: &UserId) {
    let sender = sender.as_str().as_bytes();
    // A user id has at most 32 bytes, so its length always fits.
    message.put_u8(u8::try_from(sender.len()).unwrap_or(u8::MAX));
    message.put_slice(sender);
}

fn checked_header(message: &[u8]) -> Result<[u8; UPSTREAM_HEADER], WireError> {
    let Some(header) = message.first_chunk::<UPSTREAM_HEADER>() else {
        return Err(WireError::MediaTooShort {
            length: message.len(),
            header: UPSTREAM_HEADER,
        });
    };
    match header[0] {
        VERSION => Ok(*header),
        version => Err(WireError::MediaVersion { version }),
    }
}

fn framed(header: [u8; UPSTREAM_HEADER], payload: Bytes) -> Result<MediaFrame, WireError> {
    if payload.len() > MediaFrame::MAX_PAYLOAD {
        return Err(WireError::MediaTooLong {
            length: payload.len(),
        });
    }
    let [_, codec, s0, s1, s2, s3, captured_at @ ..] = header;
    Ok(MediaFrame {
        codec: codec_of(codec)?,
        sequence: u32::from_be_bytes([s0, s1, s2, s3]),
        captured_at_micros: u64::from_be_bytes(captured_at),
        payload,
    })
}

fn number_of(codec: Codec) -> Result<u8, WireError> {
    match codec {
        Codec::Opus => Ok(0),
        Codec::Jpeg => Ok(1),
        // The port may learn a codec before this protocol does.
        other => Err(WireError::Codec {
            codec: format!("{other:?}"),
        }),
    }
}

fn codec_of(number: u8) -> Result<Codec, WireError> {
    match number {
        0 => Ok(Codec::Opus),
        1 => Ok(Codec::Jpeg),
        2.. => Err(WireError::Codec {
            codec: number.to_string(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn frames() -> impl Strategy<Value = MediaFrame> {
        let codecs = prop_oneof![Just(Codec::Opus), Just(Codec::Jpeg)];
        let payloads = proptest::collection::vec(any::<u8>(), 0..2000);
        (codecs, any::<u32>(), any::<u64>(), payloads).prop_map(
            |(codec, sequence, captured_at_micros, payload)| MediaFrame {
                codec,
                sequence,
                captured_at_micros,
                payload: payload.into(),
            },
        )
    }

    proptest! {
        #[test]
        fn a_frame_comes_out_as_it_went_in(frame in frames(), sender in "[a-zA-Z0-9_-]{1,32}") {
            let user: UserId = sender.parse().unwrap();
            let up = encode_upstream(&frame).unwrap();
            prop_assert_eq!(&decode_upstream(&up).unwrap(), &frame);
            let down = downstream_from_upstream(&up, &user).unwrap();
            prop_assert_eq!(decode_downstream(&down).unwrap(), RemoteFrame { user, frame });
        }

        #[test]
        fn every_message_is_answered(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            // Either a frame that encodes to the very same message, or an error; never a panic.
            let message = Bytes::from(bytes);
            if let Ok(frame) = decode_upstream(&message) {
                prop_assert_eq!(encode_upstream(&frame).unwrap(), message.clone());
            }
            if let Ok(remote) = decode_downstream(&message) {
                prop_assert_eq!(encode_downstream(&remote).unwrap(), message);
            }
        }
    }

    fn header(version: u8, codec: u8) -> Vec<u8> {
        let mut message = vec![version, codec];
        message.resize(UPSTREAM_HEADER, 0);
        message
    }

    #[test]
    fn a_malformed_message_is_told_what_is_wrong_with_it() {
        let up = |message: Vec<u8>| decode_upstream(&message.into()).unwrap_err();
        assert_eq!(
            up(vec![1; 13]),
            WireError::MediaTooShort {
                length: 13,
                header: 14
            }
        );
        assert_eq!(up(header(2, 0)), WireError::MediaVersion { version: 2 });
        assert_eq!(
            up(header(1, 9)),
            WireError::Codec {
                codec: "9".to_owned()
            }
        );
        let mut long = header(1, 0);
        long.resize(MAX_UPSTREAM + 1, 0);
        assert_eq!(
            up(long),
            WireError::MediaTooLong {
                length: MediaFrame::MAX_PAYLOAD + 1
            }
        );

        let down = |message: Vec<u8>| decode_downstream(&message.into()).unwrap_err();
        assert_eq!(
            down(header(1, 0)),
            WireError::MediaTooShort {
                length: 14,
                header: 15
            }
        );
        let with = |tail: &[u8]| [header(1, 0), tail.to_vec()].concat();
        assert_eq!(
            down(with(&[3, b'a'])),
            WireError::MediaTooShort {
                length: 16,
                header: 18
            }
        );
        assert_eq!(down(with(&[1, 0xff])), WireError::SenderText);
        assert!(matches!(down(with(&[0])), WireError::Sender(_)));
    }

    #[test]
    fn the_largest_frame_fits_and_one_byte_more_does_not() {
        let mut frame = MediaFrame {
            codec: Codec::Jpeg,
            sequence: 0,
            captured_at_micros: 0,
            payload: vec![0; MediaFrame::MAX_PAYLOAD].into(),
        };
        assert_eq!(encode_upstream(&frame).unwrap().len(), MAX_UPSTREAM);
        frame.payload = vec![0; MediaFrame::MAX_PAYLOAD + 1].into();
        let length = MediaFrame::MAX_PAYLOAD + 1;
        assert_eq!(
            encode_upstream(&frame),
            Err(WireError::MediaTooLong { length })
        );
    }
}
