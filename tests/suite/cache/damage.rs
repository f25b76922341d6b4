//! Nothing in the cache is believed that is not of this very program and of these very files.

use super::{anew, build, command, files, fresh, paths, project};
use crate::support::{Fake, Run, through, tool};
use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// The files of the cache.
fn records(fake: &Fake) -> Vec<PathBuf> {
    let entries = fs::read_dir(fake.path("target/scratch/cache")).unwrap();
    let mut all: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    all.sort();
    all
}

#[test]
fn a_cache_that_was_deleted_or_damaged_costs_time_and_nothing_else() {
    let fake = project();
    assert!(!fresh(&fake, &[]));
    let expected = anew(&fake, &[]);
    let damage: [&dyn Fn(); 5] = [
        &|| fs::remove_dir_all(fake.path("target/scratch/cache")).unwrap(),
        &|| records(&fake).iter().for_each(|record| fs::remove_file(record).unwrap()),
        &|| records(&fake).iter().for_each(|record| fs::write(record, "{}").unwrap()),
        &|| {
            for record in records(&fake) {
                let mut bytes = fs::read(&record).unwrap();
                let last = bytes.len() - 2;
                bytes[last] ^= 1;
                fs::write(&record, bytes).unwrap();
            }
        },
        &|| {
            // every record under the name of another
            let all = records(&fake);
            let first = fs::read(&all[0]).unwrap();
            for pair in all.windows(2) {
                fs::copy(&pair[1], &pair[0]).unwrap();
            }
            fs::write(all.last().unwrap(), first).unwrap();
        },
    ];
    for damage in damage {
        fresh(&fake, &[]);
        assert!(fresh(&fake, &[]));
        damage();
        assert!(!fresh(&fake, &[]));
        assert_eq!(files(&fake), expected);
        assert!(fresh(&fake, &[]));
    }
    // a place that cannot be written in
    fs::remove_dir_all(fake.path("target/scratch/cache")).unwrap();
    fake.file("target/scratch/cache", "");
    assert!(!fresh(&fake, &[]) && !fresh(&fake, &[]));
    assert_eq!(files(&fake), expected);
}

#[test]
fn an_archive_or_a_document_that_was_touched_by_hand_is_written_anew() {
    let fake = project();
    assert!(!fresh(&fake, &[]));
    let expected = files(&fake);
    for path in paths(&fake) {
        let is_archive = path.ends_with("out.tar");
        let good = fs::read(&path).unwrap();
        let time = fs::metadata(&path).unwrap().modified().unwrap();
        for damage in ["byte", "end", "gone"] {
            let mut bytes = good.clone();
            match damage {
                "byte" => bytes[600] ^= 1,
                "end" => bytes.truncate(bytes.len() - 1),
                _ => {}
            }
            match damage {
                "gone" => fs::remove_file(&path).unwrap(),
                _ => fs::write(&path, bytes).unwrap(),
            }
            if path.exists() {
                fs::File::options().write(true).open(&path).unwrap().set_modified(time).unwrap();
            }
            assert_eq!(fresh(&fake, &[]), !is_archive, "{damage} of {}", path.display());
            assert_eq!(files(&fake), expected, "{damage} of {}", path.display());
            assert!(fresh(&fake, &[]));
        }
    }
}

#[test]
fn another_build_of_this_program_comes_to_its_own_verdicts() {
    let fake = project();
    assert!(!fresh(&fake, &[]));
    let expected = files(&fake);
    let ours = command(&fake, &[]);
    let other = fake.tools().join("cargo-scratch");
    fs::copy(ours.get_program(), &other).unwrap();
    let run = |program: &PathBuf| {
        let mut command = Command::new(program);
        command.args(ours.get_args()).current_dir(fake.path(""));
        for (name, value) in ours.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        Run::of(command)
    };
    let said = run(&other);
    assert!(said.status == 0 && said.stderr.contains("Packed app:"), "{said:?}");
    assert_eq!(files(&fake), expected);
    assert!(run(&other).stderr.contains("Fresh app:"));
    assert!(!fresh(&fake, &[]), "the archive is another file by now");
}

#[test]
fn a_target_folder_that_was_copied_tells_nothing() {
    let fake = project();
    let words = ["-o", "target/scratch/app.tar"];
    assert_eq!(build(&fake, &words).status, 0);
    let copy = |from: &str, to: &str| {
        let mut command = Command::new("cp");
        command.args(["-a", from, to]).current_dir(fake.path(""));
        assert_eq!(Run::of(command).status, 0);
    };
    copy("target", "copied");
    fs::remove_dir_all(fake.path("target")).unwrap();
    copy("copied", "target");
    fs::remove_file(fake.path("out.tar")).unwrap();
    let run = build(&fake, &words);
    assert!(run.status == 0 && !run.stderr.contains("Fresh app:"), "{}", run.stderr);
    assert_eq!(files(&fake), anew(&fake, &[]));
}

#[test]
fn runs_beside_each_other_end_with_one_whole_image() {
    let fake = project();
    let expected = {
        assert!(!fresh(&fake, &[]));
        files(&fake)
    };
    for round in 0..3 {
        fs::remove_file(fake.path("out.tar")).unwrap();
        let runs: Vec<_> = (0..4).map(|_| command(&fake, &[]).output_soon()).collect();
        for run in runs {
            let output = run.wait_with_output().unwrap();
            assert!(output.status.success(), "{round}: {}", String::from_utf8_lossy(&output.stderr));
        }
        assert_eq!(files(&fake), expected);
        fresh(&fake, &[]);
        assert!(fresh(&fake, &[]));
        assert_eq!(files(&fake), expected);
    }
    assert!(records(&fake).len() < 20, "{:?}", records(&fake));
}

#[test]
fn d2_a_run_that_is_killed_leaves_a_cache_that_tells_nothing_false_needs_strace() {
    let fake = project();
    let words = ["--label", "run=second"];
    assert!(!fresh(&fake, &words));
    let new = files(&fake);
    assert!(!fresh(&fake, &[]));
    let old = files(&fake);
    for calls in ["rename,renameat,renameat2", "copy_file_range,sendfile"] {
        for n in 1.. {
            let inject = format!("inject={calls}:signal=KILL:when={n}");
            let strace = ["-qq", "-o", "/dev/null", "-e", &inject];
            let said = through(tool("strace"), strace, &command(&fake, &words)).output().unwrap();
            let archive = fs::read(fake.path("out.tar")).unwrap();
            assert!(archive == old[0] || archive == new[0], "{calls} {n}");
            fresh(&fake, &words);
            assert_eq!(files(&fake), new, "{calls} {n}");
            fresh(&fake, &[]);
            assert_eq!(files(&fake), old, "{calls} {n}");
            if said.status.success() {
                assert!(n > 1, "it was killed nowhere");
                break;
            }
        }
    }
}

/// Starts a command whose output is read later.
trait Soon {
    fn output_soon(self) -> std::process::Child;
}

impl Soon for Command {
    fn output_soon(mut self) -> std::process::Child {
        self.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().unwrap()
    }
}
