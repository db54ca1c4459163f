# shellcheck shell=sh
# Joins standard input and output with a unix socket, by a program that the host has for that.
# $1: the socket's path.
has() { command -v "$1" >/dev/null 2>&1; }
if has docker; then exec docker -H "unix://$1" system dial-stdio; fi
if has socat; then exec socat - "UNIX-CONNECT:$1"; fi
if has perl; then
    # shellcheck disable=SC2016 # perl expands it
    exec perl -e '
        use Socket;
        socket(my $s, PF_UNIX, SOCK_STREAM, 0) or die qq{$!\n};
        connect($s, sockaddr_un($ARGV[0])) or die qq{$!\n};
        sub pass {
            my ($from, $to) = @_;
            while (sysread($from, my $b, 65536)) {
                my $at = 0;
                while ($at < length $b) { my $n = syswrite($to, $b, length($b) - $at, $at) or exit 1; $at += $n }
            }
        }
        my $child = fork;
        if ($child) { pass($s, *STDOUT); kill 15, $child; exit 0 }
        pass(*STDIN, $s);
        shutdown $s, 1;
    ' "$1"
fi
if has ncat || (has nc && nc -h 2>&1 | grep -q -e -U); then exec nc -U "$1"; fi
echo 'no program to speak to a socket with: docker, socat, perl or nc' >&2
exit 69
