//! Whole stories of leaving a room, with several crates, processes and servers at once
