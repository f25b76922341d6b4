//! Whether others take the documents for what they say that they are.

use super::Documents;
use crate::support::{Run, tool};
use std::path::Path;

/// Says each fault of the documents in the arguments, or that a purl is not written as its makers write it.
const CYCLONEDX: &str = "
import json, sys
from cyclonedx.model.bom import Bom
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL

text = open(sys.argv[1]).read()
faults = [str(fault) for fault in JsonStrictValidator(SchemaVersion.V1_6).validate_str(text, all_errors=True) or []]
document = json.loads(text)
Bom.from_json(document).validate()
for component in [document['metadata']['component'], *document['components']]:
    purl = component.get('purl')
    if purl and PackageURL.from_string(purl).to_string() != purl:
        faults.append(purl)
refs = {component['bom-ref'] for component in document['components']} | {document['metadata']['component']['bom-ref']}
below = {one['ref']: one['dependsOn'] for one in document['dependencies']}
faults += [ref for ref in refs ^ below.keys()]
waiting, reached = [document['metadata']['component']['bom-ref']], set()
while waiting:
    ref = waiting.pop()
    if ref not in reached:
        reached.add(ref)
        waiting += below[ref]
faults += [f'{ref} is below nothing' for ref in refs - reached]
sys.exit('\\n'.join(faults) or 0)
";

/// Asserts that the CycloneDX document beside `archive` fits its schema strictly and is whole.
#[track_caller]
pub fn cyclonedx(archive: &Path) {
    let mut python = tool("python3");
    python.args(["-c", CYCLONEDX]).arg(archive.with_extension("cdx.json"));
    let run = Run::of(python);
    assert_eq!((run.status, run.stderr.as_str()), (0, ""), "{}", archive.display());
}

/// Asserts that the SPDX document beside `archive` is valid.
#[track_caller]
pub fn spdx(archive: &Path) {
    let mut tools = tool("pyspdxtools");
    tools.arg("-i").arg(archive.with_extension("spdx.json")).args(["--version", "SPDX-2.3"]);
    let run = Run::of(tools);
    assert_eq!(run.status, 0, "{run:?}");
}

/// Asserts that both documents beside `archive` have the minimum elements of the NTIA: the checker reads SPDX alone, so those
/// of CycloneDX are looked for here.
#[track_caller]
pub fn ntia(archive: &Path) {
    let mut checker = tool("ntia-checker");
    checker.arg(archive.with_extension("spdx.json"));
    let run = Run::of(checker);
    assert_eq!(run.status, 0, "{run:?}");
    assert!(run.stdout.contains("Conformant: True"), "{run:?}");
    assert!(!run.stdout.contains("floating"), "all is below the image: {run:?}");

    let document = Documents::beside(archive).cyclonedx;
    for component in document["components"].as_array().unwrap() {
        for element in
            [&component["name"], &component["version"], &component["purl"], &component["supplier"]["name"]]
        {
            assert!(element.as_str().is_some_and(|text| !text.is_empty()), "{component}");
        }
    }
    assert_eq!(document["metadata"]["tools"]["components"][0]["name"], "cargo-scratch");
    assert!(document["metadata"]["timestamp"].is_string());
}
