#!/bin/sh
# Push credentials with curl: create, page through, update, delete.
set -eu
base=https://notify.twilio.com/v1/Credentials

call() { curl -sS -u "$TWILIO_ACCOUNT_SID:$TWILIO_AUTH_TOKEN" "$@"; }
field() { sed -n "s/.*\"$1\": \"\\{0,1\\}\\([^\",}]*\\).*/\\1/p"; }
create() { call "$base" -d Type=fcm -d Secret=server-key -d "FriendlyName=$1"; }
refusal() { call -w ' HTTP %{http_code}' "$@" | sed 's/.*"code": \([0-9]*\).* HTTP \([0-9]*\)$/\2 \1/'; }

sids=
for name in first second third; do
  sids="$sids $(create "$name" | field sid)"
done
set -- $sids
echo "created $#"

paged=
next="$base?PageSize=1"
while [ -n "$next" ] && [ "$next" != null ]; do
  page=$(call "$next")
  case " $sids " in *" $(echo "$page" | field sid) "*) paged="$paged,$(echo "$page" | field friendly_name)" ;; esac
  next=$(echo "$page" | field next_page_url)
done
echo "paged ${paged#,}"

echo "fetched $(call "$base/$2" | field friendly_name)"
echo "updated $(call "$base/$2" -d FriendlyName=renamed | field friendly_name)"
for sid in "$@"; do
  call -X DELETE "$base/$sid"
done
echo deleted

echo "missing $(refusal "$base/$2")"
echo "busy $(refusal "$base" -d Type=fcm -d Secret=server-key -d FriendlyName=busy)"
