# What a Python tells of itself: what its sandbox must see. Run by interpreters.c as
# python -I -S -B -c THIS LIBRARIES, where LIBRARIES is the folder that every sandbox sees anyway.
# A line of its output is a word, a tab and a path; interpreters.c has the words.
import os
import sys


def say(word, text):
    print(word, text, sep="\t")


def library_folders():
    """The standard library: its modules, and on some machines a second folder for the compiled."""
    compiled = [os.path.dirname(p) for p in sys.path if os.path.basename(p) == "lib-dynload"]
    return dict.fromkeys([os.path.dirname(os.__file__)] + compiled)


def load_compiled():
    """What people import; each brings shared libraries."""
    for name in "_ssl _hashlib _ctypes _sqlite3 _bz2 _lzma zlib _uuid _decimal _zoneinfo".split():
        try:
            __import__(name)
        except ImportError:
            pass


def shared_libraries(known):
    """Those in memory that lie nowhere else, under every name that a program may ask for."""
    with open("/proc/self/maps") as maps:
        mapped = {line.split(None, 5)[5].strip() for line in maps if "/" in line}
    for path in sorted(mapped):
        folder = os.path.dirname(path)
        if ".so" not in os.path.basename(path) or any(path.startswith(k + "/") for k in known):
            continue
        for name in sorted(os.listdir(folder)):
            link = os.path.join(folder, name)
            if ".so" in name and not name.startswith("ld-") and os.path.realpath(link) == path:
                yield link


folders = library_folders()
prefix = os.path.commonpath([*folders, os.path.dirname(os.path.realpath(sys.executable))])
say("version", "%d.%d.%d" % sys.version_info[:3])
say("program", os.path.realpath(sys.executable))
say("prefix", prefix)
for folder in folders:
    say("see", folder)
    for packages in ("site-packages", "dist-packages"):
        if os.path.isdir(os.path.join(folder, packages)):
            say("hide", os.path.join(folder, packages))
load_compiled()
for path in shared_libraries([*folders, os.path.realpath(sys.argv[1])]):
    say("library", path)
say("done", "")
