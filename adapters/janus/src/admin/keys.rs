//! By what right an admin acts.

use std::collections::BTreeMap;

use exeunt_port::RoomId;

use crate::secret::Secret;

/// What an admin has to show.
#[derive(Clone, Debug, Default)]
pub struct AdminKeys {
    /// The plugin's `admin_key`: it shows private rooms as well.
    pub admin_key: Option<Secret>,
    /// The secret of every room that has none below.
    pub room_secret: Option<Secret>,
    /// The secrets of single rooms.
    pub room_secrets: BTreeMap<RoomId, Secret>,
}

impl AdminKeys {
    /// What to say about this room. A room without a secret takes any.
    pub(super) fn of_room(&self, room: &RoomId) -> Option<Secret> {
        let own = self.room_secrets.get(room);
        own.or(self.room_secret.as_ref()).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_has_its_own_secret_or_everybodys_and_nobody_prints_one() {
        let number: RoomId = "123".parse().unwrap();
        let string: RoomId = "\"123\"".parse().unwrap();
        let mut keys = AdminKeys::default();
        assert_eq!(keys.of_room(&number), None);
        keys.room_secret = Some(Secret::new("everybody's"));
        keys.room_secrets
            .insert(number.clone(), Secret::new("its own"));
        assert_eq!(keys.of_room(&number), Some(Secret::new("its own")));
        assert_eq!(keys.of_room(&string), Some(Secret::new("everybody's")));
        let shown = format!("{keys:?}");
        assert!(!shown.contains("own\"") && !shown.contains("everybody"));
    }
}
