#!/usr/bin/env python3
"""Turns a text file into a C file that defines it as a string: embed.py IN OUT NAME [PART=FILE...].

A text with parts has a line "PARTS = {}", in place of which it gets them as Python strings by their names.
"""
import pathlib
import sys


def text_of(source, parts=()):
    """The text with its parts; parts: ["NAME=FILE", ...]."""
    text = pathlib.Path(source).read_text(encoding="ascii")
    if not parts:
        return text
    before, line, after = text.partition("PARTS = {}")
    assert line, f"{source} has no line for its parts"
    found = {name: text_of(path) for name, _, path in (part.partition("=") for part in parts)}
    return before + f"PARTS = {found!r}" + after


def main(source, target, name, *parts):
    lines = []
    for line in text_of(source, parts).splitlines():
        escaped = line.replace("\\", "\\\\").replace('"', '\\"').replace("?", "\\?")
        lines.append(f'    "{escaped}\\n"')
    pathlib.Path(target).write_text(
        f"/* Made by tools/embed.py. */\nextern const char {name}[];\nconst char {name}[] =\n" + "\n".join(lines) + ";\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
