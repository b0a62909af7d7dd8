//! A program without std and without an allocator that links exeunt-core
