//! Times in headers (RFC 9110, 5.6.7): the form of today, and the two that older servers may still send.

use std::time::{Duration, SystemTime};

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// The time that `text` names; `None` if it names none.
pub fn parse(text: &str) -> Option<SystemTime> {
    // `Sun, 06 Nov 1994 08:49:37 GMT`, `Sunday, 06-Nov-94 08:49:37 GMT`, `Sun Nov  6 08:49:37 1994`
    let words: Vec<_> = text.split([' ', ',', '-']).filter(|word| !word.is_empty()).take(7).collect();
    let ([_, day, month, year, time, "GMT"] | [_, month, day, time, year]) = words[..] else { return None };
    let month = MONTHS.iter().position(|name| name.eq_ignore_ascii_case(month))? + 1;
    let (day, mut year) = (day.parse::<u8>().ok()?, year.parse::<u16>().ok()?);
    if year < 100 {
        // two digits came from servers of the last century, or are of this one
        year += if year < 70 { 2000 } else { 1900 };
    }
    humantime::parse_rfc3339(&format!("{year:04}-{month:02}-{day:02}T{time}Z")).ok()
}

/// How long after `now` the time `then` is; nothing if it has passed.
pub fn until(then: SystemTime, now: SystemTime) -> Duration {
    then.duration_since(now).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_three_forms_are_one_time() {
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        for form in
            ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"]
        {
            assert_eq!(parse(form), Some(time), "{form}");
        }
        assert_eq!(until(time, time + Duration::from_secs(5)), Duration::ZERO);
        assert_eq!(until(time + Duration::from_secs(5), time), Duration::from_secs(5));
    }

    #[test]
    fn what_is_no_date_is_none() {
        for odd in ["", "0", "tomorrow", "Sun, 99 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 CET"] {
            assert_eq!(parse(odd), None, "{odd}");
        }
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic(text in "[ -~é]{0,60}") {
            let _ = parse(&text);
        }

        #[test]
        fn odd_fields_do_not_make_it_panic(day in "[0-9]{1,4}", year in "[0-9]{1,6}", time in "[0-9:.é]{0,12}") {
            let _ = parse(&format!("Sun, {day} Nov {year} {time} GMT"));
        }
    }
}
