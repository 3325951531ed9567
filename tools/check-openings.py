#!/usr/bin/env python3
"""Refuse C files that do not open with what they are for.

    check-openings.py FOLDER...   prints file: why for each, and ends with 1 when there is one

Both .c files and headers begin with a comment of two words or more; in a header #pragma once may stand before it.
"""
import pathlib, re, sys

# "/* ---- Reading ---- */" and a name alone say nothing.
OPENING = re.compile(r"(?:/\*|//)[\s*]*(?!-)\S+[ \t\n*]+(?!/)\S+")


def why_refused(path, text):
    if path.suffix == ".h": text = text.removeprefix("#pragma once\n")
    return None if OPENING.match(text) else "does not begin with a comment that says what it is for"


def main():
    bad = 0
    for folder in sys.argv[1:]:
        for path in sorted(pathlib.Path(folder).rglob("*.[ch]")):
            why = why_refused(path, path.read_text())
            if why:
                bad += 1
                print(f"{path}: {why}")
    sys.exit(bad > 0)


if __name__ == "__main__":
    main()
