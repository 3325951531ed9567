"""The keys of a store, beside the daemon that has it open: what a test left behind.

    before = keyspace.rows(cloud.data)
    ...
    left = keyspace.new(before, keyspace.rows(cloud.data))     # [Row], sorted

A second process may open RocksDB for reading, and then sees what is durable. Keys are readable
(docs/formats/store.md: values alone are sealed); a Row has the family, the kind and the other parts,
texts as text and what is none of them as the bytes that are left.
"""
import collections
import ctypes
import ctypes.util
import re
import unittest

FAMILIES = ("default", "items", "history", "queue", "metrics", "logs")
TEXT = re.compile(rb"((?:[^\x00]|\x00\xff)*)\x00\x01", re.S)


class Row(collections.namedtuple("Row", "family kind parts")):
    def __str__(self):
        return f"{self.family}: {self.kind} " + " ".join(str(part) for part in self.parts)

    def says(self, text):
        """Is the text in one of its parts?"""
        return any(text in (part if isinstance(part, str) else part.decode("latin-1")) for part in self.parts)


def row(family, key):
    parts = []
    while found := TEXT.match(key):
        parts.append(found[1].replace(b"\x00\xff", b"\x00").decode("utf-8", "backslashreplace"))
        key = key[found.end():]
    return Row(family, parts[0] if parts else "", tuple(parts[1:]) + ((key,) if key else ()))


def library():
    name = ctypes.util.find_library("rocksdb")
    if not name:
        raise unittest.SkipTest("there is no librocksdb")
    rocks = ctypes.CDLL(name)
    for function in ("rocksdb_options_create", "rocksdb_readoptions_create", "rocksdb_open_for_read_only_column_families",
                     "rocksdb_create_iterator_cf", "rocksdb_iter_key"):
        getattr(rocks, function).restype = ctypes.c_void_p
    rocks.rocksdb_iter_valid.restype = ctypes.c_ubyte
    return rocks


def keys_of(rocks, db, handle):
    read = ctypes.c_void_p(rocks.rocksdb_readoptions_create())
    it = ctypes.c_void_p(rocks.rocksdb_create_iterator_cf(db, read, handle))
    rocks.rocksdb_iter_seek_to_first(it)
    size = ctypes.c_size_t()
    while rocks.rocksdb_iter_valid(it):
        yield ctypes.string_at(rocks.rocksdb_iter_key(it, ctypes.byref(size)), size.value)
        rocks.rocksdb_iter_next(it)
    rocks.rocksdb_iter_destroy(it)
    rocks.rocksdb_readoptions_destroy(read)


def opened(rocks, folder, options):
    """(db, handles), or None: the daemon took a file away while it was opened."""
    n = len(FAMILIES)
    names = (ctypes.c_char_p * n)(*[name.encode() for name in FAMILIES])
    each = (ctypes.c_void_p * n)(*[options.value] * n)
    handles, error = (ctypes.c_void_p * n)(), ctypes.c_char_p()
    db = rocks.rocksdb_open_for_read_only_column_families(options, str(folder).encode(), n, names, each, handles,
                                                          ctypes.c_ubyte(0), ctypes.byref(error))
    return (ctypes.c_void_p(db), [ctypes.c_void_p(h) for h in handles]) if db else None


def rows(data):
    """Every row of the store at DATA, as a set."""
    rocks = library()
    options = ctypes.c_void_p(rocks.rocksdb_options_create())
    for _ in range(20):
        if found := opened(rocks, data / "db", options):
            break
    else:
        raise AssertionError(f"{data}/db cannot be opened for reading")
    db, handles = found
    all_ = {row(family, key) for family, handle in zip(FAMILIES, handles) for key in keys_of(rocks, db, handle)}
    for handle in handles:
        rocks.rocksdb_column_family_handle_destroy(handle)
    rocks.rocksdb_close(db)
    rocks.rocksdb_options_destroy(options)
    return all_


def new(before, after):
    return sorted(after - before, key=str)
