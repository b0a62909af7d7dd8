#![doc = include_str!("../README.md")]

mod borrowed;
mod case;
mod device_cases;
mod duty;
#[cfg(feature = "loopback")]
mod faulty_lab;
mod finding;
mod footprint;
mod guarantees;
mod lab;
mod memory;
mod moments;
mod obstacle;
mod patience;
mod performance;
mod report;
mod selection;
mod suite;
mod transport_cases;
mod wire;
mod wires;
mod world;

pub use case::Description;
#[cfg(feature = "loopback")]
pub use faulty_lab::FaultyLab;
pub use guarantees::Guarantees;
pub use lab::Lab;
pub use obstacle::Obstacle;
pub use report::{Line, Report, Verdict};
pub use suite::{Suite, device, device_cases, device_lab, transport, transport_cases};
pub use wire::TcpWire;
pub use wires::TcpWires;
pub use world::World;

pub use exeunt_port::async_trait;
pub use exeunt_requirements::Nowhere;
