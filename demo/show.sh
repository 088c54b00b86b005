# Headings, commands with their real output, and checks. Sourced by demo.sh.

step_number=0
checks=0
# What the last shown command printed.
output=

say() { printf '%s\n' "$*" | wrap; }

# step SENTENCE...: one sentence before what is done.
step() {
  step_number=$((step_number + 1))
  printf '\n%s%d. %s%s\n\n' "$bold" $step_number "$*" "$plain" | wrap
}

# wrap: no line over 98 columns where there is a space to break at; continuations are indented as the line is, plus 4.
wrap() {
  awk -v most=98 '{
    line = $0
    match(line, /^ */); indent = sprintf("%" (RLENGTH + 4) "s", "")
    while (length(line) > most) {
      cut = most
      while (cut > 50 && substr(line, cut, 1) != " ") cut--
      if (cut <= 50) break
      print substr(line, 1, cut - 1)
      line = indent substr(line, cut + 1)
    }
    print line
  }'
}

# as_typed CMD...: the command as one would type it.
as_typed() {
  local word line=
  for word; do
    if [[ $word =~ ^[A-Za-z0-9_./:=,@%+-]+$ ]]; then line+=" $word"; else line+=" '$word'"; fi
  done
  printf '%s\n' "${line# }"
}

# show CMD...: the command, then what it prints. It must succeed.
show() {
  printf '%s$ %s%s\n' "$dim" "$(as_typed "$@")" "$plain"
  output=$("$@" 2>&1) || { printf '%s\n' "$output" | wrap; fail "this command failed."; }
  printf '%s\n' "$output" | wrap
}

# show_refused CMD...: the same for a command that must fail.
show_refused() {
  printf '%s$ %s%s\n' "$dim" "$(as_typed "$@")" "$plain"
  if output=$("$@" 2>&1); then printf '%s\n' "$output" | wrap; fail "this command succeeded, and had to be refused."; fi
  printf '%s\n' "$output" | wrap
}

# claim SENTENCE CMD...: the sentence is printed only when the command says that it is true.
claim() {
  "${@:2}" || fail "it should be that $1, and it is not." "The check was: $(as_typed "${@:2}")"
  checks=$((checks + 1))
  printf '  %sok%s  %s\n' "$green" "$plain" "$1" | wrap
}

# printed TEXT...: the last shown output holds each of them.
printed() {
  local text
  for text; do [[ $output == *"$text"* ]] || return 1; done
}

is() { [ "$1" = "$2" ]; }
differs() { [ "$1" != "$2" ]; }

# wait_until SECONDS SENTENCE CMD...: asks again and again, and gives up after some seconds. Sets `took`, in seconds.
wait_until() {
  local began now end
  began=$(date +%s%N)
  end=$((began + $1 * 1000000000))
  until "${@:3}" >/dev/null 2>&1; do
    now=$(date +%s%N)
    [ "$now" -lt $end ] || fail "waited $1 s in vain until $2." "The check was: $(as_typed "${@:3}")"
    sleep 0.1
  done
  took=$(awk -v ns=$(($(date +%s%N) - began)) 'BEGIN { printf "%.1f", ns / 1e9 }')
}

fail() {
  trap - ERR
  printf '\n%sThe demo failed:%s %s\n' "$red" "$plain" "$1" >&2
  if [ $# -gt 1 ]; then printf '%s\n' "${@:2}" >&2; fi
  if [ -n "$work" ] && [ -s "$work/operator.log" ]; then
    printf '\nThe last lines of the operator:\n' >&2
    tail -n 15 "$work/operator.log" >&2
  fi
  exit 1
}

bold='' dim='' green='' red='' plain=''
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
  bold=$'\e[1m' dim=$'\e[36m' green=$'\e[32m' red=$'\e[31m' plain=$'\e[0m'
fi
