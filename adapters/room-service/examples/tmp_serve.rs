//! tmp
use exeunt_room_service::{Config, RoomService};
#[tokio::main]
async fn main() {
    let service = RoomService::bind(Config {
        listen: ([127, 0, 0, 1], 7711).into(),
        ..Config::development()
    })
    .await
    .expect("bind");
    println!("{}", service.url());
    service
        .run(tokio_util::sync::CancellationToken::new())
        .await;
}
