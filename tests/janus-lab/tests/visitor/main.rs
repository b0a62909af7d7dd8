//! The visitor itself: two browsers with Janus's own library see and hear each other, so that what one does
//! not see or hear of us is ours.

use std::path::Path;

use exeunt_janus_lab::{JanusServer, Network, Settings, VideoRoom, Visitor, trial};
use libtest_mimic::{Arguments, Failed, run};
use serde_json::Value;

fn main() {
    let temporary = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let network = Network::own();
    let needs = Visitor::needs(temporary);
    let name = "two visitors hear and see each other, and one is kicked and sees it";
    let trials = vec![trial(name, &network, &needs, move |network| {
        let runtime = tokio::runtime::Runtime::new()?;
        runtime.block_on(two(network, temporary))
    })];
    run(&Arguments::from_args(), trials).exit();
}

async fn two(network: Network, temporary: &Path) -> Result<(), Failed> {
    let server = JanusServer::start(network, Settings::default())?;
    let met = meet(&server, temporary).await;
    // A browser cannot tell what Janus did.
    met.map_err(|failed| {
        let why = failed.message().unwrap_or_default();
        format!("{why}\njanus said:\n{}", server.log()).into()
    })
}

async fn meet(server: &JanusServer, temporary: &Path) -> Result<(), Failed> {
    let room = VideoRoom::new(1234);
    server.create_room(&room)?;
    let url = server.signalling_url();
    let (one, other) = (Value::from(1), Value::from(2));
    let mut first = Visitor::start(temporary).await?;
    first.enters(&url, &room.id, &one, &Value::Null).await?;
    let mut second = Visitor::start(temporary).await?;
    second.enters(&url, &room.id, &other, &Value::Null).await?;
    first.sees_come(&other).await?;
    let is_there = "got.frames > 10 && got.audio_energy > 0.0001";
    let got = [
        first.receives(&other, is_there).await?,
        second.receives(&one, is_there).await?,
    ];
    println!("{got:?} {:?}", first.sends().await?);
    first.picture(&temporary.join("visitors.png")).await?;
    first.kicks(&other, &Value::Null).await?;
    second.is_told("said => said.reason === 'kicked'").await?;
    first.is_told("said => said.kicked === 2").await?;
    first.leaves().await?;
    Ok(())
}
