#!/usr/bin/env python3
"""List functions and objects that are exported and that no other object file of a build asks for:
dead, or to be made static.

    dead.py BUILD      prints FILE: NAME for each, and ends with 1 when there is one

What only tests ask for counts as used. A room's archive is read as it was built, so run it after
ninja; needs nm.
"""
import pathlib, re, subprocess, sys

# Asked for by name at run time, by a library, by a generator, or by programs that are not built here.
KEPT = re.compile(r"main|MHD_queue_response|lambda_queue_row_(key|encode)|__asan_.*|__ubsan_.*|__odr_asan.*|LLVMFuzzer.*")


def read_symbols(objects):
    """(object, type, name) for every symbol that nm knows."""
    for at in range(0, len(objects), 200):
        text = subprocess.run(["nm", "-A", "--no-sort", *objects[at:at + 200]], capture_output=True, text=True, check=True).stdout
        for line in text.splitlines():
            where, _, rest = line.partition(":")
            fields = rest.split()
            yield where, fields[-2], fields[-1]


def main():
    build = pathlib.Path(sys.argv[1])
    objects = sorted(str(o) for o in build.rglob("*.o") if "meson-private" not in o.parts)
    if not objects: sys.exit(f"dead: no object files under {build}: run ninja first")
    defined, asked = {}, set()
    for where, kind, name in read_symbols(objects):
        if kind == "U": asked.add(name)
        elif kind in "TDBRVWC" and "/src/" in where: defined.setdefault(name, where)
    dead = sorted((w, n) for n, w in defined.items() if n not in asked and not KEPT.fullmatch(n))
    for where, name in dead:
        print(f"{where.split('/src/', 1)[1]}: {name}")
    if dead: sys.exit(1)


main()
