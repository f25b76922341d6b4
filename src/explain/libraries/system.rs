//! The libraries that belong to a system or to a compiler: no package builds them, so there is only advice.

use super::{Library, ROW};

/// For libraries that talk to a desktop or to devices, and so to programs that an empty image does not have.
const DESKTOP: &str = "no static form of it is known, and it needs parts of a system that an image FROM scratch does not \
     have: leave out the feature that brings it, or put this program on a base image";

/// A row a library.
pub const SYSTEM: &[Library] = &[
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
        users: &["SYSTEMD_LIB_DIR"],
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
    // pyo3-ffi 0.27: a library that Python loads links none
    Library {
        packages: &["pyo3-ffi"],
        name: "Python",
        links: &["python3"],
        unless: &["extension-module"],
        users: &["PYO3_CONFIG_FILE", "PYO3_CROSS_LIB_DIR", "PYO3_NO_PYTHON"],
        advice: "Python loads its modules from files while it runs, which a static program cannot: put this program on a \
                 base image",
        ..ROW
    },
    Library {
        packages: &["libgssapi-sys"],
        name: "Kerberos",
        links: &["gssapi_krb5", "gssapi"],
        users: &["LIBGSSAPI_PREFIX"],
        advice: "leave out the feature that brings it, or put this program on a base image",
        ..ROW
    },
    Library {
        packages: &["selinux-sys"],
        name: "SELinux",
        links: &["selinux"],
        users: &["SELINUX_LIB_DIR"],
        advice: "leave out the feature that brings it, or name a libselinux.a that is built for musl: SELINUX_LIB_DIR",
        ..ROW
    },
    Library {
        packages: &["pcap"],
        name: "libpcap",
        links: &["pcap"],
        users: &["LIBPCAP_LIBDIR"],
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
