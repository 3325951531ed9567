#!/usr/bin/env python3
"""Refuse C files that do not open with what they are for, and names of pages that are not there.

    check-openings.py FOLDER...   prints file: why for each, and ends with 1 when there is one

Both .c files and headers begin with a comment of two words or more; in a header #pragma once may stand before it.
A page that a C file names, docs/x.md, is one of the folder we are in.
"""
import pathlib, re, sys

# "/* ---- Reading ---- */" and a name alone say nothing.
OPENING = re.compile(r"(?:/\*|//)[\s*]*[^\s*/-]\S*[ \t\n*]+[^\s*/]")


def why_refused(path, text):
    if path.suffix == ".h": text = text.removeprefix("#pragma once\n")
    if not OPENING.match(text): yield "does not begin with a comment that says what it is for"
    for page in sorted(set(re.findall(r"\bdocs/[\w/.-]+\.md\b", text))):
        if not pathlib.Path(page).exists(): yield f"names {page}, which is not there"


def main():
    bad = 0
    for folder in sys.argv[1:]:
        for path in sorted(pathlib.Path(folder).rglob("*.[ch]")):
            if "node_modules" in path.parts: continue  # the peers' of bench/, which npm brings
            for why in why_refused(path, path.read_text()):
                bad += 1
                print(f"{path}: {why}")
    sys.exit(bad > 0)


if __name__ == "__main__":
    main()
