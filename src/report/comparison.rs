//! A program beside the one of the default build.

use super::{percent, size};
use serde_json::{Value, json};

/// The program that the default build makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// The flags that it is built without, one word each.
    pub without: Vec<String>,
    /// Its size in bytes, as it would be packed.
    pub size: u64,
}

impl Comparison {
    /// `403.1 kB, 92.9 kB (18.7 %) less than without --optimize=size`, for a program of `own` bytes.
    pub fn line(&self, own: u64) -> String {
        let without = self.without.join(" ");
        let (difference, word) = match own < self.size {
            true => (self.size - own, "less"),
            false => (own - self.size, "more"),
        };
        match difference {
            0 => format!("{}, as large as without {without}", size(own)),
            _ => format!(
                "{}, {} ({} %) {word} than without {without}",
                size(own),
                size(difference),
                percent(difference, self.size)
            ),
        }
    }

    /// The same for programs; what is saved is negative where it is a cost.
    pub fn json(&self, own: u64) -> Value {
        let saved = i128::from(self.size) - i128::from(own);
        json!({
            "without": self.without,
            "size": self.size,
            "saved": i64::try_from(saved).unwrap_or_default(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comparison_is_told_in_bytes_and_in_percent_of_the_default() {
        let of = |size: u64| Comparison { without: vec!["--optimize=size".into()], size };
        let line = |default: u64, own: u64| of(default).line(own);
        assert_eq!(line(496_000, 403_100), "403.1 kB, 92.9 kB (18.7 %) less than without --optimize=size");
        assert_eq!(line(400_000, 500_000), "500.0 kB, 100.0 kB (25.0 %) more than without --optimize=size");
        assert_eq!(line(7, 7), "7 B, as large as without --optimize=size");
        assert_eq!(of(400_000).json(500_000)["saved"], -100_000);
    }
}
