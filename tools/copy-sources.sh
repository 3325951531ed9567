#!/bin/bash
# tools/copy-sources.sh TO: the sources as they are in this folder, those that git knows; all of a folder that git does
# not know.
set -eu -o pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
[ $# = 1 ] || { echo "usage: tools/copy-sources.sh TO" >&2; exit 2; }
mkdir -p "$1"
if git -C "$root" rev-parse --git-dir > /dev/null 2>&1; then
    # What was deleted and not yet committed is no file.
    git -C "$root" ls-files -z --cached --others --exclude-standard |
        (cd "$root" && xargs -0 -r sh -c 'for f; do [ ! -e "$f" ] || printf "%s\0" "$f"; done' sh) |
        tar -C "$root" --null --no-recursion -T - -cf - | tar -C "$1" -xf -
else
    tar -C "$root" --exclude='./build*' --exclude=./deb --exclude=./var --exclude=./.git -cf - . | tar -C "$1" -xf -
fi
