
# Read by `source` where nothing completes cargo, so that nothing would ask the function above.
if (( $+functions[compdef] )) && [[ -z "${_comps[cargo]-}" ]]; then
    _cargo_with_scratch() {
        local at=2
        while [[ "${words[at]-}" == [+-]* ]]; do (( at++ )); done
        if [[ "${words[at]-}" == scratch ]] && (( CURRENT > at )); then
            shift $(( at - 1 )) words
            (( CURRENT -= at - 1 ))
            _cargo-scratch
        elif (( CURRENT == at )); then
            compadd scratch
        fi
    }
    compdef _cargo_with_scratch cargo
fi
