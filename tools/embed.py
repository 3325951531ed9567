#!/usr/bin/env python3
"""Turns a text file into a C file that defines it as a string: embed.py IN OUT NAME [PART=FILE...].

A text with parts has a line "PARTS = {}", in place of which it gets them as Python strings by their names.
"""
import pathlib
import sys

source, target, name, *parts = sys.argv[1:]


def text_of(path):
    return pathlib.Path(path).read_text(encoding="ascii")


text = text_of(source)
if parts:
    before, line, after = text.partition("PARTS = {}")
    assert line, f"{source} has no line for its parts"
    text = before + "PARTS = " + repr({p.partition("=")[0]: text_of(p.partition("=")[2]) for p in parts}) + after
lines = []
for line in text.splitlines():
    escaped = line.replace("\\", "\\\\").replace('"', '\\"').replace("?", "\\?")
    lines.append(f'    "{escaped}\\n"')
pathlib.Path(target).write_text(
    f"/* Made by tools/embed.py. */\nextern const char {name}[];\nconst char {name}[] =\n" + "\n".join(lines) + ";\n")
