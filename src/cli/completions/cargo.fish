
# `cargo scratch …` is `cargo-scratch …` to what is above.
function __cargo_scratch_line
    set -l words (commandline -opc)
    set -e words[1]
    while string match -qr '^[+-]' -- "$words[1]"
        set -e words[1]
    end
    test "$words[1]" = scratch
    or return 1
    set -e words[1]
    string join ' ' -- cargo-scratch (string escape -- $words) (commandline -ct)
end

function __cargo_scratch_candidates
    set -l line (__cargo_scratch_line)
    # an empty last word is a word
    test -n (commandline -ct)
    or set line "$line "
    complete -C "$line"
end

complete -c cargo -n '__cargo_scratch_line >/dev/null' -f -a '(__cargo_scratch_candidates)'
