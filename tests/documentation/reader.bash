# The shell of a reader, in which the shell blocks of a page run one after another.
# serve, record and replay go on until the page ends, or starts another server on the same port.
set -eEo pipefail
trap 'echo "$BLOCK: ${FUNCNAME[0]:-} status $? from: $BASH_COMMAND" >&2' ERR
trap 'kill "${servers[@]}" "${tails[@]}" 2>/dev/null || :' EXIT # after a failure
declare -A servers outputs
tails=()

notify-mock() {
  case $1 in
    serve | record | replay) start "$@" ;;
    env) with-url "$@" ;;
    tail) "$PYTHON" -m notify_mock "$@" >/dev/null & tails+=($!) ;;
    *) python -m notify_mock "$@" ;;
  esac
}

with-url() {
  if [[ $* != *--url* ]]; then set -- "$@" --url "http://127.0.0.1:$PORT"; fi
  python -m notify_mock "$@"
}

start() {
  local port
  port=$(sed -nE 's/.*--port ([0-9]+).*/\1/p' <<<"$*")
  [ -n "$port" ] || { port=$PORT; set -- "$@" --port "$port"; }
  stop "$port"
  exec {outputs[$port]}< <(exec "$PYTHON" -m notify_mock "$@")
  servers[$port]=$!
  read -r _ <&"${outputs[$port]}" # the line that says it is ready, or the end of a server that cannot start
}

stop() {
  [ -n "${servers[$1]:-}" ] || return 0
  kill "${servers[$1]}"
  cat <&"${outputs[$1]}" >/dev/null # until it has ended
  unset "servers[$1]"
}

python() { "$PYTHON" "$@"; }
pytest() { python -m pytest -p no:cacheprovider -p no:randomly "$@"; }
curl() { command curl --fail --silent --show-error "$@"; }
make() { command make --dry-run --directory "$ROOT" "$@" >/dev/null; } # the target exists; CI runs it
pip() { [ "$1" = install ]; }                                          # everything is installed

end() {
  for port in "${!servers[@]}"; do stop "$port"; done
  for tail in "${tails[@]}"; do kill "$tail"; done # fails if it has not gone on
  tails=()
}
