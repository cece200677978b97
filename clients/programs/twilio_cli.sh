#!/bin/sh
# Push credentials with the Twilio CLI: create, page through, update, delete.
set -eu

credentials() { action=$1; shift; twilio "api:notify:v1:credentials:$action" -o tsv "$@"; }
create() { credentials create --type fcm --secret server-key --friendly-name "$1" --properties sid; }
value() { tail -n 1; }
refusal() { sed -n 's/.*Error code \([0-9]*\) from Twilio.*/\1/p' "$1"; }

errors=$(mktemp)
trap 'rm -f "$errors"' EXIT

set -- "$(create first | value)" "$(create second | value)" "$(create third | value)"
echo "created $#"

paged=
for line in $(credentials list --page-size 1 --properties sid,friendlyName | tr '\t' '='); do
  case " $* " in *" ${line%%=*} "*) paged="$paged,${line#*=}" ;; esac
done
echo "paged ${paged#,}"

echo "fetched $(credentials fetch --sid "$2" --properties friendlyName | value)"
echo "updated $(credentials update --sid "$2" --friendly-name renamed --properties friendlyName | value)"
for sid in "$@"; do
  twilio api:notify:v1:credentials:remove --sid "$sid" >/dev/null 2>&1
done
echo deleted

credentials fetch --sid "$2" >/dev/null 2>"$errors" || echo "missing 404 $(refusal "$errors")"
create busy >/dev/null 2>"$errors" || echo "busy 429 $(refusal "$errors")"
