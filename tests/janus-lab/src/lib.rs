//! A real Janus on a network of its own, and a foreign participant in its rooms.
