//! temp
use exeunt_loopback::*;
use exeunt_port::*;
use std::time::{Duration, Instant};
#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() {
    for (name, device) in [
        (
            "tone",
            Box::new(ToneMicrophone::new(440)) as Box<dyn Device>,
        ),
        ("picture", Box::new(PictureCamera::new())),
        (
            "1080p",
            Box::new(PictureCamera::new().with_size(1920, 1080)),
        ),
    ] {
        let (link, side) = DeviceLink::pair(FrameQueue::bounded(8));
        let open = device.open(link).await.unwrap();
        side.captured.next().await.unwrap();
        let t = Instant::now();
        let mut bytes = 0;
        for _ in 0..100 {
            bytes += side.captured.next().await.unwrap().payload.len();
        }
        println!(
            "{name}: {:?} a frame, {} bytes",
            t.elapsed() / 100,
            bytes / 100
        );
        if name == "picture" {
            std::fs::write(
                "/tmp/picture.jpg",
                side.captured.next().await.unwrap().payload,
            )
            .unwrap();
        }
        open.release().await.unwrap();
    }
    tokio::time::resume();
    let t = Instant::now();
    write_test_y4m("/tmp/big.y4m", 300).unwrap();
    write_melody_wav("/tmp/big.wav", 300).unwrap();
    println!("written in {:?}", t.elapsed());
    for device in [
        Box::new(Y4mCamera::new("/tmp/big.y4m")) as Box<dyn Device>,
        Box::new(WavMicrophone::new("/tmp/big.wav")),
        Box::new(WavSpeaker::new("/tmp/out.wav")),
    ] {
        let (link, side) = DeviceLink::pair(FrameQueue::bounded(8));
        let t = Instant::now();
        let open = device.open(link).await.unwrap();
        let opened = t.elapsed();
        if device.kind() != DeviceKind::Speaker {
            side.captured.next().await.unwrap();
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
        let t = Instant::now();
        side.silence();
        open.release().await.unwrap();
        println!(
            "{}: open {opened:?} release {:?}",
            device.name(),
            t.elapsed()
        );
    }
}
