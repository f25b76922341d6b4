//! How the programs that a build calls come onto a machine: a row a program, a column a way.

/// What has a program: empty where nothing has it.
struct Row {
    program: &'static str,
    /// The package of Python's, which serves every system.
    python: &'static str,
    debian: &'static str,
    fedora: &'static str,
    arch: &'static str,
    alpine: &'static str,
}

const fn row(program: &'static str, python: &'static str, packages: [&'static str; 4]) -> Row {
    let [debian, fedora, arch, alpine] = packages;
    Row { program, python, debian, fedora, arch, alpine }
}

/// The programs that are not called alike everywhere.
const ROWS: &[Row] = &[
    row("zig", "ziglang", [""; 4]),
    row("cmake", "cmake", ["cmake"; 4]),
    // for the distribution's own architecture alone; Alpine's own compiler is one for musl
    row("musl-gcc", "", ["musl-tools", "musl-gcc", "musl", "build-base"]),
    row("musl-g++", "", ["", "", "", "build-base"]),
    row("c++", "", ["g++", "gcc-c++", "gcc", "build-base"]),
    row("go", "", ["golang", "golang", "go", "go"]),
    row("libclang", "libclang", ["libclang-dev", "clang-devel", "clang", "clang-dev"]),
    row("pkg-config", "", ["pkg-config", "pkgconf-pkg-config", "pkgconf", "pkgconf"]),
    row("protoc", "", ["protobuf-compiler", "protobuf-compiler", "protobuf", "protoc"]),
];

/// The commands that install all of `programs`, a line each. One that no row has is called alike everywhere.
pub fn install(programs: &[&str]) -> Vec<String> {
    let packages = |column: fn(&Row) -> &'static str, same: bool| {
        let names = programs.iter().map(|program| match ROWS.iter().find(|row| row.program == *program) {
            Some(row) => column(row),
            None if same => program,
            None => "",
        });
        let names: Vec<_> = names.collect();
        (!names.is_empty() && !names.contains(&"")).then(|| names.join(" "))
    };
    let ways = [
        ("any system:", "pip install", packages(|row| row.python, false)),
        ("Debian, Ubuntu:", "sudo apt install", packages(|row| row.debian, true)),
        ("Fedora:", "sudo dnf install", packages(|row| row.fedora, true)),
        ("Arch:", "sudo pacman -S", packages(|row| row.arch, true)),
        ("Alpine:", "apk add", packages(|row| row.alpine, true)),
    ];
    let line = |(who, command, packages): (&str, &str, Option<String>)| {
        Some(format!("{who:<16} {command} {}", packages?))
    };
    ways.into_iter().filter_map(line).collect()
}

/// The package of Debian's that has `program`, if one has.
pub fn debian(program: &'static str) -> Option<&'static str> {
    let package = ROWS.iter().find(|row| row.program == program).map_or(program, |row| row.debian);
    (!package.is_empty()).then_some(package)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_system_has_its_own_name_for_a_program() {
        let protoc = install(&["protoc"]);
        assert_eq!(protoc[0], "Debian, Ubuntu:  sudo apt install protobuf-compiler");
        assert_eq!(protoc[3], "Alpine:          apk add protoc");
        assert_eq!(install(&["zig"]), ["any system:      pip install ziglang"]);
        assert_eq!(install(&["musl-g++"]), ["Alpine:          apk add build-base"]);
        let both = install(&["perl", "make"]);
        assert_eq!(both[1], "Fedora:          sudo dnf install perl make");
        assert_eq!(both.len(), 4, "Python has neither: {both:?}");
        assert!(install(&[]).is_empty());
    }
}
