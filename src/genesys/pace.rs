//! One pace for all requests of a token: Genesys Cloud counts them by the minute, and reports the count in its answers.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::Response;
use tokio::time::Instant;

/// Requests per token and window, until an answer says otherwise.
const ALLOWED: u32 = 300;
pub(super) const WINDOW: Duration = Duration::from_secs(60);
/// The server counts in whole seconds, and answers overtake each other.
const SLACK: Duration = Duration::from_secs(2);

/// Requests per window in the most restrictive organization.
const SLOWEST: u32 = 50;
/// How long a read may be held back in total.
const PATIENCE: Duration = Duration::from_secs(60 * 60);

/// Called with the pause when all allowed requests are used up.
pub type OnPause = Arc<dyn Fn(Duration) + Send + Sync>;

#[derive(Default)]
pub(super) struct Pace(Mutex<Window>);

struct Window {
    allowed: u32,
    /// Requests in this window, including those the server has not counted yet.
    count: u32,
    in_flight: u32,
    ends: Option<WindowEnd>,
    /// The window end for which a pause was announced.
    announced: Option<Instant>,
    /// How long requests were held back, over all windows.
    held: Duration,
    sent: u32,
    on_pause: Option<OnPause>,
}

/// When the server starts counting again.
#[derive(Clone, Copy)]
struct WindowEnd {
    at: Instant,
    /// No answer has said so yet.
    is_guess: bool,
}

impl Default for Window {
    fn default() -> Self {
        Self {
            allowed: ALLOWED,
            count: 0,
            in_flight: 0,
            ends: None,
            announced: None,
            held: Duration::ZERO,
            sent: 0,
            on_pause: None,
        }
    }
}

/// A request in flight; it ends when dropped.
pub(super) struct Turn<'a>(&'a Pace);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut window = self.0.window();
        window.in_flight = window.in_flight.saturating_sub(1);
    }
}

impl Pace {
    fn window(&self) -> MutexGuard<'_, Window> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn on_pause(&self, callback: OnPause) {
        self.window().on_pause = Some(callback);
    }

    /// How long requests were held back so far, limited to what an honestly counting server could demand: an answer may
    /// say anything.
    pub(super) fn held(&self) -> Duration {
        let window = self.window();
        let windows = (window.sent / SLOWEST).saturating_add(2);
        window.held.min(WINDOW.saturating_mul(windows)).min(PATIENCE)
    }

    /// Waits until one more request is allowed.
    pub(super) async fn turn(&self) -> Turn<'_> {
        loop {
            let (until, announce) = {
                let mut window = self.window();
                let now = Instant::now();
                if window.ends.is_none_or(|ends| ends.at <= now) {
                    window.ends = Some(WindowEnd { at: now + WINDOW, is_guess: true });
                    window.count = window.in_flight;
                }
                let Some(ends) = window.ends.filter(|_| window.count >= window.allowed) else {
                    window.count += 1;
                    window.in_flight += 1;
                    window.sent = window.sent.saturating_add(1);
                    return Turn(self);
                };
                // All who wait for the same window end wait at the same time.
                let is_first = window.announced.is_none_or(|announced| ends.at > announced + SLACK);
                if is_first {
                    window.announced = Some(ends.at);
                    window.held += ends.at - now;
                }
                (ends.at, window.on_pause.clone().filter(|_| is_first))
            };
            if let Some(announce) = announce {
                announce(until - Instant::now());
            }
            tokio::time::sleep_until(until).await;
        }
    }

    /// Records what an answer says about the window.
    pub(super) fn answered(&self, response: &Response<Vec<u8>>) {
        let number =
            |name: &str| -> Option<u64> { response.headers().get(name)?.to_str().ok()?.trim().parse().ok() };
        let seconds = |name: &str| number(name).map(|seconds| Duration::from_secs(seconds).min(WINDOW));
        let mut window = self.window();
        let now = Instant::now();
        if let Some(allowed) = number("inin-ratelimit-allowed") {
            window.allowed = u32::try_from(allowed).unwrap_or(ALLOWED).max(1);
        }
        if response.status().as_u16() == 429 {
            // Whatever was counted here, this token gets no answers until then.
            if let Some(after) = seconds("retry-after") {
                window.count = window.count.max(window.allowed);
                window.ends = Some(WindowEnd { at: now + after, is_guess: false });
            }
            return;
        }
        let count = number("inin-ratelimit-count").and_then(|count| u32::try_from(count).ok());
        let (Some(count), Some(reset)) = (count, seconds("inin-ratelimit-reset")) else { return };
        let at = now + reset;
        match window.ends {
            // Others may use the same token.
            Some(known) if !known.is_guess && at <= known.at + SLACK => {
                window.count = window.count.max(count)
            }
            _ => {
                window.ends = Some(WindowEnd { at, is_guess: false });
                window.count = window.count.max(count.saturating_add(window.in_flight.saturating_sub(1)));
            }
        }
    }
}
