#!/bin/sh
# Installs the programs that tests start and that are missing: as root with apt-get, else it says what to do.
set -eu

missing=""
for program in strace prometheus chromium; do # each is also the name of its Debian package
    command -v "$program" >/dev/null || missing="$missing $program"
done
# pictures of pages are the same ones everywhere only with the same letters
[ ! -d /usr/share/fonts/truetype ] || [ -d /usr/share/fonts/truetype/liberation ] || missing="$missing fonts-liberation"
case "$missing" in *chromium*) missing="$missing fonts-liberation" ;; esac
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    echo "The tests need:$missing. Debian: sudo apt-get install$missing" >&2
    exit 1
fi
echo "Installing what the tests need:$missing"
apt-get update -qq
# shellcheck disable=SC2086 # one word a package
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
