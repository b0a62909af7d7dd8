//! A member with as little as it needs: a stream.

use std::net::SocketAddr;

use exeunt_port::EnterRequest;
use exeunt_room_service::user_sig::{Claims, sign};
use exeunt_room_service::{DEVELOPMENT_SDK_APP_ID, DEVELOPMENT_USER_SIG_KEY};
use exeunt_websocket::wire::{ClientId, ClientMessage, Enter, Role};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The close code of a dismissal, as it stands in a frame. No text has it in it, and nor has the head of
/// any frame that comes after entering.
pub(crate) const DISMISSED: [u8; 2] = 4002_u16.to_be_bytes();

/// Enters, and answers when it is in.
pub(crate) async fn enter(address: SocketAddr, room: &str, name: &str, role: Role) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!(
        "GET /ws HTTP/1.1\r\nHost: {address}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    read(&mut stream, b"\r\n\r\n").await;
    let claims = Claims::new(
        DEVELOPMENT_SDK_APP_ID,
        name.parse().unwrap(),
        1_700_000_000,
        3_153_600_000,
    );
    let request = EnterRequest {
        sdk_app_id: DEVELOPMENT_SDK_APP_ID,
        user: claims.user.clone(),
        room: room.parse().unwrap(),
        user_sig: sign(DEVELOPMENT_USER_SIG_KEY, &claims),
    };
    let mut enter = Enter::new(request, ClientId::random(), 1);
    enter.role = role;
    let text = ClientMessage::Enter(enter).encode();
    // A text frame of middling length, with a mask of zeros.
    let length = u16::try_from(text.len()).unwrap().to_be_bytes();
    let frame = [&[0x81, 0xfe], &length[..], &[0; 4], text.as_bytes()].concat();
    stream.write_all(&frame).await.unwrap();
    read(&mut stream, b"\"members\":").await;
    stream
}

async fn read(stream: &mut TcpStream, wanted: &[u8]) {
    let (mut heard, mut piece) = (Vec::new(), [0; 512]);
    while !heard.windows(wanted.len()).any(|bytes| bytes == wanted) {
        let count = stream.read(&mut piece).await.unwrap();
        let said = String::from_utf8_lossy(&heard);
        assert!(count > 0, "closed after {said}");
        heard.extend(&piece[..count]);
    }
}
