# shellcheck shell=sh
# Answers with what an edge needs and nobody could make again, as tar packs it.
read_belongings() { # FOLDER MOST_KILOBYTES (of one file)
    (
        cd "$1" 2>/dev/null && find authority internal acme routes -maxdepth 1 -type f -size "-${2}k" \
            \( -name '*.pem' -o -name '*.names' -o -name '*.json' \) 2>/dev/null | sort | tar -cf - -T -
    ) >&3 9>&- 8>&-
    r 'done' 0 ''
}
