#!/bin/bash
# tools/wipe-stale.sh FOLDER: configures a build folder from nothing, with the options that it has, where
# another version of meson made it: after an upgrade of Debian the libraries that it names are gone.
set -u
made=$(grep -o '"meson_version": *{"full": *"[^"]*"' "$1/meson-info/meson-info.json" 2> /dev/null | cut -d '"' -f 6)
[ -z "$made" ] || [ "$made" = "$(meson --version)" ] || meson setup --wipe "$1" "$(dirname "$0")/.."
