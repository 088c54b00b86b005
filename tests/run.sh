#!/usr/bin/env bash
# All tests: builds the lab's programs and installs the second opinion where they are missing, runs every test binary, and closes with
#
#   N passed, N failed
#
# before which it shows what tests found out for people (figures of connections, hand-overs, rights).
# Arguments go to `cargo test`. Exit code 0 only when tests ran, none failed and none was skipped.
#
# tests/wire needs a node, and so root. Where there can be none it is not run, which is told and is a failure;
# APPNET_TEST_WITHOUT_NODE=1 says that you know.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

what=()
missing=
if why=$(lab/node.sh check 2>&1); then
  [ -z "$why" ] || echo "$why"
  lab/build.sh --node
else
  lab/build.sh
  missing="tests/wire was NOT RUN, so nothing was shown of connections: ${why##*lab/node.sh: }"
  # Every test binary but that one.
  what=(--lib --bins)
  for test in tests/*.rs tests/*/main.rs; do
    test=${test#tests/} test=${test%.rs} test=${test%/main}
    [ "$test" = wire ] || what+=(--test "$test")
  done
fi
lab/build.sh --helm
tests/second_opinion/install.sh

# The harness shows what a test prints only when it fails; tests write it here too (tests/support/report.rs).
report=${CARGO_TARGET_DIR:-target}/tmp/report
rm -rf "$report"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
status=0
# Without colour: the lines are read below.
CARGO_TERM_COLOR=never cargo test --no-fail-fast "${what[@]}" "$@" 2>&1 | tee "$log" || status=$?

read -r binaries passed failed ignored < <(awk '
  /^test result: / { binaries++; passed += $4; failed += $6; ignored += $8 }
  END { print binaries + 0, passed + 0, failed + 0, ignored + 0 }' "$log")

for file in "$report"/*; do
  if [ -f "$file" ]; then printf '\n' && cat "$file"; fi
done
printf '\n%d test binaries in %d min %d s\n' "$binaries" $((SECONDS / 60)) $((SECONDS % 60))
if [ "$ignored" -gt 0 ]; then
  echo "$ignored tests were ignored; a test that does not run proves nothing"
  status=1
fi
if [ $((passed + failed)) = 0 ]; then
  echo "no test ran"
  failed=1
  status=1
elif [ $status != 0 ] && [ $((failed + ignored)) = 0 ]; then
  # A test binary that does not compile, or that dies, has no result line.
  echo "cargo test failed without naming a test; the reason is above"
  failed=1
fi
if [ -n "$missing" ]; then
  printf '\n%s\n\n' "$missing"
  [ -n "${APPNET_TEST_WITHOUT_NODE:-}" ] || { failed=$((failed + 1)) status=1; }
fi
echo "$passed passed, $failed failed"
exit $status
