"""The image worker against npm's sharp 0.35: processor time and memory of the whole work, from bytes to encoded outputs.

    image.py [--pairs 7] [--quick] [--only jpeg,progressive,png,thumb,memory] [--images NAME,...] [--photos FOLDER]

Ours is calotype-image as a process of its own for each picture (exec, jail, Exif, profiles and hashes included); sharp
stays in one warm process, with one thread and without its cache, from a call for each output (`separate`) and cascaded
by hand (`cascade`). The three take turns; a figure is the median of the pairs' ratios, so that what else the machine
does weighs on both. Inputs: the photographs, re-encodes of two of them (progressive, 4:2:0, PNG, PNG with a soft
alpha) that sharp makes into a scratch folder. Needs `ninja -C build src/img/calotype-image bench/worker_once`, a Node
of 20.9 or later and npm; without these two only our own times follow. Ends with lines `figure NAME VALUE UNIT`:

    image_WORK_to_separate N times         sharp's three calls to ours, the median of the pictures; _least of all
    image_WORK_to_cascade N times          the same of sharp cascaded by hand
    image_WORK_cpu N ms                    ours, the median of the pictures
    image_peak_KIND N mib                  what the worker held at most, for 12 megapixels; image_peak_sharp_KIND
                                           what Node and sharp held for the three calls (image_peak_sharp_nothing: both idle)
    image_small_cpu N ms                   exec to result of a picture of 320 pixels
"""
import argparse
import json
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests/lib"), str(ROOT / "bench")]
from cloud import build_dir, static_image  # noqa: E402
import peers  # noqa: E402

THREE, ONE, QUALITY = (1600, 800, 200), (200,), 80
MADE_OF = "nikon-d90.jpg"  # 12 megapixels
# work: (edges, least wanted against separate: median, of each; against cascade)
WORKS = {"jpeg": (THREE, 3.0, 2.2, 1.6), "progressive": (THREE, 3.0, None, 1.3), "png": (THREE, 3.0, None, 1.2),
         "thumb_baseline": (ONE, 1.3, None, None), "thumb_progressive": (ONE, 3.0, None, None)}
MOST_MIB = {"jpeg": 24, "progressive": 64, "png": 64, "rgba": 96}
MOST_SMALL_MS = 2.5


