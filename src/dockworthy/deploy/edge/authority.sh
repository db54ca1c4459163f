# shellcheck shell=sh
# A certificate for the names of one project, by an authority of this host that is made when it is first needed.
# Takes $dw_folder, $dw_project and $dw_names (openssl's words: DNS:a,IP:b). Prints chain and key on descriptor 3.
# With $dw_look nothing is made: it ends with 45 where something would be.
: "${dw_folder:?}" "${dw_project:?}" "${dw_names:?}" "${dw_look=}"
command -v openssl >/dev/null || { echo "openssl is not installed on this host" >&2; exit 44; }
umask 077
[ -z "$dw_look" ] || [ -d "$dw_folder/internal" ] || exit 45
{ mkdir -p "$dw_folder/authority" "$dw_folder/internal" && cd "$dw_folder"; } || exit 1
LC_ALL=C
export LC_ALL
soon=$((30 * 86400))
ca=authority/ca.pem key=authority/key.pem
mine=internal/$dw_project.pem names=internal/$dw_project.names

half() { # FILE COMMAND...: whole or not at all
    at=$1 && shift
    if ! { "$@" -out "$at.half" 2>said && sync "$at.half" && mv -f "$at.half" "$at"; }; then
        echo "openssl $2 failed: $(grep -v '^[.+*-]*$' said | head -n 1)" >&2
        rm -f "$at.half" said
        exit 1
    fi
    rm -f said
}
settings() { # LINES
    printf '[req]\ndistinguished_name=dn\nprompt=no\n[dn]\nCN=%s\n[ext]\n%b\n' "$1" "$2" >settings.cnf
}
good() { # FILE: not over within thirty days
    [ -f "$1" ] && [ -s "$1" ] && openssl x509 -in "$1" -noout -checkend $soon >/dev/null 2>&1
}

trusted() {
    good $ca && [ -f $key ] && [ -s $key ]
}
fits() {
    good "$mine" && [ -f "$names" ] && [ "$(cat "$names" 2>/dev/null)" = "$dw_names" ] && openssl verify -CAfile $ca "$mine" >/dev/null 2>&1
}

if [ -n "$dw_look" ] && ! { trusted && fits; }; then exit 45; fi
if ! trusted; then
    half $key openssl ecparam -name prime256v1 -genkey -noout
    settings "dockworthy authority of $(uname -n)" \
        'basicConstraints=critical,CA:true,pathlen:0\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash'
    half $ca openssl req -x509 -new -sha256 -days 3650 -key $key -config settings.cnf -extensions ext
    chmod 644 $ca
fi
if ! fits; then
    half internal/new.key openssl ecparam -name prime256v1 -genkey -noout
    settings "$dw_project" "basicConstraints=critical,CA:false\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth\nsubjectAltName=$dw_names\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid"
    half internal/new.csr openssl req -new -sha256 -key internal/new.key -config settings.cnf
    half internal/new.pem openssl x509 -req -sha256 -days 397 -in internal/new.csr -CA $ca -CAkey $key \
        -set_serial "0x$(openssl rand -hex 16)" -extfile settings.cnf -extensions ext
    { cat internal/new.pem $ca internal/new.key >"$mine.half" && sync "$mine.half" && mv -f "$mine.half" "$mine" &&
        printf %s "$dw_names" >"$names"; } || exit 1
    rm -f internal/new.*
fi
rm -f settings.cnf
cat "$mine" >&3
