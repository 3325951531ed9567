#!/bin/sh
# Coverage-guided fuzzing of one entry with clang's libFuzzer: tools/fuzz.sh NAME [SECONDS]
# NAME is that of fuzz/fuzz_NAME.c. Needs Debian's clang and libclang-rt-14-dev. The corpus grows in
# build-fuzz/corpus/NAME; an input that crashes is written beside it. The words of a grammar stand in
# fuzz/dictionaries/NAME.dict.
set -eu
name=${1:?usage: tools/fuzz.sh NAME [SECONDS]}
seconds=${2:-60}
cd "$(dirname "$0")/.."
[ -f "fuzz/fuzz_$name.c" ] || { echo "tools/fuzz.sh: there is no fuzz/fuzz_$name.c" >&2; exit 2; }
[ -d build-fuzz ] || CC=clang meson setup build-fuzz -Db_sanitize=address,undefined -Db_lundef=false \
    -Dlibfuzzer=true >/dev/null
ninja -C build-fuzz "fuzz/fuzz_$name" >/dev/null
mkdir -p "build-fuzz/corpus/$name"
dictionary=fuzz/dictionaries/$name.dict
exec "build-fuzz/fuzz/fuzz_$name" -max_total_time="$seconds" -max_len=8192 $([ ! -f "$dictionary" ] || echo "-dict=$dictionary") \
    -artifact_prefix="build-fuzz/corpus/$name-" \
    "build-fuzz/corpus/$name" $([ -d "fuzz/seeds/$name" ] && echo "fuzz/seeds/$name")
