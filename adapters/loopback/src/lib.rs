//! An in-process transport, and devices made of files and arithmetic, for Exeunt