class Peer:
    """bench/sharp_peer.mjs, warm; None of it where there is no Node or no sharp."""

    def __init__(self):
        self.process = subprocess.Popen(["node", peers.HERE / "sharp_peer.mjs"], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True, cwd=peers.HERE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()

    def ask(self, do, **job):
        self.process.stdin.write(json.dumps({"do": do, **job}) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if "error" in answer:
            raise RuntimeError(f"sharp: {job.get('path')}: {answer['error']}")
        return answer


def have_sharp():
    """Whether sharp runs here; a line says why not."""
    node = shutil.which("node") and subprocess.run(["node", "--version"], capture_output=True, text=True).stdout
    version = tuple(map(int, re.findall(r"\d+", node or "")[:2]))
    if version < (20, 9):
        print(f"sharp 0.35 needs Node 20.9 or later, and this machine has {node.strip() if node else 'none'}: "
              "only our own figures follow", file=sys.stderr)
        return False
    if not peers.install():
        print("sharp could not be installed with npm: only our own figures follow", file=sys.stderr)
        return False
    return True


def ours(path, edges, prefix=None):
    """What bench/worker_once tells of one picture."""
    argv = [build_dir() / "bench/worker_once", static_image(), path, ",".join(map(str, edges)), str(QUALITY)]
    done = subprocess.run([*argv, *([prefix] if prefix else [])], capture_output=True, text=True, timeout=120)
    told = {"derivatives": []}
    for line in done.stdout.splitlines():
        word, *rest = line.split()
        if word == "cpu":
            told.update(cpu_us=int(rest[0]), peak_kib=int(rest[2]))
        elif word == "derivative":
            told["derivatives"].append({"edge": int(rest[0]), "width": int(rest[1]), "height": int(rest[2]),
                                        "type": rest[3], "size": int(rest[4])})
        else:
            told[word] = rest
    if done.returncode != 0 or told.get("result", ["none"])[0] != "done":
        raise RuntimeError(f"{path}: the worker ended with {done.returncode}: {done.stdout}{done.stderr}")
    return told


def inputs(photos, scratch, peer):
    """{work: [(name, path)]}"""
    found = sorted(photos.glob("*.jpg"))
    if not found:
        sys.exit(f"no photographs in {photos}: --photos names a folder with some")
    made = {}
    if peer:
        base = photos / MADE_OF if (photos / MADE_OF).exists() else found[0]
        for how, name in (("420", "re-encoded-420.jpg"), ("progressive", "progressive.jpg"),
                          ("progressive444", "progressive-444.jpg"), ("png", "opaque.png"), ("rgba", "alpha.png")):
            made[how] = scratch / name
            peer.ask("make", path=str(base), to=str(made[how]), how=how)
    baseline = found + [p for how, p in made.items() if how == "420"]
    progressive = [p for how, p in made.items() if how.startswith("progressive")]
    return {"jpeg": baseline, "progressive": progressive, "png": [p for how, p in made.items() if how in ("png", "rgba")],
            "thumb_baseline": baseline, "thumb_progressive": progressive}, made


def pairs(path, edges, n, peer):
    """({who: [us]}, {who: bytes of all outputs}) of n turns, after one that warms."""
    times = {"ours": [], "separate": [], "cascade": []}
    for turn in range(n + 1):
        told = ours(path, edges)
        form = "png" if told["derivatives"][0]["type"] == "image/png" else "jpeg"
        got = {"ours": told["cpu_us"]}
        sizes = {"ours": sum(d["size"] for d in told["derivatives"])}
        for who in ("separate", "cascade") if peer else ():
            answer = peer.ask(who, path=str(path), edges=edges, quality=QUALITY, format=form)
            got[who], sizes[who] = answer["cpu_us"], sum(answer["sizes"])
        if turn:
            for who, us in got.items():
                times[who].append(us)
    return times, sizes


def measure(work, paths, n, peer, figures):
    edges, median, least, cascaded = WORKS[work]
    rows = []
    print(f"\n{work}: CPU ms to {'/'.join(map(str, edges))}")
    for path in paths:
        times, sizes = pairs(path, edges, n, peer)
        row = {who: statistics.median(t) / 1000 for who, t in times.items() if t}
        for who in ("separate", "cascade"):
            if times[who]:
                row["to_" + who] = statistics.median(b / a for a, b in zip(times["ours"], times[who]))
        rows.append(row)
        text = f"  {path.name:28} ours {row['ours']:7.1f}"
        for who in ("separate", "cascade"):
            if times[who]:
                text += f"   {who} {row[who]:7.1f} ({row['to_' + who]:.2f})"
        print(text + f"   bytes {sizes['ours'] / sizes['separate']:.2f} of sharp's" if peer else text, flush=True)
    figures[f"image_{work}_cpu"] = (statistics.median(r["ours"] for r in rows), "ms")
    for who, wants in (("separate", (median, least)), ("cascade", (cascaded, None))):
        ratios = [r["to_" + who] for r in rows if "to_" + who in r]
        if ratios and (who == "separate" or len(edges) > 1):
            for what, value, want in (("", statistics.median(ratios), wants[0]), ("_least", min(ratios), wants[1])):
                figures[f"image_{work}_to_{who}{what}"] = (value, "times")
                if want:
                    print(f"  {who}{what or ', median'}: {value:.2f}; wanted {want}: {'kept' if value >= want else 'MISSED'}")


def memory(made, photos, peer, figures):
    print("\nmost held at once, MiB")
    jpeg = photos / MADE_OF if (photos / MADE_OF).exists() else sorted(photos.glob("*.jpg"))[0]
    for kind, path in {"jpeg": jpeg, **{k: made[k] for k in ("progressive", "png", "rgba") if k in made}}.items():
        told = ours(path, THREE)
        mine = told["peak_kib"] / 1024
        figures[f"image_peak_{kind}"] = (mine, "mib")
        text = f"  {kind:12} {mine:6.1f}; wanted {MOST_MIB[kind]}: {'kept' if mine <= MOST_MIB[kind] else 'MISSED'}"
        if peer:
            form = "png" if told["derivatives"][0]["type"] == "image/png" else "jpeg"
            with Peer() as fresh:
                fresh.ask("separate", path=str(path), edges=THREE, quality=QUALITY, format=form)
                theirs = fresh.ask("peak")["peak_kib"] / 1024
            figures[f"image_peak_sharp_{kind}"] = (theirs, "mib")
            text += f"; Node and sharp {theirs:.1f}"
        print(text, flush=True)
    if peer:
        with Peer() as fresh:
            figures["image_peak_sharp_nothing"] = (fresh.ask("peak")["peak_kib"] / 1024, "mib")


def small(photos, scratch, n, figures):
    ours(sorted(photos.glob("*.jpg"))[0], (320,), scratch / "small")
    path = scratch / "small-320"
    got = sorted(ours(path, THREE)["cpu_us"] / 1000 for _ in range(3 * n))
    figures["image_small_cpu"] = (statistics.median(got), "ms")
    print(f"\n320 pixels, exec to result: {statistics.median(got):.2f} ms of CPU, {got[0]:.2f} at best; wanted {MOST_SMALL_MS}: "
          f"{'kept' if statistics.median(got) <= MOST_SMALL_MS else 'MISSED'}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=7)
    parser.add_argument("--quick", action="store_true", help="3 pairs, and of the photographs every fourth")
    parser.add_argument("--only", default=",".join([*WORKS, "memory", "small"]))
    parser.add_argument("--images", help="names of pictures, with or without their suffix; all others are left out")
    parser.add_argument("--photos", type=pathlib.Path, default=ROOT.parent / "shared/images/photos")
    parser.add_argument("--no-peers", action="store_true", help="our own figures alone")
    args = parser.parse_args()
    n = 3 if args.quick else args.pairs
    only = [w for name in args.only.split(",") for w in [*WORKS, "memory", "small"] if w.startswith(name)]
    figures, began = {}, time.monotonic()
    with tempfile.TemporaryDirectory(prefix="bench-image-") as scratch:
        scratch = pathlib.Path(scratch)
        peer = None if args.no_peers or not have_sharp() else Peer()
        works, made = inputs(args.photos, scratch, peer)
        for work in WORKS:
            paths = works[work]
            if args.quick:
                paths = [p for i, p in enumerate(paths) if len(paths) < 3 or i % 4 == 0]
            if args.images:
                paths = [p for p in paths if {p.name, p.stem} & set(args.images.split(","))]
            if work in only and paths:
                measure(work, paths, n, peer, figures)
        if "memory" in only:
            memory(made, args.photos, peer, figures)
        if "small" in only:
            small(args.photos, scratch, n, figures)
        if peer:
            peer.__exit__()
    print(f"\n{time.monotonic() - began:.0f} s")
    for name, (value, unit) in figures.items():
        print(f"figure {name} {value:.2f} {unit}")


if __name__ == "__main__":
    main()
