"""The manual pages: one a verb, with every flag that --help names, in the sections that readers expect, clean for mandoc and groff."""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from cloud import ROOT, binary, build_dir, main

FOLDER = build_dir() / "tools/pages"
SECTIONS = ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "VERBS", "EXIT STATUS", "ENVIRONMENT", "FILES", "EXAMPLES", "SEE ALSO"]
OWN_SECTIONS = {"calotype": ["THE DATA FOLDER", "AN ACCOUNT OF AWS"], "calotype-up": ["SIGNALS"]}


def said(*args):
    return subprocess.run([binary(), *args], capture_output=True, text=True, timeout=60, check=True).stdout


def verbs():
    return re.findall(r"(?m)^  (\S+) +(\S.*)$", said("--help"))


def shown(name):
    """The page as text, 78 columns, without fonts."""
    page = subprocess.run(["mandoc", "-Tutf8", "-Owidth=78", FOLDER / f"{name}.1"], capture_output=True, check=True, timeout=60)
    return re.sub(r".\x08", "", page.stdout.decode())


def sections(page):
    """Heading to text, in the order of the page."""
    parts = re.split(r"(?m)^([A-Z][A-Z ]+)$", page)
    return dict(zip(parts[1::2], parts[2::2]))


def flat(text):
    return re.sub(r"\s+", " ", text)


