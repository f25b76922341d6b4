//! The table of native libraries, those that can be put into a program first.

use super::Library;

/// What rows have unless they say something else: looked for in every case, with no way to build its own.
const ROW: Library = Library {
    packages: &[],
    name: "",
    links: &[],
    only_with: &[],
    own: &[],
    through: &[],
    bare: false,
    falls_back: false,
    advice: "",
};

/// For libraries that talk to a desktop or to devices, and so to programs that an empty image does not have.
const DESKTOP: &str = "no static form of it is known, and it needs parts of a system that an image FROM scratch does not \
     have: leave out the feature that brings it, or put this program on a base image";

/// A row a library.
pub const LIBRARIES: &[Library] = &[
    Library {
        packages: &["openssl-sys"],
        name: "OpenSSL",
        links: &["ssl", "crypto"],
        own: &["vendored", "aws-lc", "aws-lc-fips", "unstable_boringssl"],
        through: &[("openssl", "vendored"), ("native-tls", "vendored")],
        advice: "or leave OpenSSL out: most clients have a feature that takes rustls instead",
        ..ROW
    },
    Library {
        packages: &["libsqlite3-sys"],
        name: "SQLite",
        links: &["sqlite3"],
        own: &["bundled", "bundled-sqlcipher"],
        through: &[("rusqlite", "bundled")],
        ..ROW
    },
    Library {
        packages: &["pq-sys"],
        name: "PostgreSQL's client library",
        links: &["pq"],
        own: &["bundled", "bundled_without_openssl"],
        advice: "OpenSSL comes with it, and needs its own line; or take a client in Rust: tokio-postgres, or sqlx",
        ..ROW
    },
    Library {
        packages: &["mysqlclient-sys"],
        name: "MySQL's client library",
        links: &["mysqlclient", "mariadb"],
        own: &["bundled"],
        advice: "OpenSSL comes with it, and needs its own line; or take a client in Rust: mysql_async, or sqlx",
        ..ROW
    },
    Library {
        packages: &["libdbus-sys"],
        name: "D-Bus",
        links: &["dbus-1"],
        own: &["vendored"],
        through: &[("dbus", "vendored")],
        advice: "or take zbus, which is written in Rust; either needs the bus's socket in the container",
        ..ROW
    },
    Library {
        packages: &["libduckdb-sys"],
        name: "DuckDB",
        links: &["duckdb"],
        own: &["bundled", "bundled-cmake"],
        through: &[("duckdb", "bundled")],
        ..ROW
    },
    Library {
        packages: &["mlua-sys"],
        name: "Lua",
        links: &["lua", "lua5.1", "lua5.2", "lua5.3", "lua5.4", "luajit-5.1"],
        own: &["vendored", "luau", "external", "module"],
        through: &[("mlua", "vendored")],
        ..ROW
    },
    Library { packages: &["freetype-sys"], name: "FreeType", links: &["freetype"], own: &["bundled"], ..ROW },
    Library {
        packages: &["tss-esapi-sys"],
        name: "the TPM software stack",
        links: &["tss2-esys", "tss2-sys", "tss2-mu", "tss2-tctildr"],
        own: &["bundled"],
        ..ROW
    },
    Library {
        packages: &["ffmpeg-sys-next"],
        name: "FFmpeg",
        links: &["avcodec", "avdevice", "avfilter", "avformat", "avutil", "swresample", "swscale"],
        own: &["build"],
        through: &[("ffmpeg-next", "build")],
        ..ROW
    },
    // hidapi 2.6: its C back ends ask for libudev or libusb, and exactly one back end may be chosen
    Library {
        packages: &["hidapi"],
        name: "udev, for hidapi",
        own: &["linux-native-basic-udev", "linux-native"],
        bare: true,
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
        own: &["vendored", "rust-backend"],
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
        own: &["static", "zlib-ng"],
        falls_back: true,
        ..ROW
    },
    Library {
        packages: &["bzip2-sys"],
        name: "bzip2",
        links: &["bz2"],
        own: &["static"],
        falls_back: true,
        ..ROW
    },
    Library {
        packages: &["liblzma-sys", "lzma-sys"],
        name: "liblzma",
        links: &["lzma"],
        own: &["static"],
        falls_back: true,
        ..ROW
    },
    Library {
        packages: &["curl-sys"],
        name: "curl",
        links: &["curl"],
        own: &["static-curl"],
        through: &[("curl", "static-curl")],
        falls_back: true,
        ..ROW
    },
    Library {
        packages: &["libgit2-sys"],
        name: "libgit2",
        links: &["git2"],
        own: &["vendored"],
        through: &[("git2", "vendored-libgit2")],
        falls_back: true,
        ..ROW
    },
    Library {
        packages: &["libusb1-sys"],
        name: "libusb",
        links: &["usb-1.0"],
        own: &["vendored"],
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
    // with no static form, or none that would help
    Library {
        packages: &["libudev-sys"],
        name: "udev",
        links: &["udev"],
        advice: "no static form of it is known, and nobody answers it in a container: leave out the feature that brings \
                 it (serialport needs none under musl), or put this program on a base image",
        ..ROW
    },
    Library {
        packages: &["libsystemd-sys"],
        name: "systemd's library",
        links: &["systemd", "elogind"],
        advice: "no static form of it is known: sd-notify and tracing-journald speak the same protocols in Rust",
        ..ROW
    },
    Library { packages: &["alsa-sys"], name: "ALSA", links: &["asound"], advice: DESKTOP, ..ROW },
    Library { packages: &["libpulse-sys"], name: "PulseAudio", links: &["pulse"], advice: DESKTOP, ..ROW },
    Library {
        packages: &[
            "gtk4-sys",
            "gtk-sys",
            "gdk4-sys",
            "gdk-sys",
            "glib-sys",
            "gobject-sys",
            "gio-sys",
            "pango-sys",
        ],
        name: "GTK and GLib",
        links: &["gtk-4", "gtk-3", "gdk-3", "glib-2.0", "gobject-2.0", "gio-2.0", "pango-1.0", "cairo"],
        advice: DESKTOP,
        ..ROW
    },
    Library {
        packages: &[],
        name: "GStreamer",
        links: &["gstreamer-1.0", "gstbase-1.0"],
        advice: DESKTOP,
        ..ROW
    },
    // named by their links alone: wayland-sys and the like may also be told to load them while the program runs
    Library {
        name: "Wayland",
        links: &["wayland-client", "wayland-cursor", "wayland-egl", "wayland-server"],
        advice: DESKTOP,
        ..ROW
    },
    Library { name: "X11", links: &["X11", "Xext", "xcb"], advice: DESKTOP, ..ROW },
    Library { name: "fontconfig", links: &["fontconfig"], advice: DESKTOP, ..ROW },
    Library {
        packages: &["opencv"],
        name: "OpenCV",
        links: &["opencv_core", "opencv_imgproc"],
        advice: DESKTOP,
        ..ROW
    },
    Library {
        packages: &["pam-sys"],
        name: "PAM",
        links: &["pam", "pam_misc"],
        advice: "PAM loads its modules from files while it runs, which a static program cannot: put this program on a \
                 base image",
        ..ROW
    },
    Library {
        packages: &["odbc-sys"],
        name: "ODBC",
        links: &["odbc"],
        advice: "ODBC loads its drivers from files while it runs, which a static program cannot: put this program on a \
                 base image, or take a client in Rust",
        ..ROW
    },
    Library {
        packages: &["libgssapi-sys"],
        name: "Kerberos",
        links: &["gssapi_krb5", "gssapi"],
        advice: "leave out the feature that brings it, or put this program on a base image",
        ..ROW
    },
    Library {
        packages: &["selinux-sys"],
        name: "SELinux",
        links: &["selinux"],
        advice: "leave out the feature that brings it, or name a libselinux.a that is built for musl: SELINUX_LIB_DIR",
        ..ROW
    },
    Library {
        packages: &["pcap"],
        name: "libpcap",
        links: &["pcap"],
        advice: "name the folder of a libpcap.a that is built for musl: LIBPCAP_LIBDIR",
        ..ROW
    },
    // what compilers bring
    Library {
        name: "the C library",
        links: &["c", "m", "pthread", "dl", "rt", "util"],
        advice: "the program was linked with the machine's own C library: build for a musl target, without \
                 `-C target-feature=-crt-static`",
        ..ROW
    },
    Library {
        name: "the unwinder of GCC",
        links: &["gcc_s"],
        advice: "a static program has an unwinder of its own: build without `-C target-feature=-crt-static`",
        ..ROW
    },
    Library {
        name: "the C++ library of GCC",
        links: &["stdc++"],
        advice: "a crate that compiles C++ asked for it: take a C++ compiler for musl, which has a static one; `zig` is",
        ..ROW
    },
    Library {
        name: "the C++ library of LLVM",
        links: &["c++", "c++abi"],
        advice: "a crate that compiles C++ asked for it: take a C++ compiler for musl, which has a static one; `zig` is",
        ..ROW
    },
];
