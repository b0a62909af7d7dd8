//! Getting out of a room, from the command line
