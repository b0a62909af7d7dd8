//! What `exeunt devices` and `exeunt join` say of the machine's devices, and of those that cannot be had.

use std::path::Path;

use crate::guest::camera::NODE;
use crate::guest::failure::{LabFailure, Outcome, demand};
use crate::guest::sound::{MICROPHONE, SPEAKER};
use crate::guest::stage::{everything_is_free, note};
use crate::guest::typed::{
    AUDIO, Access, Joined, VIDEO, Who, demo_fails, devices, join, serve, sound_nodes,
};

/// The virtual camera's second node, which has the same name.
const SECOND_NODE: &str = "/dev/video1";

pub(super) fn devices_while_they_are_held() -> Outcome {
    let service = serve()?;
    let all = [
        ("camera", NODE),
        ("microphone", MICROPHONE),
        ("speaker", SPEAKER),
    ];
    let listed = devices(Who::Root)?;
    for (kind, id) in all {
        listed.is_free(kind, id)?;
    }
    let formats = listed.device("camera", NODE)?.value("formats").as_array();
    for pixels in ["nv12", "yuyv"] {
        let offered = formats.is_some_and(|formats| {
            formats
                .iter()
                .any(|format| format["pixels"] == pixels && format["width"] == 640)
        });
        demand(offered, || {
            format!("the camera offers {pixels}, and it is not listed")
        })?;
    }

    // Few and small pictures: the machine is emulated.
    let wanted = [
        "--camera",
        NODE,
        "--camera-format",
        "320x180@5",
        "--microphone",
        MICROPHONE,
        "--speaker",
        SPEAKER,
    ];
    let mut alice = join(Who::Root, "alice", &wanted)?;
    alice.opens(&all.map(|(kind, _)| kind))?;
    let listed = devices(Who::Root)?;
    for (kind, id) in all {
        listed.is_held_by(kind, id, alice.number())?;
    }
    listed.is_free("camera", SECOND_NODE)?;

    alice.dies()?;
    let listed = devices(Who::Root)?;
    for (kind, id) in all {
        listed.is_free(kind, id)?;
    }
    drop(service);
    everything_is_free()
}

pub(super) fn camera_of_root_alone() -> Outcome {
    let service = serve()?;
    Access::RootAlone.to(Path::new(NODE))?;
    let why = [
        "/dev/video0",
        "no permission",
        "no group may open",
        "udev rule",
    ];
    is_denied(&["--camera", NODE], &why)?;
    let listed = devices(Who::Guest)?;
    says(listed.device("camera", NODE)?.text("problem"), &why)?;
    drop(service);
    everything_is_free()
}

pub(super) fn camera_of_a_group() -> Outcome {
    let service = serve()?;
    Access::Group(VIDEO).to(Path::new(NODE))?;
    is_denied(
        &["--camera", NODE],
        &[
            "/dev/video0",
            "no permission",
            "the group video",
            "usermod -aG video",
        ],
    )?;
    let mut member = join(
        Who::GuestOf(VIDEO),
        "alice",
        &["--camera", NODE, "--camera-format", "320x180"],
    )?;
    member.opens(&["camera"])?;
    member.leaves()?;
    Access::RootAlone.to(Path::new(NODE))?;
    drop(service);
    everything_is_free()
}

pub(super) fn sound_of_root_alone() -> Outcome {
    let service = serve()?;
    sound_for(Access::RootAlone)?;
    let why = ["no permission", "no group may open", "udev rule"];
    for device in ["--microphone", "--speaker"] {
        is_denied(&[device, "default"], &why)?;
        is_denied(&[device, "Loopback"], &why)?;
    }
    let listed = devices(Who::Guest)?;
    says(listed.unknown("sound")?.text("why"), &why)?;
    drop(service);
    everything_is_free()
}

