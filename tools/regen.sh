#!/bin/sh
# Makes what follows from the rows of the services (ops.def): the API models in src/aws/model,
# docs/SUPPORTED.md, and the table of rights in docs/authorisation.md.
#
#     tools/regen.sh [BUILD]      BUILD: a folder that meson made, with tests; "build" when not given
set -eu
cd "$(dirname "$0")/.."
build=${1:-build}
python3 tools/genapi.py
ninja -C "$build" tests/aws/supported tests/aws/rights
"$build/tests/aws/supported" --write docs/SUPPORTED.md
"$build/tests/aws/rights" --write docs/authorisation.md
