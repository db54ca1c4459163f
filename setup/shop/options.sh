# shellcheck shell=bash disable=SC2034 # they are for the pieces beside it
# What `./run shop` is asked for. Read before anything is done: who mistypes does not wait for a verdict first.

http=${SHOP_HTTP:-80}
https=${SHOP_HTTPS:-443}
rate=200
base='' remove='' volumes=''

shop_usage() {
    cat <<END
Usage: sudo ./run shop [--http PORT] [--https PORT] [--rate N] [--base FILE]
       sudo ./run shop --remove [--volumes]

Brings examples/shop up on this machine's engine: two web servers, a worker and PostgreSQL behind an edge with HTTPS.
Its images are built here, of the distribution's packages; no registry is asked. Then version 2 is shipped under load,
and taken back under load. Once more: nothing is built again, and version 1 is left running again.

  --http, --https    the host's ports for the edge (80 and 443; or SHOP_HTTP and SHOP_HTTPS)
  --rate N           requests a second (200) while versions are replaced
  --base FILE        make the base image of this archive (setup/shop/base.sh FILE writes one), for a host without a network
  --remove           take it all away: containers, networks, images, records; --volumes: the orders, too

Exit status: 0, or that of the deploy that failed; 1 where a request failed; 2 usage; 20 where something is missing here.
END
}

wrong() {
    printf 'error: %s\n  hint: ./run shop --help\n' "$1" >&2
    exit 2
}

read_options() {
    while (($#)); do
        case $1 in
        -h | --help)
            shop_usage
            exit 0
            ;;
        --http | --https | --rate | --base)
            (($# > 1)) || wrong "$1 needs a value"
            printf -v "${1#--}" %s "$2"
            shift
            ;;
        --remove) remove=yes ;;
        --volumes) volumes=yes ;;
        *) wrong "there is no option $1" ;;
        esac
        shift
    done
    local port
    for port in "$http" "$https"; do
        [[ $port =~ ^[1-9][0-9]{0,4}$ && $port -lt 65536 ]] || wrong "$port is no port"
    done
    [[ $rate =~ ^[1-9][0-9]{0,3}$ && $rate -le 1000 ]] || wrong "$rate is no number of requests a second (1 to 1000)"
    [[ $http != "$https" ]] || wrong "one port can't be for both http and https"
    [[ -z $volumes || -n $remove ]] || wrong "--volumes goes with --remove"
    [[ -z $base || -r $base ]] || wrong "$base can't be read"
    [[ -z $base ]] || base=$(realpath -- "$base")
}
