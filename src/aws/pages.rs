//! Bounded listings: an endpoint could return pages forever.

use std::error::Error;

use aws_smithy_async::future::pagination_stream::PaginationStream;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;

/// More than any account has.
pub(super) const PAGES: usize = 200;

/// All items of a listing.
///
/// # Errors
///
/// If AWS does not answer, or after [`PAGES`].
pub(super) async fn items<P, T, E>(
    mut pages: PaginationStream<Result<P, SdkError<E, HttpResponse>>>,
    of: impl Fn(P) -> Vec<T>,
) -> Result<Vec<T>, SdkError<E, HttpResponse>>
where
    E: Error + Send + Sync + 'static,
{
    let mut all = Vec::new();
    for _ in 0..PAGES {
        match pages.next().await {
            Some(page) => all.extend(of(page?)),
            None => return Ok(all),
        }
    }
    Err(no_end())
}

/// The listing is longer than any real one.
pub(super) fn no_end<E>() -> SdkError<E, HttpResponse> {
    SdkError::construction_failure(format!("the listing has no end: {PAGES} pages were read"))
}
