//! Two peer connections and what goes on between them, over the loopback interface.

mod call;
mod ends;
mod feeds;
mod h264;
mod media;
mod relay;
mod sfu;
