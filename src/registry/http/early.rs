//! An answer that comes before all was sent.
//!
//! A server that does not want an upload answers (401, 413) and closes, while the client still writes: the write fails
//! with "broken pipe", and the answer, which says why, lies in the socket unread. So a failed write is kept to itself,
//! what follows goes nowhere, and the failure counts only if nothing can be read.

use std::fmt;
use std::time::Duration;
use ureq::unversioned::transport::{Buffers, NextTimeout, Transport};

/// How long an answer may take after a write has failed: it is there already, or on its way.
const PATIENCE: Duration = Duration::from_secs(5);

/// A socket that reads on when it cannot write any more.
pub struct Early<T> {
    inner: T,
    failed: Option<ureq::Error>,
    deaf: bool,
}

impl<T> Early<T> {
    /// Over an open one.
    pub fn over(inner: T) -> Self {
        Early { inner, failed: None, deaf: false }
    }
}

impl<T: Transport> Transport for Early<T> {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.inner.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), ureq::Error> {
        if self.deaf {
            return Ok(());
        }
        if let Err(error) = self.inner.transmit_output(amount, timeout) {
            self.failed = Some(error);
            self.deaf = true;
        }
        Ok(())
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, ureq::Error> {
        let after = match self.deaf {
            true => timeout.after.min(PATIENCE.into()),
            false => timeout.after,
        };
        let read = self.inner.await_input(NextTimeout { after, ..timeout });
        match (read, self.failed.take()) {
            (Ok(true), _) => Ok(true),
            (Ok(false) | Err(_), Some(failed)) => Err(failed),
            (read, None) => read,
        }
    }

    fn is_open(&mut self) -> bool {
        !self.deaf && self.inner.is_open()
    }

    fn is_tls(&self) -> bool {
        self.inner.is_tls()
    }
}

impl<T: fmt::Debug> fmt::Debug for Early<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.inner, f)
    }
}
