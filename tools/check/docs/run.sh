# What the lines of a page find when they are run: URL, MASTER_KEY, OUT (where replies are kept), TOTP (prints a code),
# AUTHENTICATOR (answers a passkey's options).
set -u
TIMES=0
HEADERS=(-H 'X-Parse-Application-Id: example' -H 'Content-Type: application/json')

fail() { echo "$*" >&2; exit 1; }

# The code that was sent last.
sent_code() { command curl -sS "$URL/outbox.json" | grep -oE '[0-9]{6} is your' | tail -1 | cut -c1-6; }

# Keeps what each request is answered with, beside the block that it stands in. 123456 is the code that was sent last.
curl() {
  local answer given=("$@") each
  for each in "${!given[@]}"; do
    [[ ! ${given[each]} =~ ^(.*[^0-9])?123456([^0-9].*)?$ ]] || given[each]="${BASH_REMATCH[1]}$(sent_code)${BASH_REMATCH[2]}"
  done
  answer=$(command curl -sS --max-time 60 -w $'\036%{http_code}' "${given[@]}") || fail "curl failed: $answer"
  printf '%s\035' "$answer" >> "$OUT/$BLOCK"
  printf '%s\n' "${answer%$'\036'*}"
}

# Types what an authenticator app would show for $SECRET: the current code, then the next one.
read() {
  TIMES=$((TIMES + 1))
  ((TIMES <= 2)) || fail 'an authenticator has no third code within its time'
  printf -v "${!#}" %s "$(node "$TOTP" "$SECRET" "$TIMES")"
}

# Fills in what stands in braces, with the variables of these names, and leaves it in FILLED.
fill() {
  local name
  FILLED=$1
  while [[ $FILLED =~ \{([A-Za-z]+)\} ]]; do
    name=${BASH_REMATCH[1]}
    [[ -v $name ]] || fail "no value for {$name} yet"
    FILLED=${FILLED//"{$name}"/"${!name}"}
  done
}

# What an app reads: the code that was sent, an authenticator's, a device's token, the id of an address, the answer to a passkey's options.
learn() {
  code=$(sent_code) || true
  if [[ $1 =~ \"secret\":\"([A-Z2-7]+)\" ]]; then SECRET=${BASH_REMATCH[1]}; read totp; fi
  if [[ $1 =~ \"token\":\"([^\"]+)\" ]]; then token=${BASH_REMATCH[1]}; fi
  if [[ $1 =~ \"id\":\"([^\"]+)\" ]]; then id=${BASH_REMATCH[1]}; fi
  if [[ $1 == *'"options":'* ]]; then { IFS= builtin read -r handle; IFS= builtin read -r credential; } < <(command curl -sS "$AUTHENTICATOR" --data-binary "$1"; echo); fi
}

# Sends a request: method, address, "session" or nothing, body.
send() {
  local headers=("${HEADERS[@]}")
  [[ $3 != session ]] || headers+=(-H "X-Parse-Session-Token: $SESSION")
  curl -X "$1" "$URL$2" "${headers[@]}" -d "$4" > "$OUT/last"
  learn "$(cat "$OUT/last")"
}

# A request of a page, and a GraphQL operation with its variables.
request() {
  local path
  fill "$2"; path=$FILLED
  fill "$4"; send "$1" "/parse$path" "$3" "$FILLED"
}
operation() { fill "$3"; send POST /graphql "$1" "{\"query\":$2,\"variables\":$FILLED}"; }

field() { sed -E "s/.*\"$1\":\"([^\"]+)\".*/\\1/" "$OUT/last"; }

# What pages need beforehand, in hidden lines: a user and their factors.
sign_up() {
  username=$1 password='correct horse'
  send POST /parse/users '' "{\"username\":\"$username\",\"password\":\"$password\"}"
  userId=$(field objectId) SESSION=$(field sessionToken)
  USER_ID=$userId
}
add_phone() {
  send POST /parse/challenge session "{\"challengeData\":{\"otp\":{\"phone\":\"$1\"}}}"
  send PUT "/parse/users/$USER_ID" session "{\"authData\":{\"otp\":{\"phone\":\"$1\",\"code\":\"$code\"}}}"
}
add_email() {
  send POST /parse/challenge session "{\"challengeData\":{\"email\":{\"email\":\"$1\"}}}"
  send PUT "/parse/users/$USER_ID" session "{\"authData\":{\"email\":{\"email\":\"$1\",\"code\":\"$code\"}}}"
}
add_totp() {
  send POST /parse/challenge session '{"challengeData":{"totp":true}}'
  send PUT "/parse/users/$USER_ID" session "{\"authData\":{\"totp\":\"$totp\"}}"
}
