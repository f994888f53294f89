# SPDX-License-Identifier: MIT
# bash completion for tessera. The option lists are those of `tessera help COMMAND`; a test compares them.

_tessera_options()
{
    local common="--quiet --json --help"
    local store="--source --dest --data --store --region --profile --endpoint-url --connect-timeout --read-timeout"
    local web="--allow-host --allow-private --ca-bundle"
    local engine="--threads --fetches --memory"
    local limits="--max-pixels --max-bytes --max-cells --max-scans --timeout"
    local picture="--tile --columns --rows --gap --margin --fit --gravity --background --label --title --format
        --quality --resample --no-enlarge --strict"
    local stored="--fresh --expires"
    case $1 in
    montage) echo "--output --map --dry-run --order $picture $limits $engine $store $web $common" ;;
    add) echo "--grid --max-bytes $store $common" ;;
    list) echo "--grid --order $store $common" ;;
    remove) echo "--grid $store $common" ;;
    create-grid) echo "--output --dry-run --order $picture $stored $limits $engine $store $common" ;;
    batch) echo "--jobs --ordered --order $picture $stored $limits $engine $store $common" ;;
    serve) echo "--listen --public-url --token-file --allow-host-header --cors-origin --connections --queue --drain --jobs --order
        $picture $stored $limits $engine $store $common" ;;
    lambda) echo "--cors-origin --base-path --order $picture $stored $limits $engine $store $common" ;;
    counter) echo "--get --set $store $common" ;;
    init | doctor) echo "$store $common" ;;
    esac
}

# The words that an option takes, nothing for free values.
_tessera_choices()
{
    case $1 in
    --fit) echo "cover contain fill" ;;
    --gravity)
        echo "centre north north-east east south-east south south-west west north-west attention entropy"
        ;;
    --order) echo "key key-desc added given" ;;
    --format) echo "jpeg png webp avif tiff" ;;
    --resample) echo "good fast" ;;
    --store) echo "auto embedded aws" ;;
    esac
}

_tessera()
{
    local commands="montage add list remove create-grid batch counter serve lambda init doctor help"
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} command=${COMP_WORDS[1]}
    COMPREPLY=()
    if [[ $COMP_CWORD -eq 1 ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$commands --version --help" -- "$word")
        return
    fi
    if [[ $command == help ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$commands" -- "$word")
        return
    fi
    # "--fit=co" arrives as the words --fit, = and co.
    if [[ $before == "=" && $COMP_CWORD -ge 3 ]]; then
        before=${COMP_WORDS[COMP_CWORD - 2]}
    elif [[ $word == "=" ]]; then
        word="" # --fit=
    fi
    case $before in
    --fit | --gravity | --order | --format | --resample | --store)
        mapfile -t COMPREPLY < <(compgen -W "$(_tessera_choices "$before")" -- "$word")
        ;;
    --data)
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -d -- "$word")
        ;;
    --tile | --columns | --rows | --gap | --margin | --background | --label | --title | --quality | --expires | \
        --max-pixels | --max-bytes | --max-cells | --max-scans | --timeout | --threads | --fetches | --memory | \
        --jobs | --set | --grid | --source | --dest | --region | --profile | --endpoint-url | --connect-timeout | \
        --read-timeout | --allow-host) ;;
    *)
        if [[ $word == -* ]]; then
            mapfile -t COMPREPLY < <(compgen -W "$(_tessera_options "$command")" -- "$word")
        elif [[ $word == @* && ($command == montage || $command == add) ]]; then
            compopt -o filenames 2>/dev/null
            mapfile -t COMPREPLY < <(compgen -f -P @ -- "${word#@}")
        elif [[ $command == montage || $command == add || $command == batch || $before == -o || $before == --output ||
            $before == --map || $before == --ca-bundle ]]; then
            compopt -o filenames 2>/dev/null
            mapfile -t COMPREPLY < <(compgen -f -- "$word")
        fi
        ;;
    esac
}

complete -F _tessera tessera
