#!/bin/bash
# tools/lint.sh [--deep] [ROOM...]: clang-tidy (.clang-tidy) and gcc -fanalyzer over every hand-written C file
# of the rooms named, or of all of src/LAYERS. Prints what they find; the last line is "N files clean, N
# not", and any that is not makes it fail.
# clang's analyzer looks from function to function only with --deep, which takes eight times as long.
# A file that was clean is not looked at again until what the compiler sees of it changes: comments do
# not count, NOLINT and the tools' settings do. What is known lies in build/lint.
set -u
cd "$(dirname "$0")/.." || exit 255

die() {
    echo "lint: $*" >&2
    exit 255
}
export MODE=shallow
[ "${1:-}" = --deep ] && { MODE=deep; shift; }
command -v clang-tidy-14 > /dev/null || die "there is no clang-tidy-14 here (tools/install-packages.sh lint)"
[ -r build/compile_commands.json ] || meson setup build > /dev/null || die "build could not be configured"
mkdir -p build/lint || exit 255

# What gcc 12's analyzer finds here alone through its limits is off: structs that are passed by value (every
# str) count as not initialised or NULL, a reference count and a list's links are not followed, and an answer that
# is always an error (aws_fail) is not known to be one. clang's analyzer looks for all three.
export ANALYZER='-Werror -fanalyzer -fdiagnostics-path-format=separate-events -Wno-analyzer-use-of-uninitialized-value
    -Wno-analyzer-use-after-free -Wno-analyzer-null-dereference -Wno-analyzer-null-argument'

# What a file means to the tools, as one number: its text after the preprocessor, every NOLINT, the settings.
digest() { # FILE FLAGS...
    local file=$1
    shift
    {
        gcc "$@" -E -P "$file" && grep NOLINT "$file"
        cat .clang-tidy build/lint/versions
        printf '%s\n' "$@" "$ANALYZER" | grep -v '^-I'
    } | sha256sum | cut -d ' ' -f 1
}

look_at() { # FILE
    local file=$1 known log r=0
    local -a flags
    read -r -a flags < <(sed -n "s|^$file ||p" build/lint/flags)
    known=build/lint/$(digest "$file" "${flags[@]}")
    [ -e "$known.deep" ] || { [ $MODE = shallow ] && [ -e "$known.shallow" ]; } && return 0
    log=$(mktemp) || return 1
    clang-tidy-14 --quiet -p build --extra-arg={-Xclang,-analyzer-config,-Xclang,mode=$MODE} "$file" \
        > "$log" 2> "$log.tidy" || { r=1; cat "$log.tidy" >> "$log"; }
    gcc "${flags[@]}" $ANALYZER -c -o /dev/null "$file" >> "$log" 2>&1 || r=1
    if [ $r = 0 ]; then
        echo "$file" > "$known.$MODE"
    else
        flock build/lint/lock cat "$log"
        echo "$file" >> build/lint/unclean
    fi
    rm -f "$log" "$log.tidy"
}
export -f look_at digest

{
    clang-tidy-14 --version
    gcc --version
    grep -rh --include='*.h' NOLINT src
} > build/lint/versions
: > build/lint/unclean

# FILE FLAGS... of every file that the build compiles, as seen from here.
python3 - "$@" > build/lint/flags << 'END' || die "build/compile_commands.json could not be read"
import json, os, pathlib, shlex, sys

rooms = sys.argv[1:]
for unit in json.loads(pathlib.Path("build/compile_commands.json").read_text()):
    path = os.path.relpath(os.path.join(unit["directory"], unit["file"]))
    if not path.startswith("src/") or path.startswith("src/aws/model/"): continue
    if rooms and not any(path.startswith(f"src/{room}/") for room in rooms): continue
    words = shlex.split(unit["command"])
    # What says what the code means; how the object is made and where it goes does not.
    keep = [w for w in words if w.startswith(("-D", "-W", "-std=", "-O")) and w != "-Wno-c2x-extensions"]
    folders = [os.path.relpath(os.path.join(unit["directory"], w[2:])) for w in words if w.startswith("-I")]
    print(path, *keep, *["-I" + f for f in folders if os.path.isdir(f)])
END
sort -u -k 1,1 -o build/lint/flags build/lint/flags
total=$(wc -l < build/lint/flags)
[ "$total" -gt 0 ] || die "no such room"
cut -d ' ' -f 1 build/lint/flags | xargs -P "${JOBS:-2}" -I {} bash -c 'look_at {}'
unclean=$(wc -l < build/lint/unclean)
echo "$((total - unclean)) files clean, $unclean not"
[ "$unclean" = 0 ]
