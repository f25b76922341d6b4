//! How far an upload has got: the header `Range` of a session (OCI distribution spec, "Pushing a blob in chunks").

/// How many bytes a registry has that says `range`, when it was sent all up to `sent`; `None` if that cannot be.
///
/// Ends are inclusive, and registries say `0-0` of nothing too, so that it means one byte only where one was sent.
pub fn received(range: &str, sent: u64) -> Option<u64> {
    let range = range.trim();
    let range = range.strip_prefix("bytes=").unwrap_or(range);
    let (start, end) = range.split_once('-')?;
    let number = |text: &str| {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| text.parse::<u64>().ok()).flatten()
    };
    let (start, end) = (number(start)?, number(end)?);
    let received = match end {
        0 if sent != 1 => 0,
        end => end.checked_add(1)?,
    };
    (start == 0 && received <= sent).then_some(received)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn e4_only_what_was_sent_can_have_been_received() {
        assert_eq!(received("0-99", 100), Some(100));
        assert_eq!(received("bytes=0-49", 100), Some(50));
        assert_eq!(received("0-0", 100), Some(0));
        assert_eq!(received("0-0", 1), Some(1));
        assert_eq!(received("0-0", 0), Some(0));
        for odd in
            ["", "-", "0-", "-9", "0-100", "1-9", "5-2", "a-b", "+0-9", "0-18446744073709551615", "0-9-9"]
        {
            assert_eq!(received(odd, 100), None, "{odd}");
        }
    }

    proptest! {
        #[test]
        fn nothing_is_more_than_was_sent(range in "[0-9a-z= +-]{0,24}", sent: u64) {
            prop_assert!(received(&range, sent).is_none_or(|received| received <= sent));
        }
    }
}
