//! Two peer connections and what goes on between them, over the loopback interface.

mod call;
mod media;
