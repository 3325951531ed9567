#!/bin/sh
# Makes what follows from the rows of the services (ops.def): the API models in src/aws/model,
# docs/SUPPORTED.md, the table of rights in docs/authorisation.md, and the pages of the audit's rules in docs/rules.
#
#     tools/regen.sh [BUILD]      BUILD: a folder that meson made, with tests; "build" when not given
set -eu
cd "$(dirname "$0")/.."
build=${1:-build}
python3 tools/genapi.py
ninja -C "$build" tests/aws/supported tests/aws/rights
"$build/tests/aws/supported" --write docs/SUPPORTED.md
"$build/tests/aws/rights" --write docs/authorisation.md
ninja -C "$build" src/cli/calotype
find docs/rules -name '*.md' ! -name coverage.md -delete
"$build/src/cli/calotype" audit explain > docs/rules/README.md
sed -n 's/^| \[\([a-z-]*\)\].*/\1/p' docs/rules/README.md | while read -r id; do
    "$build/src/cli/calotype" audit explain "$id" > "docs/rules/$id.md"
done
