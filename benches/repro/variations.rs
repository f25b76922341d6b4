//! What varies: each row is a line for a POSIX shell that ends in `"$@"`, the build.
//!
//! It runs in a new copy of the project, `$W/project`; `$W` is a folder of the row's own. `$CARGO_HOME` holds the
//! sources of the dependencies, `$SYSROOT` the toolchain. Whatever a row does, the project has been copied to another
//! folder, and nothing has been built there.

/// One row of the table.
pub struct Variation {
    /// What varies.
    pub what: &'static str,
    /// The program that it needs, where not every machine has it; `root` for that user, `$OTHER` for that variable.
    pub needs: &'static str,
    /// The line.
    pub script: &'static str,
    /// Whether the project is a commit of git, whose number is in the image.
    pub git: bool,
}

/// rustc's own allocator waits for itself under libfaketime, and its output knows no time: all but rustc see the clock.
macro_rules! clock {
    () => {
        r#"mkdir $W/bin; printf '#!/bin/sh\nunset LD_PRELOAD\nexec %s "$@"\n' $SYSROOT/bin/rustc >$W/bin/rustc
        chmod +x $W/bin/rustc; export PATH=$W/bin:$PATH; "#
    };
}

const fn row(what: &'static str, script: &'static str) -> Variation {
    with("", what, script)
}

const fn with(needs: &'static str, what: &'static str, script: &'static str) -> Variation {
    Variation { what, needs, script, git: false }
}

const fn git(what: &'static str, script: &'static str) -> Variation {
    Variation { what, needs: "git", script, git: true }
}

