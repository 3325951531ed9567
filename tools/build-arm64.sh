#!/bin/bash
# tools/build-arm64.sh [--output DIR] [--suite bookworm|trixie] [--mirror URL]
#
# Cross-builds the function's two programs for arm64 (AWS Graviton), in a root of Debian that is thrown away
# afterwards: its cross compiler, and the libraries as packages of arm64. What packs them is then
# `calotype package --programs DIR`, and `calotype deploy --programs DIR` names the architecture by itself.
#
#   --output DIR   where bootstrap and calotype-image go (the folder build-arm64, in this one)
#   --suite NAME   bookworm (without it) or trixie
#   --mirror URL   of Debian's packages
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
output=build-arm64 suite=bookworm mirror=()

fail() {
    echo "calotype: $*" >&2
    exit 255
}
refuse() {
    echo "calotype: $*" >&2
    sed -n '2s/^# /usage: /p' "$0" >&2
    exit 2
}
while [ $# -gt 0 ]; do
    case $1 in
        --output | --suite | --mirror)
            [ $# -gt 1 ] && [ -n "$2" ] || refuse "$1 wants a value"
            case $1 in --output) output=$2 ;; --suite) suite=$2 ;; --mirror) mirror=("$2") ;; esac
            shift ;;
        -h | --help) sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0"; exit 0 ;;
        *) refuse "there is no flag $1" ;;
    esac
    shift
done
case $suite in bookworm | trixie) ;; *) refuse "the cross build is known on bookworm and trixie, not on $suite" ;; esac
command -v mmdebstrap > /dev/null ||
    fail "this needs mmdebstrap: $([ "$(id -u)" = 0 ] || echo 'sudo ')apt-get install mmdebstrap"

# What runs is this machine's, what is linked is arm64's.
packages=gcc,gcc-aarch64-linux-gnu,libc6-dev,python3
while read -r name; do
    case $name in
        '' | '#'* | gcc) ;;
        *-dev) packages+=,$name:arm64 ;;
        *) packages+=,$name ;;
    esac
done < "$root/tools/packages/build"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$root/tools/copy-sources.sh" "$work/calotype"
mkdir -p "$output"
output=$(cd "$output" && pwd)
# The hook runs inside of the root that is being made, as its root user.
mmdebstrap --quiet --variant=apt --architectures="$(dpkg --print-architecture),arm64" --include="$packages" \
    --customize-hook="copy-in '$work/calotype' /root" \
    --customize-hook="chroot \"\$1\" env -C /root/calotype LC_ALL=C.UTF-8 sh -c '
        meson setup --cross-file tools/arm64.ini -Dtests=false build > log 2>&1 &&
        ninja -C build src/fn/bootstrap src/img/calotype-image >> log 2>&1 || { tail -n 40 log >&2; exit 1; }'" \
    --customize-hook="copy-out /root/calotype/build/src/fn/bootstrap /root/calotype/build/src/img/calotype-image '$work'" \
    "$suite" /dev/null "${mirror[@]}" || fail "the programs could not be built in a root of $suite"
cp "$work/bootstrap" "$work/calotype-image" "$output/"
ls -l "$output/bootstrap" "$output/calotype-image"
