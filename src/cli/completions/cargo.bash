
# `cargo scratch …` is `cargo-scratch …` to the function above; all else goes to the completion that cargo has.
_cargo_scratch_of_cargo() {
    local at=1
    while [[ ${COMP_WORDS[at]-} == [+-]* && at -lt COMP_CWORD ]]; do
        at=$((at + 1))
    done
    if [[ ${COMP_WORDS[at]-} == scratch && COMP_CWORD -gt at ]]; then
        local COMP_WORDS=(cargo-scratch "${COMP_WORDS[@]:at+1}") COMP_CWORD=$((COMP_CWORD - at))
        _cargo_scratch cargo-scratch "$2" "$3"
        return
    fi
    if [[ -z ${_cargo_scratch_other-} ]]; then
        # bash-completion reads a command's file when it is first asked for, and the file puts itself in our place
        if declare -F _comp_load >/dev/null; then
            _comp_load -- cargo
        elif declare -F __load_completion >/dev/null; then
            __load_completion cargo
        fi >/dev/null 2>&1
        _cargo_scratch_take_cargo
        [[ -n ${_cargo_scratch_other-} ]] || return 0
    fi
    "$_cargo_scratch_other" "$@"
}

# Stands in the place of the function that completes cargo, and keeps its name.
_cargo_scratch_take_cargo() {
    local spec
    spec=$(complete -p cargo 2>/dev/null)
    if [[ $spec =~ -F\ ([^ ]+) && ${BASH_REMATCH[1]} != _cargo_scratch_of_cargo ]]; then
        _cargo_scratch_other=${BASH_REMATCH[1]}
    fi
    complete -F _cargo_scratch_of_cargo -o bashdefault -o default cargo
}

_cargo_scratch_take_cargo
