//! What a token is asked to allow, in the words of token servers.

/// The most scopes beside our own that a challenge may name.
const FURTHER: usize = 4;

/// What a request must be allowed to do, each as `repository:NAME:ACTIONS` (distribution, "Token Scope
/// Documentation"); the first is of the repository that is asked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Scope(Vec<String>);

impl Scope {
    /// To push to `repository`, and to mount from `others`.
    pub fn to_push(repository: &str, others: &[String]) -> Self {
        let own = format!("repository:{repository}:pull,push");
        let others = others.iter().map(|other| format!("repository:{other}:pull"));
        Scope(std::iter::once(own).chain(others).collect())
    }

    /// To pull from `repository`.
    pub fn to_pull(repository: &str) -> Self {
        Scope(vec![format!("repository:{repository}:pull")])
    }

    /// Each of them.
    pub fn each(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// With what a challenge asks for beside: some registries know a repository by another name than its path. More
    /// than to pull and push is not asked for.
    pub fn with(&self, asked: Option<&str>) -> Self {
        let own = self.0.first().and_then(|own| own.rsplit_once(':')).map_or("", |(name, _)| name);
        let mut all = self.0.clone();
        for scope in asked.unwrap_or_default().split(' ').filter(|scope| scope.len() <= 512).take(FURTHER) {
            let Some((name, actions)) = scope.rsplit_once(':') else { continue };
            let modest = actions.split(',').all(|action| matches!(action, "pull" | "push"));
            if name != own && name.starts_with("repository:") && modest {
                all.push(scope.to_owned());
            }
        }
        all.dedup();
        Scope(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn e7_a_challenge_may_add_names_but_no_powers() {
        let scope = Scope::to_push("a/b", &["c/d".to_owned()]);
        let with = |asked: &str| scope.with(Some(asked)).0.split_off(2);
        assert_eq!(scope.0, ["repository:a/b:pull,push", "repository:c/d:pull"]);
        assert!(with("repository:a/b:pull").is_empty());
        assert_eq!(with("repository:org/a/b:pull,push"), ["repository:org/a/b:pull,push"]);
        for odd in ["registry:catalog:*", "repository:x:pull,delete", "", " ", "x", "repository:x:*"] {
            assert!(with(odd).is_empty(), "{odd}");
        }
        assert_eq!(with(&"repository:x:pull repository:y:pull ".repeat(1000)).len(), FURTHER);
    }
}
