# shellcheck shell=sh
# Answers with the certificates of names that an ACME authority gave: a line `@ NOW`, then of each a line `# NAME`, its
# dates in openssl's words, and the text. Sent after content.sh.
held() { # FOLDER MOST_BYTES NAME...
    (
        LC_ALL=C
        export LC_ALL
        cd "$1" 2>/dev/null || exit 0
        most=$2
        shift 2
        echo "@ $(date +%s)"
        for name in "$@"; do
            pem=$(content "$name.pem" "$most") || continue
            dates=$(printf '%s\n' "$pem" | openssl x509 -noout -dates 2>/dev/null) || continue
            echo "# $name"
            echo "$dates"
            printf '%s\n' "$pem"
        done
    ) >&3 9>&- 8>&-
    r 'done' 0 ''
}
