#!/bin/bash
# packaging/image/build.sh [--output FILE] [--tag NAME:TAG] [--installed DIR] [--include PACKAGE]... [--mirror URL]
#
# Makes a container image of Calotype and of what it needs of Debian, as an archive that `docker load`
# and `podman load` read: without an engine, and without being root. The programs are linked against this
# machine's libraries, so the image is of the same Debian release as the machine.
#
#   --output FILE      where to (calotype-VERSION-ARCH.tar, in this folder)
#   --tag NAME:TAG     the image's name (calotype:VERSION)
#   --installed DIR    an installed Calotype instead of a build: DESTDIR=DIR meson install, or dpkg-deb -x FILE.deb DIR
#   --include PACKAGE  a further package of Debian with what it depends on: python3-boto3 and nodejs for functions
#   --mirror URL       of Debian's packages, instead of mmdebstrap's own (another set of sources: its manual)
#
# SOURCE_DATE_EPOCH is the time of all files, else that of the last commit; the same sources and
# packages give the same bytes.
set -eu -o pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
output='' tag='' installed='' mirror=() further=()

fail() {
    echo "calotype: $*" >&2
    exit 255
}
refuse() {
    echo "calotype: $*" >&2
    sed -n '2s/^# /usage: /p' "$0" >&2
    exit 2
}

want() { [ $# -gt 1 ] && [ -n "$2" ] || refuse "$1 wants a value"; }

while [ $# -gt 0 ]; do
    case $1 in
        --output) want "$@"; output=$2; shift ;;
        --tag) want "$@"; tag=$2; shift ;;
        --installed) want "$@"; installed=$2; shift ;;
        --include) want "$@"; further+=("$2"); shift ;;
        --mirror) want "$@"; mirror=("$2"); shift ;;
        -h | --help) sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0"; exit 0 ;;
        *) refuse "there is no flag $1" ;;
    esac
    shift
done

# ---- What is needed ----
missing=()
for pair in mmdebstrap:mmdebstrap python3:python3 strip:binutils dpkg-query:dpkg dpkg-deb:dpkg; do
    command -v "${pair%:*}" > /dev/null || missing+=("${pair#*:}")
done
[ ${#missing[@]} -eq 0 ] || fail "this needs ${missing[*]}: $([ "$(id -u)" = 0 ] || echo 'sudo ')apt-get install ${missing[*]}"
# shellcheck source=/dev/null
. /etc/os-release
[ "${ID:-}" = debian ] && [ -n "${VERSION_CODENAME:-}" ] ||
    fail "this is ${PRETTY_NAME:-no Debian}, and the image is made of Debian's packages for programs that were built on the same release: build it on Debian 12 or 13"
[ -z "$installed" ] || [ -x "$installed/usr/bin/calotype" ] ||
    fail "$installed has no usr/bin/calotype: DESTDIR=$installed meson install, with the prefix /usr"
arch=$(dpkg --print-architecture)
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git -C "$root" log -1 --format=%ct 2> /dev/null || stat -c %Y "$root/meson.build")}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# ---- Calotype ----
if [ -z "$installed" ]; then
    "$root/tools/install-packages.sh" build
    build=$root/build-image
    [ -e "$build/build.ninja" ] || meson setup -Dprefix=/usr -Dtests=false "$build" "$root" > "$work/log" ||
        { cat "$work/log" >&2; fail "the build could not be configured"; }
    ninja -C "$build" > "$work/log" || { grep -E -A3 'error|FAILED' "$work/log" >&2 || true; fail "the build failed"; }
    installed=$work/installed
    DESTDIR=$installed meson install -C "$build" --no-rebuild > "$work/log" || { cat "$work/log" >&2; fail "the installation failed"; }
fi
mkdir "$work/usr"
cp -a "$installed/usr/." "$work/usr"
programs=("$work/usr/bin/calotype" "$work"/usr/lib/calotype/{calotype-daemon,bootstrap,calotype-image})
strip --strip-unneeded -- "${programs[@]}"

# ---- What it needs of Debian ----
# The package of each library that the loader maps. A file may be known by its place from before /usr was merged.
package_of() {
    local file
    for file in "$1" "${1#/usr}" "/usr$1" "$(readlink -f "$1")"; do
        dpkg-query -S "$file" 2> /dev/null | sed -n '1s/:.*//p' | grep . && return
    done
    fail "$1 is of no package of Debian's, and so cannot be in the image"
}
mapped=$(for program in "${programs[@]}"; do ldd "$program" 2>&1 || true; done)
lacking=$(sed -n -e 's/^[[:space:]]*\([^ ]*\) => not found.*/\1/p' -e 's/^.* version `\([^ ]*\)'"'"' not found.*/\1/p' <<< "$mapped" | sort -u | paste -s -d ' ')
[ -z "$lacking" ] || fail "the programs are linked against what this machine does not have ($lacking): the image of another release is built on that release, and the libraries of this one are to be installed"
libraries=$(sed -n -e 's/^.*=> \(\/[^ ]*\) .*/\1/p' -e 's/^[[:space:]]*\(\/[^ ]*\) (0x.*/\1/p' <<< "$mapped" | sort -u)
packages=$(for library in $libraries; do package_of "$library"; done | sort -u) || exit 255

said=$("${programs[0]}" --version 2>&1) || fail "$installed/usr/bin/calotype does not say its version: $said"
version=${said#calotype } version=${version%% *}
output=${output:-calotype-$version-$arch.tar}
tag=${tag:-calotype:$version}

# What is in the image can be told from it, as in other images without dpkg: a file a package.
# shellcheck disable=SC2016  # the hook's own variables
keep_status='mkdir -p "$1/var/lib/dpkg/status.d"; for deb in "$1"/var/cache/apt/archives/*.deb; do
    dpkg-deb -f "$deb" > "$1/var/lib/dpkg/status.d/$(dpkg-deb -f "$deb" Package)"; done'
include=$(printf '%s,' base-files $packages "${further[@]}")
echo "fetching the packages of Debian ${VERSION_CODENAME}" >&2
mmdebstrap --quiet --variant=extract --architectures="$arch" --include="${include%,}" --customize-hook="$keep_status" \
    "$VERSION_CODENAME" "$work/debian.tar" "${mirror[@]}" 2> "$work/log" ||
    { cat "$work/log" >&2; fail "mmdebstrap could not fetch the packages"; }

# ---- The archive ----
python3 "$root/packaging/image/archive.py" --debian "$work/debian.tar" --installed "$work" --version "$version" \
    --arch "$arch" --epoch "$SOURCE_DATE_EPOCH" --tag "$tag" --output "$output" ${further:+--most 0}
