//! The room-exit lifecycle as a pure state machine: no std, no alloc, no unsafe
