# shellcheck shell=sh
# Prints what apt would do to install packages, in its words; changes nothing. Arguments: their names.
command -v apt-get >/dev/null || {
    echo 'E: there is no apt here'
    exit 0
}
LC_ALL=C apt-get -s -q install --no-install-recommends "$@" 2>&1 || :
