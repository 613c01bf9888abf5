# What the lines of a page find when they are run: URL, MASTER_KEY, OUT (where replies are kept), TOTP (prints a code).
set -u
TIMES=0

# Keeps what each request is answered with, beside the block that it stands in.
curl() {
  local answer
  answer=$(command curl -sS --max-time 20 -w '\036%{http_code}' "$@") || { echo "curl failed: $answer" >&2; exit 1; }
  printf '%s\035' "$answer" >> "$OUT/$BLOCK"
  printf '%s\n' "${answer%$'\036'*}"
}

# Types what an authenticator app would show for $SECRET: an older step, the current one, the next one.
read() {
  local name=${!#}
  TIMES=$((TIMES + 1))
  printf -v "$name" %s "$(node "$TOTP" "$SECRET" "$TIMES")"
}

# Fills in what stands in braces: with variables, but for what an app reads, which is known by itself.
fill() {
  local text=$1 name
  while [[ $text =~ \{([A-Za-z]+)\} ]]; do
    name=${BASH_REMATCH[1]}
    text=${text//"{$name}"/"${!name}"}
  done
  printf %s "$text"
}

learn() {
  local reply=$1
  code=$(command curl -sS "$URL/outbox.json" | grep -oE '[0-9]{6} is your' | tail -1 | cut -c1-6) || true
  if [[ $reply =~ \"secret\":\"([A-Z2-7]+)\" ]]; then SECRET=${BASH_REMATCH[1]}; read totp; fi
  if [[ $reply =~ \"token\":\"([^\"]+)\" ]]; then token=${BASH_REMATCH[1]}; fi
}

# One request of a page: method, address, "session" or nothing, body.
request() {
  local headers=(-H 'X-Parse-Application-Id: example' -H 'Content-Type: application/json')
  [[ $3 == session ]] && headers+=(-H "X-Parse-Session-Token: $SESSION")
  curl -X "$1" "$URL$(fill "$2")" "${headers[@]}" -d "$4" > "$OUT/last"
  learn "$(cat "$OUT/last")"
}
