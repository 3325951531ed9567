#!/bin/bash
# tools/make-deb.sh [--output DIR] [--suite bookworm|trixie] [--mirror URL] [--any-lint]
#
# Makes the Debian package of the sources as they are: for the release of this machine, with what is
# installed here, or with --suite in a clean root of Debian that is thrown away afterwards. It says what
# has to be installed. The same sources make the same bytes where the same packages build them.
#
#   --output DIR   where the .deb files, .changes and .buildinfo go (the folder deb, in this one)
#   --suite NAME   bookworm or trixie: in a root that mmdebstrap makes
#   --mirror URL   of Debian's packages, with --suite
#   --any-lint     findings of lintian are shown, and are no reason to fail
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
output=deb suite='' mirror=() lint=strict

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
        --any-lint) lint=any ;;
        -h | --help) sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0"; exit 0 ;;
        *) refuse "there is no flag $1" ;;
    esac
    shift
done

# What the version ends with: a package of Debian 12 is older than that of 13, so an upgrade of the
# system takes the one that is linked against its libraries.
declare -A releases=([bookworm]=deb12u1 [trixie]=deb13u1)
[ -z "$suite" ] || [ -n "${releases[$suite]:-}" ] || refuse "there are packages for ${!releases[*]}, not for $suite"
[ -n "$suite" ] || [ ${#mirror[@]} -eq 0 ] || refuse "--mirror wants --suite: without it the packages of this machine are taken"

need() { # PROGRAM:PACKAGE...
    local pair missing=()
    for pair; do command -v "${pair%:*}" > /dev/null || missing+=("${pair#*:}"); done
    [ ${#missing[@]} -eq 0 ] || fail "this needs ${missing[*]}: $([ "$(id -u)" = 0 ] || echo 'sudo ')apt-get install ${missing[*]}"
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

version=$(sed -n "s/^project(.*, version: '\([^']*\)'.*/\1/p" "$root/meson.build")
logged=$(sed -n '1s/^calotype (\(.*\)) .*/\1/p' "$root/packaging/debian/changelog")
[ "$version" = "$logged" ] ||
    fail "meson.build says version $version, packaging/debian/changelog $logged: an entry there is missing"
mkdir -p "$output"
output=$(cd "$output" && pwd)

# ---- In a clean root ----
if [ -n "$suite" ]; then
    need mmdebstrap:mmdebstrap
    "$root/tools/copy-sources.sh" "$work/calotype"
    depends=$(sed -n '/^Build-Depends:/,/^$/{s/^Build-Depends://;p}' "$root/packaging/debian/control" | tr -d ' \n' |
        sed 's/debhelper-compat(=13)/debhelper/; s/:any//g')
    # The hooks run inside of the root that is being made, as its root user.
    mmdebstrap --quiet --variant=buildd --include="$depends,lintian" \
        --customize-hook="copy-in '$work/calotype' /root" \
        --customize-hook="chroot \"\$1\" env -C /root/calotype LC_ALL=C.UTF-8 tools/make-deb.sh --output /root/deb $([ $lint = strict ] || echo --any-lint) >&2" \
        --customize-hook="copy-out /root/deb '$work'" \
        "$suite" /dev/null "${mirror[@]}" || fail "the package could not be made in a root of $suite"
    cp "$work/deb/"* "$output/"
    ls -l "$output"/*"${releases[$suite]}"*
    exit 0
fi

# ---- Here ----
# shellcheck source=/dev/null
. /etc/os-release
suite=${VERSION_CODENAME:-none}
[ "${ID:-}" = debian ] && [ -n "${releases[$suite]:-}" ] ||
    fail "this is ${PRETTY_NAME:-no Debian}: packages are made on Debian 12 and 13, or there by --suite ${!releases[*]}"
need dpkg-buildpackage:dpkg-dev dh:debhelper lintian:lintian
name=calotype-$version
"$root/tools/copy-sources.sh" "$work/$name"
cp -r "$work/$name/packaging/debian" "$work/$name/debian"
sed -i "1s/.*/calotype ($version~${releases[$suite]}) $suite; urgency=medium/" "$work/$name/debian/changelog"
cd "$work/$name"
unmet=$(dpkg-checkbuilddeps 2>&1 > /dev/null | sed -n 's/.*Unmet build dependencies: //p')
[ -z "$unmet" ] || fail "these packages are missing: $unmet; $([ "$(id -u)" = 0 ] || echo 'sudo ')apt-get build-dep $root/packaging brings them"
dpkg-buildpackage --build=binary --unsigned-source --unsigned-changes > "$work/log" 2>&1 ||
    { tail -n 40 "$work/log" >&2; fail "the package could not be built"; }
cp "$work"/*.deb "$work"/*.changes "$work"/*.buildinfo "$output/"
lintian --allow-root --fail-on error,warning "$work"/calotype_*.deb || [ $lint = any ] || fail "lintian has found something"
ls -l "$output"/*"${releases[$suite]}"*
