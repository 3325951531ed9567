"""`ninja install` with DESTDIR, of the release build: which files there are, and that a cloud runs from them without the source tree."""
import os
import pathlib
import shutil
import stat
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from cloud import ROOT, main, static_programs

BUILD = pathlib.Path(static_programs()).resolve().parents[1]  # the release
VERBS = [line[5:-1] for line in (ROOT / "src/cli/verbs.def").read_text().splitlines() if line.startswith("VERB(")]
PROGRAM, TEXT = 0o755, 0o644
FILES = {  # below the prefix
    "bin/calotype": PROGRAM,
    "lib/calotype/calotype-daemon": PROGRAM,
    "lib/calotype/bootstrap": PROGRAM,
    "lib/calotype/calotype-image": PROGRAM,
    "lib/systemd/system/calotype.service": TEXT,
    "lib/systemd/system/calotype@.service": TEXT,
    "lib/systemd/user/calotype.service": TEXT,
    "lib/sysusers.d/calotype.conf": TEXT,
    "share/bash-completion/completions/calotype": TEXT,
    "share/calotype/nodejs/package-lock.json": TEXT,
    "share/calotype/nodejs/package.json": TEXT,
    "share/calotype/template.yaml": TEXT,
    "share/man/man1/calotype.1": TEXT,
    "share/zsh/site-functions/_calotype": TEXT,
    **{f"share/man/man1/calotype-{verb}.1": TEXT for verb in VERBS},
}
# In a mount namespace: what was installed lies at its prefix, and of the sources and the build nothing is there.
WITHOUT_SOURCES = """
set -e
installed=$1 prefix=$2 source=$3 build=$4
shift 4
if [ -d "$prefix" ]; then
    mount --bind "$installed" "$prefix"
else
    prefix=$installed
fi
mount -t tmpfs none "$build"
mount -t tmpfs none "$source"
[ -z "$(ls -A "$source")" ]
export PATH=$prefix/bin:/usr/bin:/bin
[ "$(command -v calotype)" = "$prefix/bin/calotype" ]
exec "$@"
"""
A_CLOUD = """
set -e
cd "$1"
export CALOTYPE_DATA=$1/var
calotype --version
endpoint=$(calotype up --port 0 --detach)
trap 'calotype down' EXIT
daemon=$(calotype status | sed -n 's/^process *\\([0-9]*\\),.*/\\1/p')
echo "daemon $(readlink "/proc/$daemon/exe")"
calotype deploy
calotype put harbour.jpg
calotype get --size 200 --output small.jpg harbour.jpg
"""


def install(into):
    made = subprocess.run(["meson", "install", "-C", str(BUILD), "--no-rebuild", "--quiet", "--destdir", into],
                          capture_output=True, text=True, timeout=120)
    if made.returncode:
        raise RuntimeError(f"{made.stdout}{made.stderr}(is it built? ninja -C {BUILD} installed)")
    prefixes = [p.parent.parent for p in pathlib.Path(into).rglob("bin/calotype")]
    assert len(prefixes) == 1, prefixes
    return prefixes[0]


# How a command gets mounts of its own, and what takes it back to somebody who is not root, where it was not.
OWN_MOUNTS = [(["unshare", "--mount"], []),
              (["unshare", "--map-root-user", "--mount"], ["unshare", "--map-user=1000", "--map-group=1000"])]


def own_mounts():
    """The first of them that is allowed here, else None."""
    for how, back in OWN_MOUNTS:
        if subprocess.run([*how, "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True).returncode == 0:
            return how, back
    return None


class Installed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="calotype-installed-")
        cls.addClassCleanup(folder.cleanup)
        cls.root = pathlib.Path(folder.name) / "root"
        cls.work = pathlib.Path(folder.name) / "work"
        cls.work.mkdir()
        cls.installed = install(str(cls.root))
        cls.prefix = "/" + str(cls.installed.relative_to(cls.root))

    def test_files(self):
        found = {str(p.relative_to(self.installed)): stat.S_IMODE(p.lstat().st_mode)
                 for p in self.installed.rglob("*") if not p.is_dir()}
        self.assertEqual(found, FILES)
        outside = [p for p in self.root.rglob("*") if not p.is_dir() and self.installed not in p.parents]
        self.assertEqual(outside, [])

    def test_no_text_names_the_sources(self):
        for name, mode in FILES.items():
            text = (self.installed / name).read_bytes()
            if mode == TEXT:
                with self.subTest(name):
                    for folder in (ROOT, BUILD, self.root):
                        self.assertNotIn(os.fsencode(folder), text)
                    self.assertNotRegex(text, rb"@[A-Za-z_]+@\W")

    def test_places_that_are_named(self):
        """Paths in units and pages are those of this prefix."""
        for unit in ("system/calotype.service", "system/calotype@.service", "user/calotype.service"):
            self.assertIn(f"ExecStart={self.prefix}/bin/calotype up ", (self.installed / "lib/systemd" / unit).read_text())
        page = (self.installed / "share/man/man1/calotype-deploy.1").read_text()
        self.assertIn(f"{self.prefix}/share/calotype/template.yaml", page)

    def test_a_cloud_without_the_sources(self):
        allowed = own_mounts()
        if allowed is None:
            self.skipTest("mounts of one's own are refused here")
        how, back = allowed
        subprocess.run([BUILD / "tools/samples/draw-samples", self.work], check=True, timeout=60)
        done = subprocess.run([*how, "sh", "-c", WITHOUT_SOURCES, "sh", self.installed, self.prefix, ROOT, BUILD,
                               *back, "sh", "-c", A_CLOUD, "sh", self.work],
                              capture_output=True, text=True, timeout=300,
                              env={k: v for k, v in os.environ.items() if not k.startswith(("CALOTYPE_", "AWS_"))})
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertRegex(done.stdout, r"(?m)^calotype \d+\.\d+\.\d+$")
        self.assertRegex(done.stdout, r"(?m)^daemon /\S*/lib/calotype/calotype-daemon$")
        self.assertRegex(done.stdout, r"(?m)^harbour\.jpg +processed\b|harbour\.jpg.*processed")
        self.assertEqual((self.work / "small.jpg").read_bytes()[:3], b"\xff\xd8\xff")

    def test_moved(self):
        """Nothing in it knows where it is: another folder does as well, through a link too."""
        moved = self.work / "opt"
        shutil.copytree(self.installed, moved)
        link = self.work / "calotype"
        link.symlink_to(moved / "bin/calotype")
        env = {k: v for k, v in os.environ.items() if not k.startswith("CALOTYPE_")}
        done = subprocess.run([link, "package", "--output", self.work / "f.zip"], capture_output=True, text=True, timeout=60, env=env)
        self.assertEqual(done.returncode, 0, done.stderr)
        (moved / "lib/calotype/bootstrap").unlink()
        done = subprocess.run([link, "package", "--output", self.work / "g.zip"], capture_output=True, text=True, timeout=60, env=env)
        self.assertEqual((done.returncode, done.stderr),
                         (255, f"calotype: {moved}/lib/calotype/bootstrap is missing, a part of calotype: install all of it\n"))


if __name__ == "__main__":
    main()
