#!/bin/sh
# Installs the programs that tests start and that are missing: as root with apt-get, else it says what to do.
set -eu

missing=""
for program in strace prometheus; do # each is also the name of its Debian package
    command -v "$program" >/dev/null || missing="$missing $program"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    echo "The tests need:$missing. Debian: sudo apt-get install$missing" >&2
    exit 1
fi
echo "Installing what the tests need:$missing"
apt-get update -qq
# shellcheck disable=SC2086 # one word a package
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
