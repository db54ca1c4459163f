# shellcheck shell=sh
# Where the engine's socket is: prints its path on descriptor 3, and answers whether our account may open it (yes, no;
# absent where there is none). `sudo` made us root: then it is asked of the account that came in.
engine_socket() { # ID SOCKET (the one that was named, or "")
    for socket in "$2" "${DOCKER_HOST#unix://}" /var/run/docker.sock "${XDG_RUNTIME_DIR:-/nowhere}/docker.sock"; do
        case $socket in /*) ;; *) continue ;; esac
        if [ -S "$socket" ] || [ "$socket" = "$2" ]; then break; fi
    done
    [ -S "$socket" ] || socket=${2:-/var/run/docker.sock}
    may=no
    if [ -n "${SUDO_UID:-}" ]; then
        sudo -n -u "#$SUDO_UID" test -w "$socket" </dev/null >/dev/null 2>&1 && may=yes
    else
        [ -w "$socket" ] && may=yes
    fi
    if [ ! -S "$socket" ]; then
        case $(ls -d "$socket" 2>&1) in *'Permission denied'*) ;; *) may=absent ;; esac
    fi
    printf '%s' "$socket" >&3
    r "$1" 0 "$may"
}
