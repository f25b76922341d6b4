//! What people run into on the way to an image FROM scratch, and the tests that show what is done about it.

mod blame;
mod empty;
mod host;
mod machine;

use std::fs;
use std::path::Path;

/// What a user runs into, and the tests of it, wherever they stand: beside the code, here, or with their topic.
const PAINS: &[(&str, &[&str])] = &[
    (
        "the container says that there is no such file, and means the loader of a dynamic program",
        &[
            "needs_gcc_a_dynamic_program_is_refused_and_an_older_image_stays",
            "a6_needs_gcc_dynamic_programs_and_libraries_are_refused_by_name",
            "needs_gcc_a_shared_openssl_is_traced_to_the_build_script_with_the_line_that_takes_it_out",
            "needs_gcc_the_program_is_blamed_before_what_other_build_scripts_use",
            "needs_gcc_a_library_that_a_known_package_links_in_its_code_is_traced_too",
            "needs_gcc_a_library_that_no_table_knows_is_traced_to_its_package",
            "needs_gcc_a_library_that_nobody_has_asked_for_is_said_to_be_in_code_or_flags",
            "needs_gcc_what_compilers_bring_is_told_apart",
        ],
    ),
    (
        "the container cannot execute a program that was made for another architecture",
        &[
            "a_program_for_another_machine_is_refused",
            "an_entrypoint_for_another_machine_is_refused_and_a_file_that_is_only_copied_is_not",
        ],
    ),
    (
        "a crate compiles C or C++, and no compiler for musl goes by the name that is looked for",
        &[
            "c_without_a_compiler_is_refused_before_the_build",
            "cxx_is_not_left_to_a_compiler_of_c",
            "a_gcc_for_musl_is_named_to_build_scripts_for_the_target_alone",
            "a_program_without_c_needs_no_compiler_and_gets_no_variables",
            "a_missing_c_compiler_is_named_with_the_packages_that_have_one",
            "a_missing_cpp_compiler_is_not_taken_for_one_of_c",
        ],
    ),
    (
        "the linker is missing, or belongs to another system and does not know its flags",
        &[
            "without_a_c_compiler_llvms_linker_is_used_with_the_users_flags",
            "b9_without_any_linker_the_packages_that_have_one_are_named",
            "linkers_are_understood",
        ],
    ),
    (
        "OpenSSL is not found, or pkg-config does not look for it for another target",
        &[
            "a_library_that_cannot_be_provided_is_told_at_once_with_the_line",
            "a_library_is_built_once_and_handed_over_by_its_variables",
            "a_package_that_builds_its_own_gets_nothing_and_glibc_is_left_alone",
            "the_users_own_library_wins",
            "openssl_and_other_libraries_of_the_system_are_built_from_source",
            "vendored_openssl_needs_perl_and_make",
        ],
    ),
    (
        "a shared library of one C library crashes in a program of another",
        &[
            "needs_gcc_a_shared_openssl_is_traced_to_the_build_script_with_the_line_that_takes_it_out",
            "every_rows_variables_are_for_one_target_only",
        ],
    ),
    (
        "the cryptography below rustls wants CMake, or C that was compiled for glibc has undefined symbols",
        &[
            "the_usual_tls_stacks_need_a_c_compiler_and_nothing_else",
            "bindings_that_are_made_while_building_need_cmake_and_libclang",
            "a_program_that_a_build_script_runs_is_missed_before_the_build",
            "c_code_for_glibc_is_traced_to_its_package",
            "another_libc_has_none",
        ],
    ),
    (
        "every TLS connection is refused, since the image has no certificates",
        &[
            "what_a_program_will_miss_is_told_with_who_needs_it_and_what_changes_it",
            "clients_that_read_the_systems_store_need_certificates",
            "mozillas_roots_are_in_the_base_layer_and_named_by_a_variable",
            "a_users_own_variable_and_certificates_win",
            "a_need_is_met_unless_the_user_says_otherwise",
        ],
    ),
    (
        "names of hosts resolve slowly or not at all",
        &[
            "what_a_program_will_miss_is_told_with_who_needs_it_and_what_changes_it",
            "a_client_uses_musls_resolver_unless_it_brings_one",
        ],
    ),
    (
        "a program with many threads waits for memory",
        &[
            "what_a_program_will_miss_is_told_with_who_needs_it_and_what_changes_it",
            "threads_need_an_allocator_unless_there_is_one",
        ],
    ),
    (
        "a thread that C started runs out of stack",
        &[
            "what_a_program_will_miss_is_told_with_who_needs_it_and_what_changes_it",
            "libraries_in_c_that_start_threads_and_temporary_files_are_found",
        ],
    ),
    (
        "there is no folder for temporary files",
        &[
            "without_files_the_image_is_the_base_and_the_program",
            "a_folder_that_the_configuration_names_is_there",
        ],
    ),
    (
        "time zones are not found by name, and local time is UTC",
        &[
            "what_a_program_will_miss_is_told_with_who_needs_it_and_what_changes_it",
            "jiff_reads_the_zones_of_the_system_unless_it_carries_them",
            "local_time_alone_is_no_reason_for_six_hundred_files",
            "time_zones_are_files_by_their_names",
        ],
    ),
    (
        "the user of the image is in no user database",
        &["a_user_that_the_image_does_not_know_is_refused", "without_a_word_the_image_is_as_the_help_says"],
    ),
    (
        "stopping the container takes ten seconds",
        &[
            "what_a_program_will_miss_is_told_with_who_needs_it_and_what_changes_it",
            "a_server_that_handles_no_signal_is_told",
            "needs_docker_the_starter_answers_and_stops_at_once",
        ],
    ),
    (
        "macros cannot be built, since the flags ask for static programs",
        &["a_macro_builds_though_the_users_flags_ask_for_static_programs"],
    ),
    (
        "flags of one place silently replace those of another",
        &[
            "b8_the_users_flags_reach_the_compiler_wherever_they_stand",
            "b8_ours_and_the_users_reach_the_compiler_together",
            "b8_flags_in_variables_outrank_all_others_so_ours_go_there",
        ],
    ),
    (
        "build scripts are compiled with the target's flags or compiler, or for a newer C library",
        &[
            "b8_build_scripts_stay_programs_of_the_host",
            "needs_crates_io_needs_gcc_needs_zig_c_is_compiled_for_the_machine_that_it_runs_on",
            "the_machine_itself_may_be_the_reason",
        ],
    ),
    (
        "a program for this very processor ends with an illegal instruction on others",
        &[
            "b8_a_processor_that_others_lack_is_warned_of_wherever_it_is_said",
            "native_is_found_in_every_spelling",
            "a_named_processor_and_a_rare_feature_are_told",
        ],
    ),
    (
        "a program asks for a newer C library than the base image has",
        &[
            "needs_gcc_a_dynamic_program_is_refused_and_an_older_image_stays",
            "without_files_the_image_is_the_base_and_the_program",
        ],
    ),
    (
        "the program is not where a script looks for it",
        &[
            "b3_the_program_is_where_cargos_messages_say_whatever_else_stands_between_them",
            "b5_the_image_lies_in_the_target_folder_wherever_that_is",
            "b5_a_build_folder_of_its_own_and_a_linked_target_folder_work",
            "b8_the_profile_can_be_chosen_and_is_release_otherwise",
            "b4_the_only_binary_is_packed_under_its_own_name_not_the_packages",
        ],
    ),
    (
        "one package of a workspace is built without the others",
        &[
            "b4_a_workspace_is_chosen_from_as_cargo_does_it",
            "b5_an_excluded_package_and_a_nested_workspace_are_projects_of_their_own",
        ],
    ),
    (
        "an engine cannot load the archive, or loads it without its name",
        &[
            "h3_needs_docker_an_image_loads_under_its_id_and_runs_locked_down",
            "needs_podman_an_image_loads_and_runs",
            "needs_skopeo_both_readings_of_the_archive_agree",
            "b2_odd_but_harmless_names_are_packed",
        ],
    ),
    (
        "one kind of static program is not linked, or not understood",
        &[
            "a7_needs_gcc_every_static_form_is_accepted",
            "needs_gcc_a6_a_linker_that_knows_no_static_pie_is_told_apart",
        ],
    ),
    (
        "a target for musl makes dynamic programs by default",
        &["b8_where_static_is_not_the_default_it_is_added_to_the_users_flags"],
    ),
];

#[test]
fn every_pain_has_its_tests() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut text = String::new();
    let mut waiting = vec![root.join("src"), root.join("tests")];
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.extension() {
                _ if path.is_dir() => waiting.push(path),
                Some(end) if end == "rs" => text += &fs::read_to_string(path).unwrap(),
                _ => {}
            }
        }
    }
    for (pain, tests) in PAINS {
        assert!(pain.contains(' ') && !tests.is_empty(), "{pain:?}");
        for test in *tests {
            assert!(
                text.contains(&format!("#[test]\n    fn {test}()"))
                    || text.contains(&format!("#[test]\nfn {test}()")),
                "{pain}: no test {test}"
            );
        }
    }
}
