//! Records from a microphone into a WAV file and shows what opening and releasing took.
//!
//! `cargo run -p exeunt-cpal --example record -- [seconds] [file.wav] [name of the microphone]`

use std::time::{Duration, Instant};

use exeunt_cpal::{CpalMicrophone, list};
use exeunt_port::{Device, DeviceLink, FrameQueue};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let seconds: u64 = arguments.next().map_or(Ok(3), |seconds| seconds.parse())?;
    let file = arguments
        .next()
        .unwrap_or_else(|| "recorded.wav".to_owned());
    let microphone = arguments
        .next()
        .map_or_else(CpalMicrophone::default_device, CpalMicrophone::named);

    for device in list(Duration::from_secs(5)).await? {
        println!(
            "{:<10} {} ({}, {})",
            device.kind, device.name, device.id, device.host
        );
    }

    let (link, mut side) = DeviceLink::pair(FrameQueue::bounded(50));
    let begun = Instant::now();
    let open = microphone.open(link).await?;
    println!("opened {} in {:.1?}", open.description(), begun.elapsed());

    let format = hound::WavSpec {
        channels: 1,
        sample_rate: 48_000,
        bits_per_sample: 32,
        sample_format: hound::SampleFormat::Float,
    };
    let mut wav = hound::WavWriter::create(&file, format)?;
    let mut decoder = opus::Decoder::new(48_000, opus::Channels::Mono)?;
    let mut sound = vec![0.0_f32; 5760];
    for _ in 0..seconds * 50 {
        tokio::select! {
            frame = side.captured.next() => {
                let Some(frame) = frame else { break };
                let length = decoder.decode_float(&frame.payload, &mut sound, false)?;
                sound.iter().take(length).try_for_each(|sample| wav.write_sample(*sample))?;
            }
            signal = side.signals.recv() => {
                println!("{signal:?}");
                break;
            }
        }
    }
    wav.finalize()?;

    let begun = Instant::now();
    side.silence();
    open.release().await?;
    println!("released in {:.1?}; {file} is written", begun.elapsed());
    Ok(())
}
