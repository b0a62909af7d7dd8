//! `exeunt` as its users use it: typed, read, and judged by its exit status.

#![expect(clippy::panic, reason = "a test that cannot go on says why")]

mod choices;
mod demo;
mod devices;
mod help;
mod interrupted;
mod keys;
mod mistyped;
mod program;
mod refusals;
mod rooms;
mod serving;
mod strangers;
mod transcripts;
