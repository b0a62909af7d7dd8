//! Stories of whole stays, over the loopback transport with every fault on demand, on virtual time.

mod anywhere;
mod devices;
mod endings;
mod entering;
mod hostile_ports;
mod lent;
mod own_ports;
mod people;
mod previews;
mod sharing;
mod shutdowns;
mod slots;
mod speakers;
mod still_held;
mod transcripts;
mod unopened;
