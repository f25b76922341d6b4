//! What docker makes of a .dockerignore file: the algorithm of moby/patternmatcher, for the patterns that are written
//! here; others are refused.

/// The lines of a .dockerignore file: whether it is an exception, and what it matches.
pub fn read(lines: &[&str]) -> Vec<(bool, Vec<Step>)> {
    let split = |line| str::strip_prefix(line, "!").map_or((false, line), |rest| (true, rest));
    lines.iter().map(|line| split(line)).map(|(exception, pattern)| (exception, compiled(pattern))).collect()
}

/// Whether docker would send `path`: the algorithm of moby/patternmatcher's `MatchesOrParentMatches`.
pub fn sends(lines: &[(bool, Vec<Step>)], path: &str) -> bool {
    let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
    let chain: Vec<Vec<char>> = ends.map(|end| path[..end].chars().collect()).collect();
    let mut ignored = false;
    for (exception, steps) in lines {
        if *exception == ignored && chain.iter().any(|path| matches(steps, path)) {
            ignored = !exception;
        }
    }
    !ignored
}

/// A step of the regular expression that docker makes of a pattern.
pub enum Step {
    /// A character of these ranges, or of none of them.
    One(bool, Vec<(char, char)>),
    /// `[^/]*`
    Name,
    /// `(.*/)?`
    Folders,
}

fn compiled(pattern: &str) -> Vec<Step> {
    let chars: Vec<char> = pattern.chars().collect();
    let (mut at, mut steps) = (0, Vec::new());
    // an escaped character, or the one that stands there
    let single = |at: &mut usize| {
        let escaped = chars[*at] == '\\';
        *at += 1 + usize::from(escaped);
        let c = chars[*at - 1];
        assert!(!(escaped && c.is_alphanumeric()), "{pattern}: a letter would get a meaning");
        c
    };
    while at < chars.len() {
        steps.push(match chars[at] {
            '*' if chars.get(at + 1) == Some(&'*') => {
                assert!(chars[at + 2] == '/' && chars.len() > at + 3, "{pattern}: nothing else is written");
                at += 3;
                Step::Folders
            }
            '*' => {
                at += 1;
                Step::Name
            }
            '?' => {
                at += 1;
                Step::One(true, vec![('/', '/')])
            }
            '[' => {
                let negated = chars[at + 1] == '^';
                at += 1 + usize::from(negated);
                let mut ranges = Vec::new();
                while chars[at] != ']' {
                    let first = single(&mut at);
                    let last = if chars[at] == '-' {
                        at += 1;
                        single(&mut at)
                    } else {
                        first
                    };
                    ranges.push((first, last));
                }
                at += 1;
                assert!(!ranges.is_empty(), "{pattern}: docker refuses an empty class");
                Step::One(negated, ranges)
            }
            _ => {
                let c = single(&mut at);
                Step::One(false, vec![(c, c)])
            }
        });
    }
    steps
}

fn matches(steps: &[Step], path: &[char]) -> bool {
    match (steps.split_first(), path.split_first()) {
        (None, rest) => rest.is_none(),
        (Some((Step::Name, rest)), _) => {
            let end = path.iter().position(|c| *c == '/').unwrap_or(path.len());
            (0..=end).any(|size| matches(rest, &path[size..]))
        }
        (Some((Step::Folders, rest)), _) => {
            let slashes = (0..path.len()).filter(|at| path[*at] == '/').map(|at| at + 1);
            matches(rest, path) || slashes.into_iter().any(|start| matches(rest, &path[start..]))
        }
        (Some((Step::One(negated, ranges), rest)), Some((c, path))) => {
            ranges.iter().any(|(first, last)| first <= c && c <= last) != *negated && matches(rest, path)
        }
        (Some(_), None) => false,
    }
}