pub(super) fn sound_of_a_group() -> Outcome {
    let service = serve()?;
    sound_for(Access::Group(AUDIO))?;
    let why = ["no permission", "the group audio", "usermod -aG audio"];
    is_denied(&["--microphone", MICROPHONE], &why)?;
    is_denied(&["--speaker", SPEAKER], &why)?;
    // One whose card may be asked, but not recorded with.
    Access::RootAlone.to(Path::new("/dev/snd/pcmC0D1c"))?;
    let mut unlucky = join(Who::GuestOf(AUDIO), "alice", &["--microphone", MICROPHONE])?;
    demand(unlucky.opens(&["microphone"]).is_err(), || {
        "what only root may open was opened".to_owned()
    })?;
    says(
        &unlucky.has_to_leave()?,
        &["no permission", "/dev/snd/pcmC0D1c"],
    )?;

    sound_for(Access::Group(AUDIO))?;
    let mut member = join(Who::GuestOf(AUDIO), "alice", &["--microphone", MICROPHONE])?;
    member.opens(&["microphone"])?;
    member.leaves()?;
    sound_for(Access::RootAlone)?;
    drop(service);
    everything_is_free()
}

pub(super) fn required_formats() -> Outcome {
    let service = serve()?;
    let mut bob = join(Who::Root, "bob", &[])?;
    for (format, opened) in [
        ("320x180@15:nv12", "320x180 NV12, 15 a second"),
        ("320x180@15:yuyv", "320x180 YUYV, 15 a second"),
        (":grey", "GREY"),
        ("320x180:rgb", "320x180 RGB3"),
        ("320x180:bgr", "320x180 BGR3"),
    ] {
        // Another name each time, so that it is this one whose pictures are seen.
        let user = format.replace([':', '@'], "-").trim_matches('-').to_owned();
        let mut alice = join(
            Who::Root,
            &user,
            &["--camera", NODE, "--camera-format", format],
        )?;
        says(&alice.opens(&["camera"])?, &[opened])?;
        bob.sees(&user)?;
        alice.leaves()?;
    }
    bob.leaves()?;
    drop(service);
    everything_is_free()
}

pub(super) fn format_that_nobody_offers() -> Outcome {
    let service = serve()?;
    for (format, offered) in [
        // The kernel's virtual camera has no MJPEG at all.
        ("320x180:mjpeg", "320x180:nv12"),
        ("321x181:yuyv", "320x180:yuyv"),
        ("320x180@77:nv12", "320x180:nv12 at 60"),
    ] {
        let alice = join(
            Who::Root,
            "alice",
            &["--camera", NODE, "--camera-format", format],
        )?;
        says(
            &alice.has_to_leave()?,
            &["does not offer", format, "it offers", offered],
        )?;
    }
    drop(service);
    says(
        &demo_fails("320x180:mjpeg")?,
        &["does not offer", "320x180:mjpeg", "320x180:nv12"],
    )?;
    everything_is_free()
}

pub(super) fn names() -> Outcome {
    let service = serve()?;
    for (device, name, said) in [
        (
            "--camera",
            "vivid",
            ["fits several cameras", NODE, SECOND_NODE],
        ),
        (
            "--camera",
            "microscope",
            ["no camera is called \"microscope\"", NODE, SECOND_NODE],
        ),
        (
            "--microphone",
            "loopback",
            [
                "fits several microphones",
                "hw:CARD=Loopback,DEV=0",
                MICROPHONE,
            ],
        ),
        (
            "--microphone",
            "headset",
            [
                "no microphone is called \"headset\"",
                "hw:CARD=Second,DEV=1",
                MICROPHONE,
            ],
        ),
        (
            "--speaker",
            "second",
            ["fits several speakers", "hw:CARD=Second,DEV=1", SPEAKER],
        ),
    ] {
        let alice = join(Who::Root, "alice", &[device, name])?;
        says(&alice.has_to_leave()?, &said)?;
    }
    drop(service);
    everything_is_free()
}

/// Gives all sound cards' nodes to these.
fn sound_for(access: Access) -> Outcome {
    sound_nodes()?.iter().try_for_each(|node| access.to(node))
}

/// Who may not open it is told so, and what would help.
fn is_denied(device: &[&str], why: &[&str]) -> Outcome {
    let guest: Joined = join(Who::Guest, "alice", device)?;
    says(&guest.has_to_leave()?, why)
}

/// Each of these parts stands in the message.
fn says(message: &str, parts: &[&str]) -> Outcome {
    note(&format!("said: {message}"));
    match parts.iter().find(|part| !message.contains(**part)) {
        None => Ok(()),
        Some(part) => Err(LabFailure::Wrong(format!(
            "{part:?} is not said: {message}"
        ))),
    }
}
