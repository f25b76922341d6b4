//! What the packages of a build take beside Rust: a compiler of C, and programs that their build scripts call.

use crate::explain::compilers::{compiles, tools};
use crate::explain::programs;
use crate::plan::graph::Node;
use crate::plan::{Plan, Plans};
use crate::toolchain::{allocator, provide};
use std::collections::BTreeSet;

/// What is needed, and by whom.
#[derive(Debug, Default)]
pub struct Tools {
    /// The crates that compile C or read C headers.
    pub compiling: BTreeSet<String>,
    /// The crates whose build scripts call programs.
    pub calling: BTreeSet<String>,
    /// The packages of Debian's that have those programs.
    pub packages: BTreeSet<&'static str>,
}

impl Tools {
    /// What all `plans` take together.
    pub fn of(plans: &Plans) -> Self {
        let mut all = Tools::default();
        if let Some(row) = allocator::wanted(&plans.first) {
            all.compiling.insert(row.source.to_owned());
            if row.tools().next().is_some() {
                all.calling.insert(row.source.to_owned());
            }
            all.packages.extend(row.tools().filter_map(programs::debian));
        }
        for node in plans.iter().flat_map(|plan| plan.graph.packages()) {
            let package = node.package();
            let row = provided(node, &plans.first);
            if compiles(&package).is_some() || package.builds_with("bindgen") || row.is_some() {
                all.compiling.insert(node.name.clone());
            }
            // every system has a shell
            let own = tools(&package).into_iter().filter(|tool| *tool != "sh");
            let called: Vec<_> = own.chain(row.into_iter().flat_map(provide::Row::tools)).collect();
            if !called.is_empty() {
                all.calling.insert(node.name.clone());
            }
            all.packages.extend(called.into_iter().filter_map(programs::debian));
        }
        all
    }
}

/// What stands for the library that `node` looks for, where cargo scratch provides it.
pub fn provided(node: &Node, plan: &Plan) -> Option<&'static provide::Row> {
    provide::ROWS.iter().find(|row| plan.provide && row.applies(&node.package()))
}
