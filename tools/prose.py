#!/usr/bin/env python3
"""How much of the headers is prose: lines that are only comment, of the lines that are not empty.

    tools/prose.py [--min PERCENT] [--list] [SRC]

A contract (owner, thread, units, errors, lifetime) stands in its header; this holds the share from falling.
Left out are the generated models of APIs and src/tmpl/types.h, whose text is a table of names.
"""
import argparse
import pathlib
import sys


def count(text):
    """(lines that are only comment, lines that are not empty)"""
    prose = lines = 0
    inside = False
    for line in text.splitlines():
        line = line.strip()
        if not line:
            continue
        lines += 1
        if inside or line.startswith('/*'):
            end = line.find('*/')
            prose += end < 0 or end == len(line) - 2
            inside = end < 0
        elif line.startswith('//'):
            prose += 1
    return prose, lines


def counted(path, src):
    inner = path.relative_to(src).as_posix()
    return not inner.startswith('aws/model/') and inner != 'tmpl/types.h'


def main():
    args = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    args.add_argument('--min', type=float, default=0, help='fail below this share, in percent')
    args.add_argument('--list', action='store_true', help='each header with its share, the lowest first')
    args.add_argument('src', nargs='?', default='src')
    args = args.parse_args()
    src = pathlib.Path(args.src)
    headers = {path: count(path.read_text()) for path in sorted(src.rglob('*.h')) if counted(path, src)}
    if not headers:
        sys.exit(f'{src}: no headers')
    if args.list:
        for path, (prose, lines) in sorted(headers.items(), key=lambda item: item[1][0] / max(item[1][1], 1)):
            print(f'{100 * prose / max(lines, 1):5.1f} %  {prose:4} of {lines:4}  {path}')
    prose = sum(p for p, _ in headers.values())
    lines = sum(n for _, n in headers.values())
    share = 100 * prose / lines
    print(f'{share:.1f} % of {lines} lines in {len(headers)} headers are prose')
    if share < args.min:
        sys.exit(f'below {args.min:g} %: headers say owner, thread, units and errors (docs/STYLE.md, "Comments")')


if __name__ == '__main__':
    main()
