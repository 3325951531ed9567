#!/bin/sh
# same.sh FOLDER OUTPUT DEPFILE NAME...: are the types of FOLDER still those that meson found? Runs again when FOLDER changes.
folder=$1 output=$2 depfile=$3
shift 3
now=$(cd "$folder" && for f in *.c; do echo "${f%.c}"; done)
[ "$now" = "$(printf '%s\n' "$@")" ] || {
    echo "the files of $folder are others than when meson ran: meson setup --reconfigure this build folder" >&2
    exit 1
}
echo "$output: $folder" > "$depfile"
: > "$output"
