//! The task that owns an Exeunt session and carries its effects out
