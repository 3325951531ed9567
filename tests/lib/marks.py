"""Marked values: texts that can be found again in files, and which members of which operations had one.

    marks = Marks()
    marks.watch(client)                       # boto3: what its calls carry from here on
    client.create_topic(Name=marks.name("topic", "key of the row sns"), Tags=[{"Key": marks(), "Value": marks()}])
    found = search(folder)                    # {mark: {(file, form)}}
    marks.said(mark)                          # where a mark was: "sns CreateTopic Tags[].Value"
    marks.missing(service, operation)         # text members of the operation that never had one

A mark is looked for as it is, in any case, in base64, in hex and with percent signs.
"""
import base64
import binascii
import os
import pathlib
import re
import secrets
import urllib.parse

TEXT = re.compile(rb"zqx[0-9a-f]{20}", re.I)
NUMBER = re.compile(rb"7319[0-9]{26}")
BEGINNING = 16  # of a mark's characters: no two marks have as many in common
RUN = re.compile(rb"[A-Za-z0-9+/_-]{28,}")  # of base64: a mark has 23 bytes
HEX = re.compile(rb"[0-9A-Fa-f]{46,}")
PERCENT = re.compile(rb"(?:%[0-9A-Fa-f]{2}){8,}")


def plain_marks(data):
    return {m.lower() for m in TEXT.findall(data)} | set(NUMBER.findall(data))


def forms(data):
    """(form, the bytes that it stands for) of what a mark may be hidden in."""
    yield "as it is", data
    for run in set(RUN.findall(data)):
        run = run.replace(b"-", b"+").replace(b"_", b"/")
        for skip in range(4):
            part = run[skip:]
            yield "base64", base64.b64decode(part[:len(part) // 4 * 4])
    for run in set(HEX.findall(data)):
        for skip in range(2):
            part = run[skip:]
            yield "hex", binascii.unhexlify(part[:len(part) // 2 * 2])
    for run in set(PERCENT.findall(data)):
        yield "percent", urllib.parse.unquote_to_bytes(run)


def marks_in(data):
    """{mark: form} of all marks in the bytes."""
    return {mark.decode(): form for form, plain in forms(data) for mark in plain_marks(plain)}


def search(folder, exempt=()):
    """{mark: {"FILE (form)", …}} of all files below the folder but those below one that is exempt."""
    found = {}
    for at, folders, files in os.walk(folder):
        folders[:] = [f for f in folders if str(pathlib.Path(at, f).relative_to(folder)) not in exempt]
        for name in files:
            path = pathlib.Path(at, name)
            try:
                data = path.read_bytes() if path.is_file() else b""
            except FileNotFoundError:  # the store's, removed meanwhile
                continue
            for mark, form in marks_in(data + name.encode()).items():
                found.setdefault(mark, set()).add(f"{path.relative_to(folder)} ({form})")
    return found


def leaves(shape, path="", within=()):
    """The text members of a shape of botocore's: "Tags[].Value", "Item{}.S", "Metadata{k}"."""
    if shape.type_name in ("string", "blob"):
        if not getattr(shape, "enum", None):
            yield path
    elif shape.type_name == "structure" and shape.name not in within:
        for name, member in shape.members.items():
            yield from leaves(member, f"{path}.{name}" if path else name, (*within, shape.name))
    elif shape.type_name == "list":
        yield from leaves(shape.member, path + "[]", within)
    elif shape.type_name == "map":
        yield from leaves(shape.key, path + "{k}", within)
        yield from leaves(shape.value, path + "{}", within)


class Marks:
    def __init__(self):
        self.made = {}     # mark → the operation that first carried it
        self.names = {}    # mark → why it may be read
        self.carried = {}  # (service, operation) → members

    # ---- making ----
    def __call__(self):
        return "zqx" + secrets.token_hex(10)

    def number(self):
        return "7319" + "".join(secrets.choice("123456789") for _ in range(26))

    def name(self, why):
        """One that may be read, because a row's key needs it."""
        mark = self()
        self.names[mark] = why
        return mark

    def may_be_read(self, mark):
        """A name, or the beginning of one: RocksDB's compression takes the end of a key for a copy of another's."""
        begin = mark[:BEGINNING]
        return mark in self.names or (mark not in self.made and any(n.startswith(begin) for n in self.names))

    # ---- what was carried ----
    def watch(self, client):
        client.meta.events.register_first("before-parameter-build.*.*", self._note)
        return client

    def _note(self, params, model, **_):
        where = model.service_model.service_name, model.name
        if model.input_shape:
            self._walk(model.input_shape, params, "", where)

    def _walk(self, shape, value, path, where):
        if shape.type_name == "structure" and isinstance(value, dict):
            for name, v in value.items():
                if name in shape.members:
                    self._walk(shape.members[name], v, f"{path}.{name}" if path else name, where)
        elif shape.type_name == "list" and isinstance(value, (list, tuple)):
            for v in value:
                self._walk(shape.member, v, path + "[]", where)
        elif shape.type_name == "map" and isinstance(value, dict):
            for k, v in value.items():
                self._walk(shape.key, k, path + "{k}", where)
                self._walk(shape.value, v, path + "{}", where)
        else:
            data = value if isinstance(value, bytes) else str(value).encode()
            for mark in marks_in(data):
                self.carried.setdefault(where, set()).add(path)
                self.made.setdefault(mark, f"{where[0]} {where[1]} {path}")

    def missing(self, model, operation):
        shape = model.operation_model(operation).input_shape
        carried = self.carried.get((model.service_name, operation), set())
        return [m for m in leaves(shape) if m not in carried] if shape else []

    def said(self, mark):
        return self.made.get(mark, f"{mark}, of no call,")
