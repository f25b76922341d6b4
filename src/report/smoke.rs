//! What came of the test of an image, for programs.

use crate::smoke::{Check, Condition, Outcome, What};
use serde_json::{Value, json};
use std::time::Duration;

/// The test of the image that people call `name`.
pub fn smoke_json(name: &str, outcome: &Outcome) -> Value {
    let said = |at: usize| outcome.said.get(at).map_or(&[][..], |(_, lines)| lines);
    json!({
        "reason": "smoke",
        "image": name,
        "ok": outcome.error(name).is_none(),
        "engine": outcome.engine,
        "checks": outcome.checks.iter().map(check_json).collect::<Vec<_>>(),
        "start_ms": outcome.started().map(millis),
        "stop_ms": outcome.stop().map(millis),
        "exit": outcome.exit(),
        "stdout": said(0),
        "stderr": said(1),
    })
}

fn check_json(check: &Check) -> Value {
    let mut value = match &check.what {
        What::Condition(Condition::Http(get)) => json!({
            "port": get.port, "path": get.path, "wanted": get.wanted(), "status": check.seen.and_then(|seen| seen.status),
        }),
        What::Condition(Condition::Tcp { port }) => json!({ "port": port }),
        What::Condition(Condition::Line { pattern, .. }) => json!({ "pattern": pattern.as_str() }),
        What::Condition(Condition::Exit { code }) => json!({ "code": code }),
        What::Condition(Condition::Start) => json!({}),
        What::Stop(signal) => json!({ "signal": signal.to_string() }),
    };
    value["check"] = match &check.what {
        What::Condition(condition) => condition.word().into(),
        What::Stop(_) => "stop".into(),
    };
    value["ok"] = check.fault.is_none().into();
    value["after_ms"] = check.seen.map(|seen| millis(seen.after)).into();
    value["why"] = check.fault.clone().into();
    value
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}
