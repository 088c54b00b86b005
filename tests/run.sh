#!/usr/bin/env bash
# All tests: builds the control plane's programs and Helm where they are missing, runs every test binary, and closes with
#
#   N passed, N failed
#
# Arguments go to `cargo test`. Exit code 0 only when tests ran, none failed and none was skipped.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

lab/build.sh
lab/build.sh --helm

log=$(mktemp)
trap 'rm -f "$log"' EXIT
status=0
# Without colour: the lines are read below.
CARGO_TERM_COLOR=never cargo test --no-fail-fast "$@" 2>&1 | tee "$log" || status=$?

read -r binaries passed failed ignored < <(awk '
  /^test result: / { binaries++; passed += $4; failed += $6; ignored += $8 }
  END { print binaries + 0, passed + 0, failed + 0, ignored + 0 }' "$log")

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
echo "$passed passed, $failed failed"
exit $status
