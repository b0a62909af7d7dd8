//! Stories of a session, told in order: numbers, deadlines, reports.

mod deadlines;
mod endings;
mod epochs;
mod late;
mod numbers;
mod teller;
