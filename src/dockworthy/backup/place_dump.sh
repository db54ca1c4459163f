# shellcheck shell=sh
# Puts a dump where its server looks for it when it starts. $1: the folder of the data. $2: the file, below that. $3 and
# $4: its owner and mode. $5: the file that names the parts of the server's log, below $1 ('': none), $6: its line. $7: the
# command that writes the dump, as a shell reads it. The names are what a server said, and the folder holds what its
# container wrote: nothing is written outside of it, by `..` or by a link.
umask 077
owner=$3
into() { # PATH: goes to its folder, below $1, and says its own name: $name
    rest=$2
    cd -P -- "$1" || return
    while [ "$rest" != "${rest#*/}" ]; do
        step=${rest%%/*} rest=${rest#*/}
        case $step in '' | .) continue ;; esac
        if [ "$step" = .. ] || [ -h "./$step" ]; then
            echo "$2 leads out of the folder of the data" >&2
            return 1
        fi
        if [ ! -d "./$step" ]; then
            mkdir -- "./$step" && chown -- "$owner" "./$step" && chmod 755 "./$step" || return
        fi
        cd -P -- "./$step" || return
    done
    name=$rest
    case $name in '' | . | ..)
        echo "$2 is no name of a file" >&2
        return 1
        ;;
    esac
    rm -f -- "./$name" || return # a link, say
}
set -C # what is written to is new
into "$1" "$2" && sh -c "$7" >"./$name" && chown -h -- "$3" "./$name" && chmod -- "$4" "./$name" || exit 1
[ -n "$5" ] || exit 0
into "$1" "$5" && printf '%s\n' "$6" >"./$name" && chown -h -- "$3" "./$name" && chmod -- "$4" "./$name"
