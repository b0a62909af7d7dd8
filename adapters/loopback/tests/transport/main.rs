//! Stories of the in-process transport, told over raw room links.

mod faults;
mod member;
mod rooms;
