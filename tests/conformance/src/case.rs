//! A case: a sentence, what it shows, and the story that shows it.

use std::pin::Pin;

use crate::Guarantees;
use crate::finding::Outcome;

pub(crate) type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What a case says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Description {
    /// The case, as a sentence.
    pub name: &'static str,
    /// The guarantees that it shows.
    pub guarantees: Guarantees,
    /// What the world has to offer for it, beside the transport or the device; empty for nothing.
    pub needs: &'static str,
}

/// A case that plays on stages of type `S`.
pub(crate) struct Case<S: 'static> {
    pub(crate) description: Description,
    pub(crate) story: for<'s> fn(&'s S) -> BoxFuture<'s, Outcome>,
}

/// Lists cases, one a line: the sentence, the guarantees, what the world has to offer, the story.
macro_rules! cases {
    ($stage:ty; $($name:literal, [$($guarantee:literal),*], $needs:literal => $story:path;)*) => {
        &[$($crate::case::Case::<$stage> {
            description: $crate::Description {
                name: $name,
                guarantees: $crate::Guarantees::of(&[$($guarantee),*]),
                needs: $needs,
            },
            story: |stage| Box::pin($story(stage)),
        }),*]
    };
}

pub(crate) use cases;