@unittest.skipUnless(shutil.which("mandoc"), "there is no mandoc here (tools/packages/test)")
class Pages(unittest.TestCase):
    def test_one_a_verb_and_no_other(self):
        want = {"calotype.1", *(f"calotype-{verb}.1" for verb, _ in verbs())}
        self.assertEqual({p.name for p in FOLDER.glob("*.1")}, want)
        listed = re.findall(r"(?m)^ {5,7}calotype-(\S+)\(1\)\n +(\S.*)\.$", sections(shown("calotype"))["VERBS"])
        self.assertEqual([(verb, words.lower()) for verb, words in listed], [(verb, words.lower()) for verb, words in verbs()])

    def test_sections(self):
        names = ["calotype", *(f"calotype-{verb}" for verb, _ in verbs())]
        self.assertIn("calotype-up", names)
        for name in names:
            with self.subTest(name):
                found = list(sections(shown(name)))
                own = OWN_SECTIONS.get(name, [])
                self.assertEqual([s for s in found if s in own], own)
                standard = [s for s in found if s not in own]
                self.assertEqual(standard, [s for s in SECTIONS if s in standard])
                for wanted in ("NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXIT STATUS", "ENVIRONMENT", "SEE ALSO"):
                    if (name, wanted) != ("calotype-package", "ENVIRONMENT"):
                        self.assertIn(wanted, standard)

    def test_what_help_says(self):
        self.assertIn("up", [verb for verb, _ in verbs()])
        for verb, summary in verbs():
            with self.subTest(verb):
                page = sections(shown(f"calotype-{verb}"))
                self.assertEqual(flat(page["NAME"]).strip().replace("–", "-"), f"calotype-{verb} - {summary}")
                help_ = said(verb, "--help")
                usage, about = re.match(r"usage: (.*)\n\n((?:.|\n)*?)\n*(?=\n  --|\Z)", help_).groups()
                self.assertEqual(flat(page["SYNOPSIS"]).strip(), usage.strip())
                self.assertNotRegex(page["SYNOPSIS"], r"\S  +\S")  # a "..." is the end of no sentence
                first = flat(about).split(". ")[0].replace("`", "")
                self.assertIn(first.strip(), flat(page["DESCRIPTION"]))
                flags = re.findall(r"(?m)^  --(\S+)(?: ([A-Z][A-Z=]*))? +(\S.*)$", help_)
                self.assertTrue(flags)
                options = page["OPTIONS"]
                terms = re.findall(r"(?m)^ {5,7}(--[a-z-]+)(?: ([A-Z][A-Z=]*)$|$| )", options)
                self.assertEqual(terms, [(f"--{flag}", value) for flag, value, _ in flags])
                for _, _, words in flags:
                    told, standard = re.fullmatch(r"(.*?)(?: \(([^()]*)\))?", words).groups()
                    self.assertIn(told[1:], flat(options))
                    self.assertIn(f"Default: {standard}." if standard else "", flat(options))

    def test_what_stands_for_something_else(self):
        """Bounds of numbers, lists, exit codes of this verb and of all."""
        put, rotate = sections(shown("calotype-put")), sections(shown("calotype-rotate"))
        self.assertIn("Uploads at a time. From 1 to 64. Default: 8.", flat(put["OPTIONS"]))
        self.assertEqual(re.findall(r"(?m)^ {5,7}(\d+)", put["EXIT STATUS"]), ["0", "1", "2", "255"])
        self.assertIn("All have their final status", put["EXIT STATUS"])
        self.assertRegex(rotate["DESCRIPTION"], r"(?m)^ {5,7}ca +\S")
        self.assertRegex(rotate["DESCRIPTION"], r"(?m)^ {5,7}master-key$")
        self.assertIn("CALOTYPE_MASTER_KEY_NEW", rotate["ENVIRONMENT"])
        self.assertIn("CALOTYPE_DATA", rotate["ENVIRONMENT"])

    def test_exit_codes_are_named(self):
        """Each of prog/verb.h, and on the pages of the verbs that alone have them."""
        codes = re.findall(r"(?m)^    PROG_(\w+) = (\d+),", (ROOT / "src/prog/verb.h").read_text())
        self.assertIn(("FAILED", "255"), codes)
        for name, wanted in (("calotype", [code for _, code in codes]), ("calotype-up", ["0", "2", "4", "255"]),
                             ("calotype-repair", ["0", "2", "3", "255"])):
            self.assertEqual(re.findall(r"(?m)^ {5,7}(\d+) ", sections(shown(name))["EXIT STATUS"]), wanted, name)

    def test_variables_that_are_read_are_named(self):
        """Each getenv of the two programs; what is for tests, and what every program reads, aside."""
        read = set()
        for path in [*(ROOT / "src/cli").glob("*.c"), *(ROOT / "src/daemon").glob("*.c"), *(ROOT / "src/client").glob("*.c"),
                     *(ROOT / "src/prog").glob("*.c")]:
            read |= set(re.findall(r'getenv\("([A-Z_]+)"\)', path.read_text()))
        read -= {"PATH", "HOME", "TERM", "NODE_OPTIONS"}
        self.assertIn("CALOTYPE_DATA", read)
        named = " ".join(shown(p.stem) for p in FOLDER.glob("*.1"))
        named = re.sub(r"[-‐]\n +", "", named)
        self.assertEqual({name for name in read if name not in named}, set())

    def test_mandoc_finds_nothing(self):
        done = subprocess.run(["mandoc", "-Tlint", "-Wstyle", *sorted(FOLDER.glob("*.1"))], capture_output=True, text=True, timeout=60)
        self.assertEqual((done.stdout, done.stderr), ("", ""))

    @unittest.skipUnless(shutil.which("groff"), "there is no groff here")
    def test_groff_finds_nothing(self):
        pages = sorted(FOLDER.glob("*.1"))
        self.assertIn(FOLDER / "calotype-up.1", pages)
        for page in pages:
            done = subprocess.run(["groff", "-man", "-ww", "-Tutf8", page], capture_output=True, text=True, timeout=60)
            self.assertEqual(done.stderr, "", page)

    def test_examples_are_of_this_command_line(self):
        """Every flag and verb of an example, and of a synopsis elsewhere, is there."""
        known = {verb: set(re.findall(r"(?m)^  (--\S+)", said(verb, "--help"))) for verb, _ in verbs()}
        seen = 0
        for page in FOLDER.glob("*.1"):
            for line in sections(shown(page.stem)).get("EXAMPLES", "").splitlines():
                for verb, rest in re.findall(r"\bcalotype ([a-z]+)([^|]*)", line):
                    self.assertIn(verb, known, line)
                    if verb != "with":
                        self.assertEqual(set(re.findall(r"(?<= )--[a-z]+(?:-[a-z]+)*", rest)) - known[verb], set(), line)
                    seen += 1
        self.assertGreater(seen, 15)


if __name__ == "__main__":
    main()
