//! The suite that an adapter's author runs
