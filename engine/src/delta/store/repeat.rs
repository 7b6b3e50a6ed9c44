//! Asking again where the client does not: it repeats requests that got no answer, but none whose answer broke off.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use object_store::{Error, Result};
use tokio::time::{Instant, sleep, timeout_at};

use super::cause::StoreFault;

/// Further times that something is asked whose answer broke off.
const BROKEN_ANSWERS: usize = 8;

/// Asks until there is an answer or an error that does not pass, for `limit` at most. The first question alone may take
/// longer: the client has limits of its own, and its last word is kept.
pub(super) async fn repeated<T, F>(limit: Duration, passes: fn(&Error) -> bool, mut ask: impl FnMut() -> F) -> Result<T>
where
    F: Future<Output = Result<T>>,
{
    let until = Instant::now() + limit;
    let mut pauses = pauses().build();
    let mut answer = ask().await;
    loop {
        let error = match answer {
            Err(error) if passes(&error) => error,
            answer => return answer,
        };
        let Some(pause) = pauses.next().filter(|pause| Instant::now() + *pause < until) else {
            return Err(error);
        };
        sleep(pause).await;
        match timeout_at(until, ask()).await {
            Ok(next) => answer = next,
            Err(_) => return Err(error),
        }
    }
}

fn pauses() -> ExponentialBuilder {
    ExponentialBuilder::default()
        .with_min_delay(Duration::from_millis(100))
        .with_max_delay(Duration::from_secs(5))
        .with_max_times(BROKEN_ANSWERS)
        .with_jitter()
}

/// Whether an answer broke off amid its body, so that it is unknown what became of the request. One that the client
/// repeated as often as it may is not such an answer.
pub(super) fn is_broken_answer(error: &Error) -> bool {
    let told = error.to_string();
    let (done, most) = (told.split_once("after "), told.split_once("max_retries: "));
    let number = |text: &str| text.split(|c: char| !c.is_ascii_digit()).next().and_then(|n| n.parse::<usize>().ok());
    let exhausted = match (done.and_then(|(_, text)| number(text)), most.and_then(|(_, text)| number(text))) {
        (Some(done), Some(most)) => done >= most,
        _ => false,
    };
    !exhausted && StoreFault::new("", "", error).passing
}

/// The client has no kind for it, only these words.
pub(super) fn is_broken_list(error: &Error) -> bool {
    error.to_string().contains("list response body")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::cell::Cell;

    use super::super::cause::unanswered;
    use super::*;

    fn broken() -> Error {
        unanswered("http://host/b/k in 3ms")
    }

    #[test]
    fn what_the_client_gave_up_is_no_broken_answer() {
        let of = |told: &str| is_broken_answer(&unanswered(&format!("http://host/b/k in 20s{told}")));
        assert!(of(""));
        assert!(of(", after 2 retries, max_retries: 10, retry_timeout: 60s "));
        assert!(!of(", after 10 retries, max_retries: 10, retry_timeout: 60s "));
        let refused = Error::Generic { store: "S3", source: "status code: 403 Forbidden: ".into() };
        assert!(!is_broken_answer(&refused));
    }

    #[tokio::test]
    async fn what_passes_is_asked_again() {
        let asked = Cell::new(0);
        let answer = repeated(Duration::from_secs(60), is_broken_answer, || {
            asked.set(asked.get() + 1);
            std::future::ready(if asked.get() < 3 { Err(broken()) } else { Ok(asked.get()) })
        });
        assert_eq!(answer.await.unwrap(), 3);
    }

    #[tokio::test]
    async fn what_does_not_pass_is_asked_once() {
        let asked = Cell::new(0);
        let answer = repeated(Duration::from_secs(60), is_broken_list, || {
            asked.set(asked.get() + 1);
            std::future::ready(Err::<(), _>(broken()))
        });
        assert!(answer.await.is_err());
        assert_eq!(asked.get(), 1);
    }

    /// A store that answers nothing: a question takes as long as the client bears with it.
    #[tokio::test]
    async fn a_question_that_took_all_the_time_is_not_asked_again() {
        let (asked, limit) = (Cell::new(0), Duration::from_millis(150));
        let answer = repeated(limit, is_broken_answer, || {
            asked.set(asked.get() + 1);
            async move {
                sleep(limit).await;
                Err::<(), _>(broken())
            }
        });
        assert!(answer.await.is_err());
        assert_eq!(asked.get(), 1);
    }

    #[tokio::test]
    async fn a_question_that_is_asked_again_ends_in_time() {
        let asked = Cell::new(0);
        let answer = repeated(Duration::from_secs(3), is_broken_answer, || {
            asked.set(asked.get() + 1);
            let is_first = asked.get() == 1;
            async move {
                if is_first {
                    return Err(broken());
                }
                std::future::pending::<Result<()>>().await
            }
        });
        assert!(answer.await.unwrap_err().to_string().contains("in 3ms"));
        assert_eq!(asked.get(), 2);
    }
}
