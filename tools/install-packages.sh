#!/bin/bash
# tools/install-packages.sh LIST... [--try LIST...]: installs what the named lists in tools/packages/
# name and the machine lacks. As root, or by sudo. Says nothing when nothing is missing; one clear line
# when it cannot help. What the lists after --try name is installed where it can be had (Ubuntu has no
# awscli), and is only spoken of where it cannot.
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
lists=() optional=()
while [ $# -gt 0 ]; do
    [ "$1" = --try ] && { shift; optional=("$@"); break; }
    lists+=("$1")
    shift
done
for list in "${lists[@]}" "${optional[@]}"; do
    [ -r "$here/packages/$list" ] || fail "there is no list of packages named $list"
done
mapfile -t want < <(missing "${lists[@]}")
mapfile -t wish < <(missing "${optional[@]}")
[ $((${#want[@]} + ${#wish[@]})) -eq 0 ] && exit 0

as_root=()
become_root() { # the password is asked for on the terminal, now and not in the middle
    [ "$(id -u)" = 0 ] && return
    as_root=(sudo)
    command -v sudo > /dev/null || fail "these packages are missing, and only root can install them: ${want[*]}"
    sudo -n true 2> /dev/null || [ -t 0 ] || fail "these packages are missing, and sudo wants a password: ${want[*]}"
    sudo true || fail "these packages are missing, and sudo was refused: ${want[*]}"
}

log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT
apt() { # quick to give up: without a network the default is minutes of silence
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -o Acquire::http::Timeout=20 \
        -o Acquire::https::Timeout=20 -o Acquire::Retries=2 -o DPkg::Lock::Timeout=120 "$@" > "$log" 2>&1
}
install() { apt install -y --no-install-recommends "$@"; }

if [ ${#want[@]} -gt 0 ]; then
    become_root
    echo "installing ${#want[@]} packages with apt" >&2
    apt -o APT::Update::Error-Mode=any update ||
        fail "no network for apt (could not fetch the package lists); these packages are missing: ${want[*]}"
    install "${want[@]}" || {
        grep -q 'Failed to fetch' "$log" &&
            fail "no network for apt (could not fetch packages); these are missing: ${want[*]}"
        grep -E '^(E|dpkg): ' "$log" | head -3 >&2
        fail "apt could not install: ${want[*]}"
    }
elif [ ${#wish[@]} -gt 0 ] && [ "$(id -u)" != 0 ]; then
    # Nobody is asked for a password for what can be done without.
    sudo -n true 2> /dev/null && as_root=(sudo)
fi

without=()
for name in "${wish[@]}"; do
    if apt-cache show "$name" > /dev/null 2>&1 && { [ "$(id -u)" = 0 ] || [ ${#as_root[@]} -gt 0 ]; }; then
        echo "installing $name with apt" >&2
        install "$name" && continue
    fi
    without+=("$name")
done
[ ${#without[@]} -eq 0 ] || echo "calotype: this goes on without what could not be installed: ${without[*]}" >&2
exit 0
