#!/bin/sh
# The committed cases and 400 random ones against the botocore that is installed: $1 test_golden, $2 make.py.
set -eu
python=python3
"$python" -c 'import botocore' 2>/dev/null || python=/usr/bin/python3
"$python" -c 'import botocore' 2>/dev/null || exit 77
"$python" "$2" --check
cases=$(mktemp -d)
trap 'rm -rf "$cases"' EXIT
"$python" "$2" --random 400 "$cases"
"$1" "$cases" >"$cases.log" 2>&1 || { tail -20 "$cases.log"; rm -f "$cases.log"; exit 1; }
rm -f "$cases.log"
