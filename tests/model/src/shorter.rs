//! Making a counter-example shorter: whatever can be left out of it is left out.

use crate::action::Action;
use crate::breach::{Breach, Law};
use crate::play::Play;
use crate::world::World;

/// A way to a broken law: each step with the world it is taken in, and what the world then does by itself.
pub(crate) struct Way {
    pub(crate) path: Vec<(World, Action)>,
    pub(crate) aftermath: Vec<(World, Action)>,
    pub(crate) breach: Breach,
}

impl Play {
    /// The way that these actions lead, up to where the law is first broken; `None` if they cannot be
    /// taken in this order, or break nothing.
    pub(crate) fn way(&self, law: Law, actions: &[Action], from: &World) -> Option<Way> {
        let mut world = from.clone();
        let mut path = Vec::new();
        for action in actions {
            let mut possible = world.possible(&self.scope).into_iter();
            possible.find(|(_, possible)| possible == action)?;
            let next = self.after(&world, *action);
            path.push((std::mem::replace(&mut world, next), *action));
            if let Some((breach, aftermath)) = self.verdict(&world)
                && breach.law() == law
            {
                return Some(Way {
                    path,
                    aftermath,
                    breach,
                });
            }
        }
        None
    }

    /// The same with every step left out that is not needed.
    pub(crate) fn shortest(&self, law: Law, actions: &[Action], from: &World) -> Option<Way> {
        let mut found = self.way(law, actions, from)?;
        loop {
            let actions: Vec<Action> = found.path.iter().map(|(_, action)| *action).collect();
            let shorter = (0..actions.len()).rev().find_map(|left_out| {
                let mut fewer = actions.clone();
                fewer.remove(left_out);
                self.way(law, &fewer, from)
            });
            match shorter {
                Some(shorter) => found = shorter,
                None => return Some(found),
            }
        }
    }
}
