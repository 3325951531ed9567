"""calotype is a small program: nothing of the store, the server or a second TLS comes with it."""
import pathlib
import re
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from cloud import binary, main


def libraries(program):
    """The shared libraries that the loader maps for it, by name: its own and theirs."""
    text = subprocess.run(["ldd", program], check=True, capture_output=True, text=True).stdout
    return set(re.findall(r"^\s*(?:/\S*/)?(lib[\w+-]+)[-.\d]*\.so", text, re.M))


class Linked(unittest.TestCase):
    HEAVY = {"librocksdb", "libmicrohttpd", "libgnutls", "libzip"}

    def test_calotype_is_light(self):
        found = libraries(binary())
        self.assertIn("libc", found)
        self.assertEqual(found & self.HEAVY, set())

    def test_the_daemon_shows_that_the_names_are_right(self):
        self.assertLessEqual({"librocksdb", "libmicrohttpd", "libgnutls"}, libraries(binary("calotype-daemon")))


if __name__ == "__main__":
    main()
