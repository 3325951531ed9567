#!/usr/bin/env python3
"""Refuse exported names without their room's prefix: every room's static library is asked by nm.

    check-names.py SRC BUILD   prints room: name: why for each breach, and ends with 1 when there is one

SRC/LAYERS says what a room's names begin with. BUILD/src holds the libraries, each in its room's folder.
"""
import pathlib, subprocess, sys


def read_layers(src):
    """The rooms in order, and the room of each beginning of a name; or who claims one twice."""
    rooms, owner, wrong = [], {}, []

    def claim(name, room):
        if owner.setdefault(name, room) != room:
            wrong.append(f"LAYERS: {name}_ belongs to {owner[name]} and to {room}")

    listed = []
    for line in (src / "LAYERS").read_text().splitlines():
        if line.startswith("#"): continue
        words = line.split()
        if ":" in line: rooms.append(line.split(":")[0].strip())
        elif words and words[0] == "names": listed.append((words[1], words[2:]))
    for room in rooms:
        claim(room.rpartition("/")[2], room)
    for room, names in listed:
        if room not in rooms: wrong.append(f"LAYERS: names of {room}, which is no room")
        for name in names: claim(name, room)
    return rooms, owner, wrong


def room_of(owner, name):
    """Who may export a name: the room of the longest beginning that ends at a _ or with the name. An error row
    is its room's name in capitals (S3_NoSuchKey)."""
    words = name.split("_")
    for n in range(len(words), 0, -1):
        start = "_".join(words[:n])
        room = owner.get(start) or (owner.get(start.lower()) if start.isupper() and n < len(words) else None)
        if room: return room
    return None


def exported(library):
    """External names that the library defines, without what compilers add (__odr_asan.x)."""
    out = subprocess.run(["nm", "-g", "--defined-only", "-P", library], check=True, capture_output=True, text=True).stdout
    rows = [line.split() for line in out.splitlines() if not line.endswith(":")]
    return sorted({row[0] for row in rows if len(row) > 1 and row[1] in "TDBRVWCGSu" and not row[0].startswith("__")})


def check_room(owner, room, library):
    for name in exported(library):
        there = room_of(owner, name)
        if there != room:
            yield f"{room}: {name}: " + (f"the beginning belongs to {there}" if there else "begins with no name of the room's (src/LAYERS)")


def main():
    src, build = map(pathlib.Path, sys.argv[1:3])
    rooms, owner, wrong = read_layers(src)
    for room in rooms:
        if not (src / room / "meson.build").exists(): continue  # a room to come
        libraries = sorted((build / "src" / room).glob("lib*.a"))
        if not libraries: wrong.append(f"{room}: {build / 'src' / room} holds no library")
        for library in libraries: wrong += check_room(owner, room, library)
    print(*wrong, sep="\n", end="\n" if wrong else "")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
