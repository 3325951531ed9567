#!/usr/bin/awk -f
# tools/warned.awk LOG: of what ninja printed, the objects whose compilation warned, one a line. It knows
# their status lines by NINJA_STATUS='[%f/%t] ' or 'building %p ', and a warning by gcc's word, or in another
# language by its option. What a linker warns of is of no object: the static programs call getaddrinfo.
/^(\[[0-9]+\/[0-9]+\]|building +[0-9]+%) / { object = / Compiling C object / ? $NF : "" }
{ gsub(/\033\[[0-9;]*[mK]/, "") }
/warning: |\[-W[^ ]+\]$/ && object != "" && !told[object]++ { print object }
