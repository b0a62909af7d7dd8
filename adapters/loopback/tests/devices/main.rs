//! Stories of the synthetic and file devices, told over raw device links.

mod cameras;
mod faulty;
mod files;
mod lab;
mod microphones;
mod speakers;
