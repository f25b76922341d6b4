//! `cargo scratch schema`: the form of all that programs read of us.

use crate::error::{Code, Error};
use crate::ui::Ui;
use serde_json::{Value, json};

/// JSON Schema, 2020-12.
pub const SCHEMA: &str = include_str!("../../docs/messages.schema.json");

/// Runs the command.
pub fn schema(ui: &Ui) -> Result<(), Error> {
    let schema: Value = serde_json::from_str(SCHEMA)
        .map_err(|reason| Error::new(Code::Output, format!("the schema is not JSON: {reason}")))?;
    ui.result(SCHEMA.trim_end(), || json!({ "reason": "schema", "schema": schema }))
}
