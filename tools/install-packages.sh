#!/bin/bash
# tools/install-packages.sh LIST...: installs what the named lists in tools/packages/ name and the
# machine lacks. As root, or by sudo. Says nothing when nothing is missing; one clear line when it
# cannot help.
set -u
here=$(cd "$(dirname "$0")" && pwd)

fail() {
    echo "calotype: $*" >&2
    exit 1
}

# Names of the packages on the lists that are not installed.
missing() {
    local list name
    for list in "$@"; do
        [ -r "$here/packages/$list" ] || fail "there is no list of packages named $list"
        while read -r name; do
            case $name in '' | '#'*) continue ;; esac
            [ "$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null)" = installed ] || echo "$name"
        done < "$here/packages/$list"
    done
}

command -v dpkg-query > /dev/null || {
    # Not Debian: whoever runs this has to see to the packages; the build says what it misses.
    exit 0
}
mapfile -t want < <(missing "$@")
[ ${#want[@]} -eq 0 ] && exit 0

as_root=()
if [ "$(id -u)" != 0 ]; then
    command -v sudo > /dev/null || fail "these packages are missing, and only root can install them: ${want[*]}"
    as_root=(sudo)
    # Ask for the password now, on the terminal, and not in the middle.
    sudo -n true 2> /dev/null || [ -t 0 ] || fail "these packages are missing, and sudo wants a password: ${want[*]}"
    sudo true || fail "these packages are missing, and sudo was refused: ${want[*]}"
fi

log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT
# Quick to give up: without a network the default is minutes of silence.
apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q
    -o Acquire::http::Timeout=20 -o Acquire::https::Timeout=20 -o Acquire::Retries=2
    -o DPkg::Lock::Timeout=120)

echo "installing ${#want[@]} packages with apt" >&2
if ! "${apt[@]}" -o APT::Update::Error-Mode=any update > "$log" 2>&1; then
    fail "no network for apt (could not fetch the package lists); these packages are missing: ${want[*]}"
fi
if ! "${apt[@]}" install -y --no-install-recommends "${want[@]}" > "$log" 2>&1; then
    if grep -q 'Failed to fetch' "$log"; then
        fail "no network for apt (could not fetch packages); these are missing: ${want[*]}"
    fi
    grep -E '^(E|dpkg): ' "$log" | head -3 >&2
    fail "apt could not install: ${want[*]}"
fi
