//! A real browser: Chromium, spoken to by its DevTools protocol through two pipes, so that nothing listens anywhere.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_mins(1);

/// A browser with one page, which ends with the value.
pub struct Browser {
    child: Child,
    to: Option<ChildStdin>,
    from: Receiver<Value>,
    session: Value,
    last: u64,
    events: Vec<Value>,
    _home: TempDir,
}

impl Browser {
    /// Starts one.
    pub fn start() -> Self {
        let home = tempfile::Builder::new().prefix("scratch-browser-").tempdir().unwrap();
        // the protocol is spoken on descriptors 3 and 4; what the browser says itself is of no interest
        let mut child = Command::new("sh")
            .args(["-c", "exec \"$@\" 3<&0 4>&1 </dev/null >/dev/null", "sh", "chromium"])
            .args(["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"])
            .args([
                "--disable-breakpad",
                "--disable-background-networking",
                "--no-first-run",
                "--disable-sync",
            ])
            .args(["--remote-debugging-pipe", "--force-color-profile=srgb"])
            .arg(format!("--user-data-dir={}", home.path().join("profile").display()))
            .envs([("HOME", home.path()), ("TMPDIR", home.path()), ("XDG_CONFIG_HOME", home.path())])
            .env_remove("DBUS_SESSION_BUS_ADDRESS")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (to, mut said) = (child.stdin.take(), BufReader::new(child.stdout.take().unwrap()));
        let (sender, from) = channel();
        std::thread::spawn(move || {
            let mut message = Vec::new();
            while said.read_until(0, &mut message).is_ok_and(|length| length > 0) {
                let value = serde_json::from_slice(message.strip_suffix(&[0]).unwrap_or(&message)).unwrap();
                if sender.send(value).is_err() {
                    return;
                }
                message.clear();
            }
        });
        let mut browser =
            Browser { child, to, from, session: Value::Null, last: 0, events: Vec::new(), _home: home };
        let target = browser.ask("Target.createTarget", json!({ "url": "about:blank" }));
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        browser.session = browser.ask("Target.attachToTarget", attach)["sessionId"].clone();
        for domain in ["Page", "Runtime", "Log", "Network"] {
            browser.ask(&format!("{domain}.enable"), json!({}));
        }
        browser
    }

    /// A window of so many pixels of CSS, in the light or in the dark; narrow ones are phones.
    pub fn window(&mut self, width: u32, height: u32, scheme: &str) {
        let metrics =
            json!({ "width": width, "height": height, "deviceScaleFactor": 2, "mobile": width < 600 });
        self.ask("Emulation.setDeviceMetricsOverride", metrics);
        self.media("", &[("prefers-color-scheme", scheme), ("prefers-reduced-motion", "reduce")]);
    }

    /// What the page takes itself to be shown on.
    pub fn media(&mut self, media: &str, features: &[(&str, &str)]) {
        let features: Vec<_> =
            features.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect();
        self.ask("Emulation.setEmulatedMedia", json!({ "media": media, "features": features }));
    }

    /// Opens the page in a file and waits until it is there.
    pub fn open(&mut self, page: &Path) {
        self.events.clear();
        let url = format!("file://{}", page.display());
        let opened = self.ask("Page.navigate", json!({ "url": url }));
        assert_eq!(opened["errorText"], Value::Null, "{opened}");
        let end = Instant::now() + PATIENCE;
        while !self.events.iter().any(|event| event["method"] == "Page.loadEventFired") {
            let event = self.from.recv_timeout(end.saturating_duration_since(Instant::now())).unwrap();
            self.events.push(event);
        }
    }

    /// Whether scripts run in the pages that are opened from now on.
    pub fn scripts(&mut self, run: bool) {
        self.ask("Emulation.setScriptExecutionDisabled", json!({ "value": !run }));
    }

    /// What an expression of JavaScript is in the page.
    pub fn value(&mut self, expression: &str) -> Value {
        let asked = json!({ "expression": expression, "returnByValue": true, "awaitPromise": true });
        let said = self.ask("Runtime.evaluate", asked);
        assert_eq!(said["exceptionDetails"], Value::Null, "{expression}: {said}");
        said["result"]["value"].clone()
    }

    /// Presses a key: `Enter`, `Tab`, `ArrowLeft`.
    pub fn press(&mut self, key: &str) {
        let code = match key {
            "Tab" => 9,
            "Enter" => 13,
            "Escape" => 27,
            "ArrowLeft" => 37,
            "ArrowUp" => 38,
            "ArrowRight" => 39,
            "ArrowDown" => 40,
            _ => panic!("{key} has no number here"),
        };
        for kind in ["keyDown", "keyUp"] {
            let mut event = json!({ "type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code });
            if key == "Enter" && kind == "keyDown" {
                event["text"] = "\r".into();
            }
            self.ask("Input.dispatchKeyEvent", event);
        }
    }

    /// Keeps a picture of what the window shows, for somebody to look at.
    pub fn picture(&mut self, name: &str) {
        let said = self.ask("Page.captureScreenshot", json!({ "format": "png" }));
        let bytes = base64::Engine::decode(
            &base64::engine::general_purpose::STANDARD,
            said["data"].as_str().unwrap(),
        );
        let bytes = bytes.unwrap();
        assert!(bytes.starts_with(b"\x89PNG"), "no picture");
        std::fs::write(Path::new(env!("CARGO_TARGET_TMPDIR")).join(name).with_extension("png"), bytes)
            .unwrap();
    }

    /// What the browser has complained of since the page was opened, and what it has asked for besides the page.
    pub fn complaints(&mut self) -> Vec<String> {
        self.value("0"); // what was said before is here by now
        let faulty = |event: &&Value| match event["method"].as_str() {
            Some(
                "Runtime.exceptionThrown"
                | "Runtime.consoleAPICalled"
                | "Log.entryAdded"
                | "Page.javascriptDialogOpening",
            ) => true,
            Some("Network.requestWillBeSent") => {
                let url = event["params"]["request"]["url"].as_str().unwrap_or_default();
                event["params"]["type"] != "Document" && url != "data:,"
            }
            _ => false,
        };
        self.events.iter().filter(faulty).map(Value::to_string).collect()
    }

    /// Sends a command and waits for its answer; what happens meanwhile is kept.
    fn ask(&mut self, method: &str, params: Value) -> Value {
        self.last += 1;
        let mut message = json!({ "id": self.last, "method": method, "params": params });
        if !self.session.is_null() {
            message["sessionId"] = self.session.clone();
        }
        let bytes = format!("{message}\0");
        self.to.as_mut().unwrap().write_all(bytes.as_bytes()).unwrap();
        let end = Instant::now() + PATIENCE;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let mut said =
                self.from.recv_timeout(left).unwrap_or_else(|why| panic!("{method}: no answer: {why}"));
            if said["id"] != self.last {
                self.events.push(said);
                continue;
            }
            assert_eq!(said["error"], Value::Null, "{method}: {said}");
            return said["result"].take();
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        self.to = None; // a closed pipe ends it
        let end = Instant::now() + Duration::from_secs(5);
        while Instant::now() < end {
            if let Ok(Some(_)) = self.child.try_wait() {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
