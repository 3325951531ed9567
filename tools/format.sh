#!/bin/bash
# tools/format.sh: puts every C file that people write into the house's form (.clang-format).
# tools/format.sh --check: names the files that are not in it, and fails.
# Another clang-format than 14 sets some lines otherwise, so no other one is asked.
set -u
cd "$(dirname "$0")/.." || exit 255
format=$(command -v clang-format-14) || {
    echo "format: there is no clang-format-14 here (Debian 12 has it); nothing was looked at" >&2
    exit 77
}
files() { # what is generated (tools/genapi.py, tools/gencfn.py) has its generator's form; npm brings bench's peers
    find src tests fuzz bench tools -name node_modules -prune -o -name '*.[ch]' ! -path 'src/aws/model/*' ! -path src/tmpl/types.c \
        ! -path src/tmpl/types.h -print0
}
if [ "${1:-}" = --check ]; then
    files | xargs -0 "$format" --dry-run --Werror 2>&1 | sed -n 's/: error: .*//p'
    files | xargs -0 "$format" --dry-run --Werror > /dev/null 2>&1
else
    files | xargs -0 -P2 -n40 "$format" -i
fi