/// Every row, in the order of the table.
pub const ALL: &[Variation] = &[
    // where
    row("another folder", r#""$@""#),
    row("a deep folder", r#"d=$W/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p; mkdir -p $d; cp -a . $d; cd $d; "$@""#),
    row("a folder with blanks and UTF-8", r#"d="$W/ein Übungs-ordner"; cp -a . "$d"; cd "$d"; "$@""#),
    row("a current folder that is a link", r#"ln -s project $W/link; cd $W/link; "$@""#),
    row(
        "a file system in memory",
        r#"d=$(mktemp -d -p /dev/shm); trap 'rm -rf $d' EXIT; cp -a . $d; cd $d; "$@""#,
    ),
    row("another target folder", r#""$@" --target-dir "$W/else where""#),
    row("another TMPDIR", r#"mkdir $W/tmp; TMPDIR=$W/tmp "$@""#),
    row("another CARGO_HOME", r#"cp -a $CARGO_HOME $W/cargo; CARGO_HOME=$W/cargo "$@""#),
    row("another XDG_CACHE_HOME", r#"XDG_CACHE_HOME=$W/cache "$@""#),
    row("another HOME", r#"mkdir $W/home; HOME=$W/home "$@""#),
    row("no HOME", r#"unset HOME; "$@""#),
    // the files
    with("disorderfs", "folders listed in order", DISORDER_SORTED),
    with("disorderfs", "folders listed backwards", DISORDER_REVERSED),
    with("disorderfs", "folders listed at random", DISORDER_SHUFFLED),
    row(
        "times of files: each another",
        r#"n=0; for f in $(find . -type f); do n=$((n + 7919003)); touch -d @$((n % 1700000000)) "$f"; done; "$@""#,
    ),
    row("times of files: in the future", r#"find . -exec touch -d 2099-01-01 {} +; "$@""#),
    row("times of files: 1970", r#"find . -exec touch -d @0 {} +; "$@""#),
    row("modes: nobody else's", r#"chmod -R go-rwx .; "$@""#),
    row("modes: the group may write", r#"chmod -R g+w .; "$@""#),
    with("root", "files of another owner", r#"chown -R 1234:4321 .; "$@""#),
    row("files with holes", r#"find . -type f -exec fallocate -d {} \;; "$@""#),
    row("hard links to one file", r#"cp -al . ../linked; cd ../linked; "$@""#),
    // who
    with("root", "another user and toolchain folder (uid 65534)", NOBODY),
    row("umask 077", r#"umask 077; "$@""#),
    row("umask 000", r#"umask 000; "$@""#),
    with("root", "another host name", r#"unshare --uts sh -c 'hostname other; "$@"' sh "$@""#),
    // when
    with("faketime", "the clock: 2001", concat!(clock!(), r#"faketime '2001-02-03 04:05:06' "$@""#)),
    with("faketime", "the clock: 2038", concat!(clock!(), r#"faketime '2038-01-20 00:00:00' "$@""#)),
    with("faketime", "the clock: 2106", concat!(clock!(), r#"faketime '2106-02-08 00:00:00' "$@""#)),
    row("SOURCE_DATE_EPOCH=0, and not set", r#"SOURCE_DATE_EPOCH=0 "$@""#),
    // the environment
    row("the C locale", r#"LC_ALL=C LANG=C "$@""#),
    row("a Turkish locale", r#"LC_ALL=tr_TR.UTF-8 LANGUAGE=tr "$@""#),
    row("another time zone", r#"TZ=Pacific/Kiritimati "$@""#),
    row("a longer PATH, in another order", r#"PATH=/nonexistent:$W:/usr/sbin:$PATH "$@""#),
    row("another terminal", r#"TERM=dumb COLUMNS=20 CLICOLOR_FORCE=1 "$@""#),
    row("RUST_BACKTRACE=full and RUST_LOG=trace", r#"RUST_BACKTRACE=full RUST_LOG=trace "$@""#),
    row(
        "a hundred more variables",
        r#"i=0; while [ $i -lt 100 ]; do i=$((i + 1)); export EXTRA_$i=$i-secret; done; "$@""#,
    ),
    // the machine
    row("one job", r#""$@" -j1"#),
    row("two jobs", r#""$@" -j2"#),
    row("a verbose cargo", r#""$@" -vv"#),
    row("nice 19", r#"nice -n 19 "$@""#),
    with("taskset", "one processor", r#"taskset 1 "$@""#),
    with("setarch", "addresses that are not random", r#"setarch -R "$@""#),
    row("few open files", r#"ulimit -n 128; "$@""#),
    row("little memory", r#"ulimit -v 6000000; "$@""#),
    with("setsid", "a session without a terminal", r#"setsid --wait "$@""#),
    with("$OTHER", "another build of cargo-scratch", r#"shift; "$OTHER" "$@""#),
    // the commit
    git("a commit of git", r#""$@""#),
    git(
        "another clone of it",
        r#"git clone -q . $W/clone; cd $W/clone; git remote set-url origin https://example.org/a; "$@""#,
    ),
    git(
        "a clone without history",
        r#"git clone -q --depth 1 file://$PWD $W/clone; cd $W/clone; git remote set-url origin https://example.org/a; "$@""#,
    ),
    git("a work tree beside it", r#"git worktree add -q $W/tree; cd $W/tree; "$@""#),
    git("a remote with a token in it", r#"git remote set-url origin https://me:token@example.org/a; "$@""#),
    // one that it is not told to ignore is told in the statement: it could have been compiled in
    git("a file that git ignores", r#"echo /ignored >>.git/info/exclude; echo secret >ignored; "$@""#),
];

const DISORDER_SORTED: &str = r#"mkdir $W/fuse; disorderfs --sort-dirents=yes . $W/fuse >/dev/null
    trap 'cd /; fusermount -u $W/fuse' EXIT; cd $W/fuse; "$@" --target-dir $W/target"#;
const DISORDER_REVERSED: &str = r#"mkdir $W/fuse; disorderfs --sort-dirents=yes --reverse-dirents=yes . $W/fuse >/dev/null
    trap 'cd /; fusermount -u $W/fuse' EXIT; cd $W/fuse; "$@" --target-dir $W/target"#;
const DISORDER_SHUFFLED: &str = r#"mkdir $W/fuse; disorderfs --shuffle-dirents=yes . $W/fuse >/dev/null
    trap 'cd /; fusermount -u $W/fuse' EXIT; cd $W/fuse; "$@" --target-dir $W/target"#;

/// Root's home is closed to others: the toolchain is mounted where everybody may read it, without rustup.
const NOBODY: &str = r#"mkdir $W/sysroot $W/home; cp -a $CARGO_HOME $W/cargo; chown -R 65534:65534 $W/cargo $W/home $W
    export HOME=$W/home CARGO_HOME=$W/cargo
    export PATH=$W/sysroot/bin:/usr/local/bin:/usr/bin:/bin
    unshare --mount sh -c 'mount --bind $SYSROOT $W/sysroot
        exec setpriv --reuid 65534 --regid 65534 --clear-groups "$@"' sh "$@""#;
