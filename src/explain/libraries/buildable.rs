//! The libraries that a package can build from source, so that they become part of the program.

use super::{Library, ROW};

/// A row a library.
pub const BUILDABLE: &[Library] = &[
    Library {
        packages: &["openssl-sys"],
        name: "OpenSSL",
        links: &["ssl", "crypto"],
        unless: &["vendored", "aws-lc", "aws-lc-fips", "unstable_boringssl"],
        own: Some("vendored"),
        through: &[("openssl", "vendored"), ("native-tls", "vendored")],
        users: &[
            "{TARGET}_OPENSSL_DIR",
            "{TARGET}_OPENSSL_LIB_DIR",
            "{TARGET}_OPENSSL_INCLUDE_DIR",
            "OPENSSL_DIR",
            "OPENSSL_LIB_DIR",
            "OPENSSL_INCLUDE_DIR",
        ],
        advice: "or leave OpenSSL out: most clients have a feature that takes rustls instead",
        ..ROW
    },
    Library {
        packages: &["libsqlite3-sys"],
        name: "SQLite",
        links: &["sqlite3"],
        unless: &["bundled", "bundled-sqlcipher", "sqlcipher", "loadable_extension", "in_gecko"],
        own: Some("bundled"),
        through: &[("rusqlite", "bundled")],
        users: &["SQLITE3_LIB_DIR", "LIBSQLITE3_SYS_USE_PKG_CONFIG"],
        ..ROW
    },
    // libsqlite3-sys 0.38.2: the feature outranks `bundled`, and a program that loads extensions links nothing
    Library {
        packages: &["libsqlite3-sys"],
        name: "SQLCipher",
        links: &["sqlcipher"],
        only_with: &["sqlcipher"],
        unless: &[
            "bundled-sqlcipher",
            "bundled-sqlcipher-vendored-openssl",
            "loadable_extension",
            "in_gecko",
        ],
        own: Some("bundled-sqlcipher-vendored-openssl"),
        through: &[("rusqlite", "bundled-sqlcipher-vendored-openssl")],
        users: &["SQLCIPHER_LIB_DIR"],
        ..ROW
    },
    Library {
        packages: &["pq-sys"],
        name: "PostgreSQL's client library",
        links: &["pq"],
        unless: &["bundled", "bundled_without_openssl"],
        own: Some("bundled"),
        users: &["PQ_LIB_DIR_{TARGET}", "PQ_LIB_DIR", "PG_CONFIG_{TARGET}"],
        advice: "OpenSSL comes with it, and needs its own line, `openssl-sys = { version = \"0.9\", features = \
                 [\"vendored\"] }`; or take a client in Rust: tokio-postgres, or sqlx",
        ..ROW
    },
    Library {
        packages: &["mysqlclient-sys"],
        name: "MySQL's client library",
        links: &["mysqlclient", "mariadb"],
        unless: &["bundled"],
        own: Some("bundled"),
        users: &["MYSQLCLIENT_LIB_DIR_{TARGET}", "MYSQLCLIENT_LIB_DIR"],
        advice: "OpenSSL comes with it, and needs its own line, `openssl-sys = { version = \"0.9\", features = \
                 [\"vendored\"] }`; or take a client in Rust: mysql_async, or sqlx",
        ..ROW
    },
    Library {
        packages: &["libdbus-sys"],
        name: "D-Bus",
        links: &["dbus-1"],
        unless: &["vendored"],
        own: Some("vendored"),
        through: &[("dbus", "vendored")],
        advice: "or take zbus, which is written in Rust; either needs the bus's socket in the container",
        ..ROW
    },
    Library {
        packages: &["libduckdb-sys"],
        name: "DuckDB",
        links: &["duckdb"],
        unless: &["bundled", "bundled-cmake"],
        own: Some("bundled"),
        through: &[("duckdb", "bundled")],
        users: &["DUCKDB_LIB_DIR"],
        ..ROW
    },
    Library {
        packages: &["mlua-sys"],
        name: "Lua",
        links: &["lua", "lua5.1", "lua5.2", "lua5.3", "lua5.4", "luajit-5.1"],
        unless: &["vendored", "luau", "external", "module"],
        own: Some("vendored"),
        through: &[("mlua", "vendored")],
        users: &["LUA_LIB", "LUA_LIB_NAME"],
        ..ROW
    },
    Library {
        packages: &["freetype-sys"],
        name: "FreeType",
        links: &["freetype"],
        unless: &["bundled"],
        own: Some("bundled"),
        ..ROW
    },
    Library {
        packages: &["tss-esapi-sys"],
        name: "the TPM software stack",
        links: &["tss2-esys", "tss2-sys", "tss2-mu", "tss2-tctildr"],
        unless: &["bundled"],
        own: Some("bundled"),
        ..ROW
    },
    Library {
        packages: &["ffmpeg-sys-next"],
        name: "FFmpeg",
        links: &["avcodec", "avdevice", "avfilter", "avformat", "avutil", "swresample", "swscale"],
        unless: &["build"],
        own: Some("build"),
        through: &[("ffmpeg-next", "build")],
        users: &["FFMPEG_DIR"],
        ..ROW
    },
    // hidapi 2.6: its C back ends ask for libudev or libusb, and exactly one back end may be chosen
    Library {
        packages: &["hidapi"],
        name: "udev, for hidapi",
        unless: &["linux-native-basic-udev", "linux-native"],
        own: Some("linux-native-basic-udev"),
        bare: true,
        ..ROW
    },
    // gmp-mpfr-sys 1.7 refuses to build its own for any other target than this machine's
    Library {
        packages: &["gmp-mpfr-sys"],
        name: "GMP",
        links: &["gmp", "mpfr", "mpc"],
        unless: &["force-cross"],
        own: Some("force-cross"),
        advice: "with that feature it builds GMP for other targets than this machine's too",
        ..ROW
    },
    // looked for only when a feature asks for the system's
    Library {
        packages: &["rdkafka-sys"],
        name: "librdkafka",
        links: &["rdkafka", "rdkafka++"],
        only_with: &["dynamic-linking", "dynamic_linking"],
        advice: "take the feature `dynamic-linking` of rdkafka out: without it librdkafka is built into the program",
        ..ROW
    },
    Library {
        packages: &["libsodium-sys-stable"],
        name: "libsodium",
        links: &["sodium"],
        only_with: &["use-pkg-config"],
        advice: "take the feature `use-pkg-config` out: without it libsodium is built into the program",
        ..ROW
    },
    Library {
        packages: &["zstd-sys"],
        name: "zstd",
        links: &["zstd"],
        only_with: &["pkg-config"],
        unless: &["vendored", "rust-backend"],
        own: Some("vendored"),
        advice: "or take the feature `pkg-config` of zstd out: without it zstd is built into the program",
        ..ROW
    },
    Library {
        packages: &["fuser"],
        name: "FUSE",
        links: &["fuse3", "fuse"],
        only_with: &["libfuse"],
        advice: "take the feature `libfuse` of fuser out: without it fuser mounts in Rust, with the program fusermount",
        ..ROW
    },
    // built by the packages themselves where pkg-config finds none, and so in every build for another target
    Library {
        packages: &["libz-sys"],
        name: "zlib",
        links: &["z"],
        unless: &["static", "zlib-ng"],
        own: Some("static"),
        falls_back: true,
        ..ROW
    },
    Library {
        packages: &["bzip2-sys"],
        name: "bzip2",
        links: &["bz2"],
        unless: &["static"],
        own: Some("static"),
        falls_back: true,
        ..ROW
    },
    Library {
        packages: &["liblzma-sys", "lzma-sys"],
        name: "liblzma",
        links: &["lzma"],
        unless: &["static"],
        own: Some("static"),
        falls_back: true,
        ..ROW
    },
    Library {
        packages: &["curl-sys"],
        name: "curl",
        links: &["curl"],
        unless: &["static-curl"],
        own: Some("static-curl"),
        through: &[("curl", "static-curl")],
        falls_back: true,
        ..ROW
    },
    Library {
        packages: &["libgit2-sys"],
        name: "libgit2",
        links: &["git2"],
        unless: &["vendored"],
        own: Some("vendored"),
        through: &[("git2", "vendored-libgit2")],
        falls_back: true,
        ..ROW
    },
    Library {
        packages: &["libusb1-sys"],
        name: "libusb",
        links: &["usb-1.0"],
        unless: &["vendored"],
        own: Some("vendored"),
        through: &[("rusb", "vendored")],
        falls_back: true,
        ..ROW
    },
    Library {
        packages: &["libssh2-sys"],
        name: "libssh2",
        links: &["ssh2"],
        falls_back: true,
        advice: "unset LIBSSH2_SYS_USE_PKG_CONFIG: without it libssh2 is built into the program",
        ..ROW
    },
];
