#!/usr/bin/env bash
# Installs the second opinion of tests/second_opinion from PyPI, once: network-config-analyzer 2.1.0.
#
#   tests/second_opinion/install.sh          install it where it is missing
#   tests/second_opinion/install.sh --dir    print its folder, installing nothing
#
# It goes to appnet-lab/nca-2.1.0 in the user's cache folder: a Python environment of its own (65 MB), of exactly the
# files that requirements.txt names by their hashes. It needs Python 3.10 or newer with venv; root only to install these
# on Debian.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
folder=${XDG_CACHE_HOME:-$HOME/.cache}/appnet-lab/nca-2.1.0

fail() { printf 'tests/second_opinion/install.sh: %s\n' "$@" >&2; exit 1; }

case ${1:-} in
  '') ;;
  --dir) echo "$folder"; exit 0 ;;
  *) sed -n '2,9s/^# \{0,1\}//p' "$0"; exit 2 ;;
esac

mkdir -p "${folder%/*}"
# Two runs at once must not both install it: the second waits for the first.
exec 9>"$folder.lock"
flock 9

from=$(sha256sum < "$here/requirements.txt")
if [ -x "$folder/bin/python" ] && [ "$from" = "$(cat "$folder/built-from" 2>/dev/null)" ]; then
  printf 'second opinion: %-24s up to date\n' nca
  exit 0
fi

# Debian ships venv in a package of its own, and Python with it.
if ! python3 -c 'import venv, ensurepip' 2>/dev/null; then
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    fail "There is no Python, or it has no venv. Install both (Debian: apt-get install python3-venv)."
  fi
  echo "second opinion: installing python3-venv from Debian's packages"
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -qqy --no-install-recommends python3-venv >/dev/null
fi
python3 -c 'import sys; sys.exit(sys.version_info < (3, 10))' || fail "$(python3 --version) is too old: 3.10 or newer is needed."

printf 'second opinion: %-24s installing ...\n' nca
began=$SECONDS
# Aside first: an installation that was interrupted must not look like one that is done.
rm -rf "$folder.new"
python3 -m venv "$folder.new"
"$folder.new/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: \
  --requirement "$here/requirements.txt"
echo "$from" > "$folder.new/built-from"
rm -rf "$folder"
mv "$folder.new" "$folder"
printf 'second opinion: %-24s installed in %d s\n' nca $((SECONDS - began))
