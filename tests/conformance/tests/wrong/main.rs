//! The suite bites: deliberately wrong adapters fail exactly the cases that are about what is wrong.

mod devices;
mod held;
mod microphones;
mod passing;
mod rooms;
mod transports;
mod verdicts;
