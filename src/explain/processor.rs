//! Flags that tie a program to one kind of processor: it starts where it was built, and nowhere else.
//!
//! An image travels. Code for instructions that the other machine lacks ends there with SIGILL, at the first such
//! instruction and without a word.

/// A flag that makes a program run on some machines only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Risk {
    /// The flag, as rustc reads it: `target-cpu=native`.
    pub flag: String,
    /// The machines that run the program: the end of "it runs only on …".
    pub only_on: &'static str,
}

/// What may be said to rustc without losing machines: its own default for each target, and what all but museum
/// pieces have (x86-64-v2 is of 2009: SSE4.2 and POPCNT).
const COMMON: &[&str] = &["generic", "x86-64", "x86-64-v2", "i686", "pentium4"];

/// Instructions that common machines lack, by the start of the feature's name.
const RARE: &[&str] = &["+avx", "+fma", "+bmi", "+sve", "+amx"];

/// The flag among `flags`, the arguments of rustc one by one, that will hurt; a later `target-cpu` replaces an
/// earlier one, as in rustc.
pub fn risky_flags(flags: &[String]) -> Option<Risk> {
    let cpu = processor(flags);
    let risk = |option: &str, only_on| Some(Risk { flag: option.to_owned(), only_on });
    match cpu {
        Some("native") => {
            return risk("target-cpu=native", "processors that have all of what this machine's has");
        }
        Some("x86-64-v3") => {
            return risk("target-cpu=x86-64-v3", "processors with AVX2 (Intel since 2013, AMD since 2015)");
        }
        Some("x86-64-v4") => {
            return risk(
                "target-cpu=x86-64-v4",
                "processors with AVX-512, which many servers and most desktops lack",
            );
        }
        Some(name) if !COMMON.contains(&name) => {
            return risk(&format!("target-cpu={name}"), "processors of that kind and those that follow it");
        }
        _ => {}
    }
    let features = codegen(flags).filter_map(|option| option.strip_prefix("target-feature="));
    let rare = |feature: &&str| RARE.iter().any(|start| feature.starts_with(start));
    let feature = features.flat_map(|list| list.split(',')).find(rare)?;
    risk(&format!("target-feature={feature}"), "processors that have this feature")
}

/// The processor that `flags`, the arguments of rustc one by one, name.
pub fn processor(flags: &[String]) -> Option<&str> {
    codegen(flags).filter_map(|option| option.strip_prefix("target-cpu=")).last()
}

/// The values of `-C` in all four spellings that rustc takes.
fn codegen(flags: &[String]) -> impl Iterator<Item = &str> {
    let mut waiting = false;
    flags.iter().filter_map(move |flag| {
        if std::mem::take(&mut waiting) {
            return Some(flag.as_str());
        }
        waiting = flag == "-C" || flag == "--codegen";
        flag.strip_prefix("--codegen=").or_else(|| flag.strip_prefix("-C")).filter(|value| !value.is_empty())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn risk(flags: &str) -> Option<String> {
        let flags: Vec<_> = flags.split_whitespace().map(str::to_owned).collect();
        risky_flags(&flags).map(|risk| risk.flag)
    }

    #[test]
    fn native_is_found_in_every_spelling() {
        for flags in [
            "-C target-cpu=native",
            "-Ctarget-cpu=native",
            "--codegen target-cpu=native",
            "--codegen=target-cpu=native",
            "-C opt-level=3 -C target-cpu=native -g",
        ] {
            assert_eq!(risk(flags).as_deref(), Some("target-cpu=native"), "{flags}");
        }
    }

    #[test]
    fn what_every_machine_runs_is_no_risk() {
        for flags in [
            "",
            "-C target-cpu=x86-64",
            "-Ctarget-cpu=x86-64-v2",
            "-C target-feature=+crt-static -C link-arg=-s",
            "-C target-feature=+sse4.2,-avx2",
            "--cfg target-cpu=native",
        ] {
            assert_eq!(risk(flags), None, "{flags}");
        }
    }

    #[test]
    fn the_last_processor_counts_as_in_rustc() {
        assert_eq!(risk("-Ctarget-cpu=native -Ctarget-cpu=x86-64"), None);
        assert_eq!(
            risk("-Ctarget-cpu=x86-64 -Ctarget-cpu=x86-64-v4").as_deref(),
            Some("target-cpu=x86-64-v4")
        );
    }

    #[test]
    fn a_named_processor_and_a_rare_feature_are_told() {
        assert_eq!(risk("-C target-cpu=znver4").as_deref(), Some("target-cpu=znver4"));
        assert_eq!(risk("-C target-feature=+crt-static,+avx2").as_deref(), Some("target-feature=+avx2"));
    }
}
