//! The receipt for a departure: how many of the others were told, and by when.

use std::sync::Arc;

use tokio::sync::watch;

use super::Moment;

/// The receipt for a departure. It fills in while the others are being told.
#[derive(Clone, Debug)]
pub struct Receipt(watch::Receiver<ReceiptState>);

/// How far the telling is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReceiptState {
    /// How many had a connection when it happened, and were to be told over it.
    pub to_tell: u32,
    /// To how many of them it was written.
    pub told: u32,
    /// How many were cut off or gone before it was written; who resumes is told then.
    pub lost: u32,
    /// When the last of those who were told was; `None` if nobody was yet.
    pub last_told_at: Option<Moment>,
}

impl ReceiptState {
    /// Whether everybody is told or lost: nothing about it changes any more.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.told + self.lost >= self.to_tell
    }
}

impl Receipt {
    /// A receipt for telling so many, and what settles it: one [`Owed`] each.
    #[must_use]
    pub fn owing(to_tell: u32) -> (Self, Owed) {
        let (owed, state) = watch::channel(ReceiptState {
            to_tell,
            ..ReceiptState::default()
        });
        (Self(state), Owed(Arc::new(owed)))
    }

    /// A receipt of a back end that knows how many were told, or of a departure that nobody is left to
    /// be told of.
    #[must_use]
    pub fn settled(state: ReceiptState) -> Self {
        Self(watch::channel(state).1)
    }

    /// How far the telling is.
    #[must_use]
    pub fn state(&self) -> ReceiptState {
        *self.0.borrow()
    }

    /// Waits until everybody is told or lost. The caller sets the bound; dropping the future loses
    /// nothing.
    pub async fn complete(&mut self) -> ReceiptState {
        // If whoever fills it in is gone, it stays as it is.
        let _ = self.0.wait_for(ReceiptState::is_settled).await;
        self.state()
    }
}

/// What is owed to those who have to be told. Whoever writes to them settles one each.
#[derive(Clone, Debug)]
pub struct Owed(Arc<watch::Sender<ReceiptState>>);

impl Owed {
    /// One of them was told.
    pub fn told(&self, at: Moment) {
        self.0.send_modify(|state| {
            state.told += 1;
            state.last_told_at = state.last_told_at.max(Some(at));
        });
    }

    /// One of them could not be told.
    pub fn lost(&self) {
        self.0.send_modify(|state| state.lost += 1);
    }
}

impl PartialEq for Owed {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Owed {}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_receipt_is_complete_when_the_last_one_is_told_or_lost() {
        let (mut receipt, owed) = Receipt::owing(3);
        owed.told(Moment(20));
        owed.told(Moment(10));
        assert!(!receipt.state().is_settled());
        owed.lost();
        let state = receipt.complete().await;
        assert_eq!((state.told, state.lost), (2, 1));
        assert_eq!(state.last_told_at, Some(Moment(20)));
    }

    #[tokio::test]
    async fn nobody_to_tell_is_told_at_once_and_a_receipt_nobody_fills_in_is_not_waited_for() {
        assert!(Receipt::owing(0).0.state().is_settled());
        let (mut receipt, owed) = Receipt::owing(1);
        drop(owed);
        assert!(!receipt.complete().await.is_settled());
    }
}
