# shellcheck shell=sh
# What a host is asked over ssh, by a POSIX shell and the usual small programs. It only reads.
# Each function ends its frame with `r ID STATUS WORDS` (see engine/ssh/shell.py); content goes to descriptor 3.

N='
'
Q=
ls -dq / >/dev/null 2>&1 && Q=q # busybox has no -q: it never prints what can't be printed
UNREADABLE='this list could not be read'
LIMIT=
timeout 1 true >/dev/null 2>&1 && LIMIT='timeout 5'
export PATH="$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

# hello ID: who we are there, what time it is, what is missing, and where the engine's socket may be.
hello() {
    {
        printf 'uid=%s\ntime=%s\n' "$(id -u)" "$(date -u +%s)"
        printf 'one=%s\n' "$(printf '\001\000' | od -An -d)"
        printf 'engine=%s\nruntime=%s\n' "${DOCKER_HOST:-}" "${XDG_RUNTIME_DIR:-}"
        printf 'lacks='
        for program in id date cat ls grep xargs; do
            command -v "$program" >/dev/null 2>&1 || printf '%s ' "$program"
        done
        printf '\n'
    } </dev/null >&3 2>/dev/null
    r "$1" 0
}

# content ID PATH: a regular file as it is; anything else is refused (a FIFO would block, a device may act).
content() {
    if [ -e "$2" ] && [ ! -f "$2" ]; then
        r "$1" 1 "$2: not a regular file"
        return
    fi
    case $2 in
    /etc/shadow) # what a password field begins with says whether it is locked; the rest stays where it is
        words=$(sed -e 's/^\([^:]*:[^:]\)[^:]*/\1/' "$2" 2>&1 >&3 </dev/null) ;;
    /var/lib/dpkg/status) # of megabytes, the lines that tell what is installed
        words=$(grep -E '^(Package|Status|Architecture|Version|Source):|^$' "$2" 2>&1 >&3 </dev/null) ;;
    /var/lib/apt/lists/*Release) # its head says what it is
        words=$(head -n 60 "$2" 2>&1 >&3 </dev/null) ;;
    *)
        words=$(cat "$2" 2>&1 >&3 </dev/null) ;;
    esac
    r "$1" $? "${words##*"$N"}"
}

# contents ID PATTERN: each regular file that matches, its path in a frame of its own before it.
contents() {
    for file in $2; do
        [ -f "$file" ] || continue
        printf '%s' "$file" >&3
        r "$1.path" 0
        content "$1.content" "$file"
    done
}

# lines ID PATH...: small kernel files, many at once, each line with its file's path before it; then the errors.
lines() {
    id=$1
    shift
    words=$(grep -a '' /dev/null "$@" 2>&1 >&3 </dev/null)
    r "$id" 0
    printf '%s' "$words" >&3
    r "$id.errors" 0
}

# names ID FOLDER: what stands in it, `/` after each, for that is no part of a name.
names() {
    found=
    for file in "${2%/}"/* "${2%/}"/.*; do
        case ${file##*/} in
        . | ..) continue ;;
        '*' | '.*') [ -e "$file" ] || [ -L "$file" ] || continue ;;
        esac
        found=yes
        printf '%s/' "${file##*/}" >&3
    done
    words=
    [ -n "$found" ] || words=$(ls "${2%/}/" 2>&1 >/dev/null) # empty, or not to be read?
    if [ -n "$words" ]; then r "$1" 1 "${words##*"$N"}"; else r "$1" 0; fi
}

# stats ID PATH...: owner, mode and time of each, without following links; where links point to; then the errors.
stats() {
    id=$1
    shift
    if [ -n "$HAVE_STAT" ]; then
        words=$(stat -c '%f %u %g %s %Y %d %i %n' -- "$@" 2>&1 >&3 </dev/null)
    else
        words=$(ls -nd$Q -- "$@" 2>&1 >&3)
    fi
    r "$id" 0
    printf '%s' "$words" >&3
    r "$id.errors" 0
    number=0
    for file in "$@"; do
        if [ -L "$file" ]; then
            words=$(readlink -n -- "$file" 2>&1 >&3 </dev/null)
            r "$id.$number" $? "${words##*"$N"}"
        fi
        number=$((number + 1))
    done
}

# followed ID PATH...: the same of what the paths lead to.
followed() {
    id=$1
    shift
    if [ -n "$HAVE_STAT" ]; then
        words=$(stat -L -c '%f %u %g %s %Y %d %i %n' -- "$@" 2>&1 >&3 </dev/null)
    else
        words=$(ls -nLd$Q -- "$@" 2>&1 >&3)
    fi
    r "$id" 0
    printf '%s' "$words" >&3
    r "$id.errors" 0
}

# processes ID FILE...: these files of every process, as `lines`.
processes() {
    id=$1
    shift
    for file in "$@"; do
        printf '%s\n' /proc/[0-9]*/"$file"
    done | xargs grep -as '' /dev/null >&3 2>/dev/null
    r "$id" 0
}

# links ID: executable and namespaces of every process. With what can't be printed as `?`, a line is a link.
links() {
    printf '%s\n' /proc/[0-9]*/exe /proc/[0-9]*/ns/* | xargs ls -nd$Q >&3 2>/dev/null
    r "$1" 0
}

# sockets ID: which sockets every process has open; then whose descriptors are hidden from us.
sockets() {
    words=$(
        {
            printf '%s\n' /proc/[0-9]*/fd | xargs ls -n$Q 2>&4 |
                grep -e '^/proc/[0-9]*/fd:$' -e 'socket:\[' >&3
        } 4>&1 | grep 'Permission denied'
    )
    r "$1" 0
    printf '%s' "$words" >&3
    r "$1.errors" 0
}

# ask ID COMMAND...: what a program prints. Only ever one that lists.
ask() {
    id=$1
    shift
    $LIMIT "$@" >&3 2>/dev/null </dev/null
    r "$id" $?
}

# packages ID FILE NAME...: of a package list, perhaps compressed, the stanzas of these packages, a bit longer or shorter.
packages() {
    id=$1
    list=$2
    shift 2
    wanted=$(printf 'Package: %s\n' "$@")
    {
        case $list in
        *_Packages) cat "$list" ;;
        *) /usr/lib/apt/apt-helper cat-file "$list" ;;
        esac || echo "$UNREADABLE"
    } 2>/dev/null </dev/null | grep -a -F -x -A 40 -e "$wanted" -e "$UNREADABLE" >&3 2>/dev/null
    r "$id" 0
}

HAVE_STAT=$(command -v stat)
stat -c %f / >/dev/null 2>&1 || HAVE_STAT=
