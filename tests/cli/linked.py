"""How the programs are linked: calotype is small; calotype and the daemon load one copy of each library and
show none of their own names to it; what runs in a sandbox is static. Looked at in the release build."""
import collections
import functools
import os
import pathlib
import re
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from cloud import Cloud, binary, main, static_programs

PLACES = {"calotype": "cli", "calotype-daemon": "daemon", "bootstrap": "fn", "calotype-image": "img"}
LOADED, STATIC = ("calotype", "calotype-daemon"), ("bootstrap", "calotype-image")


@functools.cache
def release():
    """The build that has static programs, hence no sanitizers."""
    build = pathlib.Path(static_programs()).resolve().parents[1]
    for name, room in PLACES.items():
        if not (build / "src" / room / name).exists():
            raise unittest.SkipTest(f"{build} has no src/{room}/{name}")
    return build


def program(name):
    return str(release() / "src" / PLACES[name] / name)


def said(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"}).stdout


def libraries(path):
    """The shared libraries that the loader maps for it, by name: its own and theirs."""
    return set(re.findall(r"^\s*(?:/\S*/)?(lib[\w+-]+)[-.\d]*\.so", said("ldd", path), re.M))


def exported(path):
    return set(re.findall(r"^\S+ \w (\w+)$", said("nm", "-D", "--defined-only", path), re.M))


def mapped(pid):
    """The files of libraries in a process, by name: libcrypto -> {/usr/lib/…/libcrypto.so.3}."""
    files = collections.defaultdict(set)
    for at, name in re.findall(r" (/\S*/(lib[\w+-]+?)(?:-?[\d.]*)\.so[\d.]*)$", pathlib.Path(f"/proc/{pid}/maps").read_text(), re.M):
        files[name].add(at)
    return files


class Light(unittest.TestCase):
    HEAVY = {"librocksdb", "libmicrohttpd", "libgnutls", "libzip"}

    def test_calotype_is_light(self):
        found = libraries(binary())
        self.assertIn("libc", found)
        self.assertEqual(found & self.HEAVY, set())

    def test_the_daemon_shows_that_the_names_are_right(self):
        self.assertLessEqual({"librocksdb", "libmicrohttpd", "libgnutls"}, libraries(binary("calotype-daemon")))


class OneCopy(unittest.TestCase):
    # A function of each library whose archive is there too. zlib is in no static program.
    WORDS = {"EVP_MD_fetch", "SSL_CTX_new", "inflateInit2_", "json_object"}
    STATIC_WORDS = WORDS - {"inflateInit2_"}

    def own(self, name):
        return self.WORDS & set(re.findall(r"^\w+ \w (\w+)$", said("nm", "--defined-only", program(name)), re.M))

    def test_what_is_loaded_has_no_copy_of_its_own(self):
        for name in LOADED:
            self.assertEqual(self.own(name), set(), name)
            self.assertLessEqual({"libcrypto", "libz", "libjansson"}, libraries(program(name)), name)

    def test_what_is_static_shows_that_the_words_are_right(self):
        self.assertEqual(self.own("bootstrap") | self.own("calotype-image"), self.STATIC_WORDS)

    def test_a_running_daemon_maps_each_library_once(self):
        before = os.environ.get("CALOTYPE_BUILD")
        os.environ["CALOTYPE_BUILD"] = str(release())
        try:
            with Cloud() as cloud:
                cloud.client("s3").list_buckets()
                files = mapped(cloud.pid)
        finally:
            os.environ.pop("CALOTYPE_BUILD")
            if before is not None:
                os.environ["CALOTYPE_BUILD"] = before
        self.assertLessEqual({"libc", "libcrypto", "libgnutls", "librocksdb", "libz", "libzip"}, set(files))
        self.assertEqual({name: at for name, at in files.items() if len(at) > 1}, {})


class Names(unittest.TestCase):
    """A library calls whatever function of the program has the name of its own, if the program exports it."""
    EXPORTED = {"calotype": set(), "calotype-daemon": {"MHD_queue_response"}, "bootstrap": set(), "calotype-image": set()}

    def test_none_is_exported_but_the_one_that_is_to_go_before_a_library(self):
        for name, want in self.EXPORTED.items():
            self.assertEqual(exported(program(name)), want, name)


class Hardened(unittest.TestCase):
    def parts(self, name):
        return said("readelf", "-lhdW", program(name))

    def test_addresses_are_nobody_s_to_know(self):
        for name in (*LOADED, "calotype-image"):
            self.assertRegex(self.parts(name), r"Type:\s+DYN", name)

    def test_what_the_loader_wrote_is_read_only(self):
        for name in LOADED:
            self.assertRegex(self.parts(name), r"GNU_RELRO", name)
            self.assertRegex(self.parts(name), r"FLAGS_1\).*\bNOW\b", name)

    def test_no_stack_can_be_run(self):
        for name in PLACES:
            self.assertRegex(self.parts(name), r"GNU_STACK\s+(0x\w+\s+){5}RW\s", name)

    def test_sizes_are_checked(self):
        for name in LOADED:
            self.assertRegex(said("nm", "-D", "--undefined-only", program(name)), r"__v?snprintf_chk", name)

    def test_an_empty_root_is_enough_for_what_is_static(self):
        for name in STATIC:
            self.assertNotRegex(self.parts(name), r"INTERP|\(NEEDED\)", name)


if __name__ == "__main__":
    main()
