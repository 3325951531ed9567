"""packaging/debian: what dpkg is told agrees with the sources, and a purge deletes no data unless somebody says so."""
import pathlib
import re
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
DEBIAN = ROOT / "packaging/debian"

# What answers in debconf's place: db_get gives the answer that the test wrote down.
CONFMODULE = """
db_input() { echo "$@" >> "$STATE/asked"; return 30; }
db_go() { return 0; }
db_get() { RET=$(cat "$STATE/answer"); }
"""


class Agreement(unittest.TestCase):
    def test_the_version_is_that_of_the_build(self):
        built = re.search(r"^project\(.*?, version: '(.*?)'", (ROOT / "meson.build").read_text(), re.M).group(1)
        logged = re.match(r"calotype \((.*?)\)", (DEBIAN / "changelog").read_text()).group(1)
        self.assertEqual(built, logged)

    def test_the_packages_that_a_build_needs_are_asked_for(self):
        listed = {line.strip() for line in (ROOT / "tools/packages/build").read_text().splitlines()
                  if line.strip() and not line.startswith("#")} - {"gcc", "libc6-dev"}  # build-essential has them
        text = re.search(r"^Build-Depends:(.*?)^\S*$", (DEBIAN / "control").read_text(), re.M | re.S).group(1)
        asked = {re.match(r"[^\s:(]+", entry.strip()).group(0) for entry in text.split(",") if entry.strip()}
        self.assertLessEqual(listed, asked)


class Arguments(unittest.TestCase):
    def test_what_would_not_be_done_is_refused_before_anything_is(self):
        with tempfile.TemporaryDirectory() as folder:
            for tool, arguments, words in (
                    ("make-deb", ["--suite", "buster"], "there are packages for .*, not for buster"),
                    ("make-deb", ["--mirror", "http://localhost/"], "--mirror wants --suite"),
                    ("make-deb", ["--suite"], "--suite wants a value"),
                    ("make-deb", ["trixie"], "there is no flag trixie"),
                    ("build-arm64", ["--suite", "buster"], "the cross build is known on bookworm and trixie, not on buster"),
                    ("build-arm64", ["--mirror"], "--mirror wants a value"),
                    ("build-arm64", ["trixie"], "there is no flag trixie")):
                done = subprocess.run([ROOT / f"tools/{tool}.sh", "--output", folder + "/out", *arguments], capture_output=True, text=True)
                self.assertEqual((done.returncode, done.stdout), (2, ""), done.stderr)
                self.assertRegex(done.stderr, "^calotype: " + words)
                self.assertFalse(pathlib.Path(folder, "out").exists())


class Purge(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.lib = pathlib.Path(self.folder.name) / "lib"
        for name in ("calotype/db", "calotype-test/db", "calotyped", "other"):
            (self.lib / name).mkdir(parents=True)

    def run_postrm(self, action, answer=None):
        """The script on our folder in the place of /var/lib; answer None: debconf is not installed."""
        here = pathlib.Path(self.folder.name)
        module = here / "confmodule"
        if answer is not None:
            module.write_text(CONFMODULE)
            (here / "answer").write_text(answer)
        text = (DEBIAN / "calotype.postrm").read_text()
        text = text.replace("/var/lib", str(self.lib)).replace("/usr/share/debconf/confmodule", str(module))
        done = subprocess.run(["sh", "-c", text, "postrm", action], env={"PATH": "/usr/bin:/bin", "STATE": str(here)},
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        asked = (here / "asked").read_text() if (here / "asked").exists() else ""
        return asked, done.stderr, sorted(p.name for p in self.lib.iterdir())

    ALL = ["calotype", "calotype-test", "calotyped", "other"]

    def test_yes_deletes_the_clouds_and_nothing_beside_them(self):
        asked, _, left = self.run_postrm("purge", "true")
        self.assertEqual((asked, left), ("high calotype/purge-data\n", ["calotyped", "other"]))

    def test_no_keeps_the_data_and_says_where(self):
        asked, said, left = self.run_postrm("purge", "false")
        self.assertEqual((asked, left), ("high calotype/purge-data\n", self.ALL))
        self.assertEqual(said, "".join(f"calotype: this data is kept: {self.lib}/{name}\n"
                                       for name in ("calotype", "calotype-test")))

    def test_where_nobody_can_be_asked_the_data_stays(self):
        self.assertEqual(self.run_postrm("purge")[2], self.ALL)

    def test_only_a_purge_asks(self):
        for action in ("remove", "upgrade", "failed-upgrade", "abort-install", "disappear"):
            asked, said, left = self.run_postrm(action, "true")
            self.assertEqual((action, asked, said, left), (action, "", "", self.ALL))

    def test_nothing_is_asked_where_there_is_no_data(self):
        for name in ("calotype/db", "calotype", "calotype-test/db", "calotype-test"):
            (self.lib / name).rmdir()
        asked, said, left = self.run_postrm("purge", "true")
        self.assertEqual((asked, said, left), ("", "", ["calotyped", "other"]))

    def test_the_question_answers_no_by_itself(self):
        template = (DEBIAN / "calotype.templates").read_text()
        self.assertIn("Template: calotype/purge-data\nType: boolean\nDefault: false\n", template)


if __name__ == "__main__":
    unittest.main()
