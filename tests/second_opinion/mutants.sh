#!/usr/bin/env bash
# Does the second opinion find mistakes? Breaks the evaluator on purpose, one mistake at a time, and expects each to be found.
#
#   tests/second_opinion/mutants.sh                all of tests/second_opinion/mutants
#   tests/second_opinion/mutants.sh --every-run    those of mutants/every-run.txt: some of each source, for every run of .ci/run
#   tests/second_opinion/mutants.sh NAME...        these
#
# It works in a copy of the tree, and closes with "N of N caught". A mistake counts as caught when it compiles, and on the first
# APPNET_FUZZ_CASES clusters (400) the two readings then differ, or the evaluator contradicts itself: by rows, by pairs, by
# ports and by changes it has to say the same (evaluator.rs), and it must not panic. First the tree as it is must pass.
#
# A mistake is a file NAME.mutant: the path of a source; a line "--- from", and lines that stand in it once; a line "--- to",
# and what stands there instead.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
tree=$(cd "$here/../.." && pwd)
# How a mistake shows is not asked here, so no difference is made small.
export APPNET_FUZZ_CASES=${APPNET_FUZZ_CASES:-400} APPNET_FUZZ_TOLD=0 APPNET_FUZZ_ENOUGH=1 CARGO_TERM_COLOR=never

fail() { printf 'tests/second_opinion/mutants.sh: %s\n' "$@" >&2; exit 1; }

if [ "${1:-}" = --every-run ]; then mapfile -t names < "$here/mutants/every-run.txt"; set -- "${names[@]}"; fi
if [[ ${1:-} == -* ]]; then sed -n '2,14s/^# \{0,1\}//p' "$0"; exit 2; fi
if [ $# = 0 ]; then
  set -- "$here"/mutants/*.mutant
else
  set -- "${@/#/$here/mutants/}"
  set -- "${@/%/.mutant}"
fi

"$here/install.sh"
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$tree/target}
mkdir -p "$CARGO_TARGET_DIR"
copy=$(cd "$CARGO_TARGET_DIR" && pwd)/second-opinion-mutants
exec 9>"$copy.lock"
flock -n 9 || fail "it already runs."
rm -rf "$copy"
mkdir "$copy"
trap 'rm -rf "$copy"' EXIT
# What git would have in a commit of now. The copies are new, so that cargo does not take a mistake of last time for them.
(cd "$tree" && git ls-files -z --cached --others --exclude-standard | xargs -0 cp --parents -t "$copy")
cd "$copy"
# What each mistake would have built anew in vain: the programs, which cargo makes for every test of a package, and the modules that
# the pure ones do not lean on (tests/architecture.rs).
awk '/^\[/ { skip = ($0 == "[[bin]]") } !skip && !/^default-run/ { print } /^\[package\]$/ { print "autobins = false" }' "$tree/Cargo.toml" > Cargo.toml
sed -i -E '/^pub mod (cli|cluster|controller|metrics|operator|serve);/d' src/lib.rs

# Another setting for our own package: cargo names what it builds by settings, not by places, and a test binary with a mistake
# must not be taken for the tree's.
test=(cargo test --quiet --config profile.dev.package.appnet.debug=0 --test second_opinion)

# try: builds and runs. The outcome is in $outcome, what was printed in $copy/log.
try() {
  if ! "${test[@]}" --no-run >log 2>&1; then
    outcome='does not compile'
  elif "${test[@]}" agrees -- --nocapture >log 2>&1; then
    outcome='not found'
  else
    outcome=$(sed -n 's/^second opinion: .* partly allowed, \([0-9]* differences\);.*/\1/p' log)
    # A panic anywhere else, such as that nca does not answer, says nothing of the mistake.
    [ -n "$outcome" ] || outcome=$(sed -n '/panicked at \(src\/reach\|tests\/second_opinion\/evaluator\.rs\)/{n;s/^/contradicts itself: /p;q}' log)
    [ -n "$outcome" ] || outcome='broke off'
  fi
}

try
[ "$outcome" = 'not found' ] || { tail -n 40 log >&2; fail "the tree as it is: $outcome"; }

caught=0
for mutant; do
  name=$(basename "$mutant" .mutant)
  [ -f "$mutant" ] || fail "there is no $mutant"
  text=$(<"$mutant")
  file=${text%%$'\n'*}
  from=${text#*$'\n--- from\n'} from=${from%%$'\n--- to\n'*}
  to=${text#*$'\n--- to\n'}
  # A mistake that takes something away has nothing to put there.
  if [[ $text == *$'\n--- to' ]]; then from=${from%$'\n--- to'} to=; fi
  source=$(<"$tree/$file")
  rest=${source#*"$from"}
  [ "$rest" != "$source" ] || fail "$name: what it replaces does not stand in $file"
  [ "${rest#*"$from"}" = "$rest" ] || fail "$name: what it replaces stands in $file more than once"
  printf '%s\n' "${source/"$from"/"$to"}" > "$file"
  try
  cp "$tree/$file" "$file"
  case $outcome in
    [1-9]*' differences' | 'contradicts itself: '*) caught=$((caught + 1)) verdict=caught ;;
    *) verdict=MISSED ;;
  esac
  printf '%-58s %-7s %s\n' "$name" "$verdict" "$outcome"
done
echo "$caught of $# caught"
[ "$caught" = $# ]
