//! One end of a link, as its program reads and writes it.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

use super::Network;
use super::link::{End, Found};

/// A byte stream over the simulated network. Dropping it closes it.
pub(crate) struct Stream {
    network: Network,
    link: u64,
    end: End,
    /// Wakes the reader when the next parcel arrives, and a writer that waits for bad news.
    timers: [Pin<Box<Sleep>>; 2],
}

impl Stream {
    pub(super) fn new(network: Network, link: u64, end: End) -> Self {
        let timer = || Box::pin(sleep_until(Instant::now()));
        Self {
            network,
            link,
            end,
            timers: [timer(), timer()],
        }
    }

    /// Answers what was found, or sees to it that the task looks again.
    fn settle<T>(
        &mut self,
        timer: usize,
        found: Found<T>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<T>>> {
        match found {
            Found::Now(found) => Poll::Ready(Some(found)),
            Found::Later(None) => Poll::Pending,
            Found::Later(Some(at)) => {
                self.timers[timer].as_mut().reset(at);
                ready!(self.timers[timer].as_mut().poll(context));
                // It is due already: look again at once.
                Poll::Ready(None)
            }
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            let found = self
                .network
                .read(self.link, self.end, buffer.remaining(), context.waker());
            if let Some(read) = ready!(self.settle(0, found, context)) {
                return Poll::Ready(read.map(|bytes| buffer.put_slice(&bytes)));
            }
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        loop {
            let found = self
                .network
                .write(self.link, self.end, bytes, context.waker());
            if let Some(written) = ready!(self.settle(1, found, context)) {
                return Poll::Ready(written);
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.network.finish(self.link, self.end);
        Poll::Ready(Ok(()))
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.network.leave(self.link, self.end);
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "link {} ({:?})", self.link, self.end)
    }
}
