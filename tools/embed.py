#!/usr/bin/env python3
"""Turns a text file into a C file that defines it as a string: embed.py IN OUT NAME."""
import pathlib
import sys

source, target, name = sys.argv[1:]
lines = []
for line in pathlib.Path(source).read_text(encoding="ascii").splitlines():
    escaped = line.replace("\\", "\\\\").replace('"', '\\"').replace("?", "\\?")
    lines.append(f'    "{escaped}\\n"')
pathlib.Path(target).write_text(
    f"/* Made by tools/embed.py. */\nextern const char {name}[];\nconst char {name}[] =\n" + "\n".join(lines) + ";\n")
