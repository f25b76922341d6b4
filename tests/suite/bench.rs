//! `make bench` runs: every section, once and with the smallest there is, and its rows are complete. No time is asserted.

#[allow(dead_code, clippy::print_stdout, clippy::print_stderr, reason = "as the bench has them")]
#[path = "../../benches/all/sections/mod.rs"]
mod sections;

use sections::{ALL, Scale, Table};

/// Runs the section `name`; what was measured, by the names of the rows, and why another row was not.
#[track_caller]
fn smoke(name: &str, least: usize) -> Table {
    let section = ALL.iter().find(|section| section.name == name).unwrap();
    let mut table = Table::default();
    (section.measure)(&Scale::smoke(), &mut table);
    assert!(table.rows().count() >= least, "{}", table.markdown());
    for row in table.rows() {
        // ours panics where it fails; of the others there may be older ones, which cannot do all of this
        assert!(row.is_measured() || row.notes.len() == 1, "{}", table.markdown());
    }
    table
}

/// Asserts that the row `what` has figures.
#[track_caller]
fn measured(table: &Table, what: &str) {
    let row = table.rows().find(|row| row.what == what).unwrap_or_else(|| panic!("no {what}"));
    assert!(row.is_measured(), "{what}: {:?}", row.notes);
}

#[test]
fn packing_is_measured_against_everybody_needs_docker_needs_buildkit_needs_buildah_needs_podman_needs_umoci_needs_skopeo_needs_openssl_needs_registry_needs_time()
 {
    let table = smoke("pack-150", 17);
    for what in [
        "cargo scratch --compression none",
        "cp + openssl dgst -sha256",
        "skopeo copy of our archive",
        "docker build + docker save",
        "BuildKit: docker build + docker save",
        "buildah from, copy, commit",
        "podman build + podman save",
        "umoci init, new, insert, config",
        "zlib-rs in one thread, level 6, the program alone",
        "the layers alone, by docker push",
    ] {
        measured(&table, what);
    }
    let text = table.markdown();
    let lines: Vec<_> = text.lines().collect();
    let columns = |line: &str| line.matches('|').count();
    assert!(lines.iter().all(|line| columns(line) == columns(lines[0])), "{text}");
    assert!(text.contains(" × |"), "{text}");
}

#[test]
fn a_build_is_measured_against_cargos_own() {
    let table = smoke("rebuild", 9);
    assert!(table.rows().all(sections::Row::is_measured), "{}", table.markdown());
}

#[test]
fn two_platforms_are_measured_against_one_needs_aarch64_std() {
    let table = smoke("platforms", 4);
    assert!(table.rows().all(sections::Row::is_measured), "{}", table.markdown());
}

#[test]
fn memory_start_and_images_are_measured_needs_time() {
    let memory = smoke("memory", 3);
    assert!(memory.rows().all(|row| row.peak.is_some() && row.bytes.is_some()), "{}", memory.markdown());
    assert!(smoke("start", 3).rows().all(|row| row.wall.is_some()));
    measured(&smoke("image", 3), "cargo scratch");
}

#[test]
fn pushing_is_measured_against_skopeo_needs_registry_needs_skopeo_needs_time() {
    let table = smoke("push", 2);
    assert!(table.rows().all(|row| row.wall.is_some() && row.peak.is_some()), "{}", table.markdown());
}

#[test]
fn running_is_measured_against_engines_needs_docker_needs_unshare() {
    let table = smoke("run", 5);
    measured(&table, "docker run");
    measured(&table, "unshare + chroot");
}

#[test]
fn allocators_are_measured_against_glibcs_needs_crates_io() {
    let table = smoke("allocator", 4);
    assert!(table.rows().all(|row| row.wall.is_some() && row.peak.is_some()), "{}", table.markdown());
    let bytes: Vec<_> = table.rows().filter_map(|row| row.bytes).collect();
    assert!(bytes.len() == 3 && bytes[1] > bytes[0] && bytes[2] > bytes[0], "{}", table.markdown());
}

#[test]
fn an_install_is_measured() {
    measured(&smoke("tool", 1), "cargo install, downloaded already, one run");
}
