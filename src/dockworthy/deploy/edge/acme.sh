# shellcheck shell=sh
# Certificates of an ACME authority, proven over http: the client writes below settings/acme, from where HAProxy answers: nobody in
# its container can write there, and so lead a client that runs as root elsewhere.
# Takes $dw_folder, $dw_names (those that are wanted, by spaces), $dw_server ("" is the client's own), $dw_email and
# $dw_ca (a file by which that authority is trusted, "" for those that the host trusts).
: "${dw_folder:?}" "${dw_names:?}" "${dw_server=}" "${dw_email=}" "${dw_ca=}"
command -v openssl >/dev/null || { echo "openssl is not installed on this host" >&2; exit 44; }
umask 077
{ mkdir -p "$dw_folder/acme" "$dw_folder/settings/acme" && chmod 755 "$dw_folder/settings/acme" && cd "$dw_folder/acme"; } || exit 1
rm -f ca.pem # of an older version, which trusted one project's authority for all of them
unset LEGO_CA_CERTIFICATES REQUESTS_CA_BUNDLE
[ -z "$dw_ca" ] || export LEGO_CA_CERTIFICATES="$dw_ca" REQUESTS_CA_BUNDLE="$dw_ca"
client=$(command -v lego || command -v certbot) || {
    echo "neither lego nor certbot is installed on this host" >&2
    exit 44
}

with_lego() { # NAME: leaves chain and key
    "$client" --accept-tos --email "${dw_email:-noreply@$1}" ${dw_server:+--server "$dw_server"} --path lego \
        --http --http.webroot "$dw_folder/settings/acme" --domains "$1" run >said 2>&1 &&
        cat "lego/certificates/$1.crt" "lego/certificates/$1.key" >"$1.half"
}
with_certbot() {
    set -- "$1" --config-dir certbot --work-dir certbot --logs-dir certbot ${dw_server:+--server "$dw_server"}
    if [ -n "$dw_email" ]; then set -- "$@" --email "$dw_email"; else set -- "$@" --register-unsafely-without-email; fi
    name=$1 && shift
    "$client" certonly -n --agree-tos --force-renewal --webroot -w "$dw_folder/settings/acme" -d "$name" \
        --cert-name "$name" "$@" >said 2>&1 &&
        cat "certbot/live/$name/fullchain.pem" "certbot/live/$name/privkey.pem" >"$name.half"
}

for name in $dw_names; do
    # What answers a challenge is read by HAProxy's own user.
    if umask 022 && "with_${client##*/}" "$name" && chmod 600 "$name.half"; then
        { sync "$name.half" && mv -f "$name.half" "$name.pem"; } || exit 1
    else
        rm -f "$name.half"
        echo "$name: $(grep -v '^[[:space:]]*$' said | tail -n 1)" >&2
        exit 1
    fi
done
rm -f said
