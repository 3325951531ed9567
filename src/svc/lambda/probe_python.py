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


def program():
    """Itself; where it is a copy of another's in a virtual environment, that other one."""
    own = os.path.realpath(sys.executable)
    origin = os.path.join(sys.base_prefix, "bin", "python%d.%d" % sys.version_info[:2])
    return own if own.startswith(sys.base_prefix + os.sep) or not os.path.exists(origin) else os.path.realpath(origin)


def what_it_lacks():
    """Of what our start script and any function want; Debian has a package of an interpreter without its library."""
    if sys.version_info < (3, 8):
        return "it is older than 3.8"
    for name in "json logging traceback".split():
        try:
            __import__(name)
        except ImportError:
            return "its standard library is not whole: it has no module " + name
    if prefix == os.sep:
        return "its standard library does not lie beside it"


folders = library_folders()
prefix = os.path.commonpath([*folders, os.path.dirname(program())])
say("version", "%d.%d.%d" % sys.version_info[:3])
say("program", program())
say("prefix", prefix)
for folder in folders:
    say("see", folder)
    for packages in ("site-packages", "dist-packages"):
        if os.path.isdir(os.path.join(folder, packages)):
            say("hide", os.path.join(folder, packages))
lacks = what_it_lacks()
if lacks:
    say("lacks", lacks)
load_compiled()
for path in shared_libraries([*folders, os.path.realpath(sys.argv[1])]):
    say("library", path)
say("done", "")
