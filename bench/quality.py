"""How near the derivatives are to the original: PSNR of luma of ours and of npm's sharp 0.35, each against the original
decoded whole and reduced by Lanczos (a = 3) in floating point.

    quality.py [--quick] [--chroma] [--edges 1600,800,200] [--images NAME,...] [--photos FOLDER]

Both write JPEG of quality 80. The reference is reckoned by bench/sharp_peer.mjs, in Node, from pixels that sharp
decodes without shrinking them. Needs what bench/image.py needs. Wanted: at no edge a mean under sharp's, and no
picture more than 0.3 dB under sharp's. Ends 1 where that is missed, with lines `figure NAME VALUE UNIT`:

    quality_EDGE N db                 the mean of ours; quality_sharp_EDGE sharp's
    quality_EDGE_worst N db           ours less sharp's, of the picture where that is least
    quality_EDGE_bytes N times        our bytes to sharp's, the mean of the pictures
"""
import argparse
import pathlib
import statistics
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "bench")]
from image import Peer, QUALITY, have_sharp, inputs, ours  # noqa: E402

MOST_UNDER_DB = 0.3


def compare(peer, path, edges, scratch, chroma):
    """[{edge, ours, sharp, width, height, sizes}] of one picture."""
    told = ours(path, edges, scratch / "ours")
    mine = [{"edge": d["edge"], "path": f"{scratch}/ours-{d['edge']}"} for d in told["derivatives"]]
    rows = peer.ask("compare", path=str(path), quality=QUALITY, chroma=chroma, ours=mine)["rows"]
    for row in rows:
        row["name"] = path.stem
    return rows


def show(row, chroma):
    less = row["ours"][0] - row["sharp"][0]
    text = f"  {row['name']:24} {row['edge']:5} {row['width']}x{row['height']:<5} ours {row['ours'][0]:6.2f}  sharp {row['sharp'][0]:6.2f}"
    text += f"  {less:+.2f}{'  MISSED' if less < -MOST_UNDER_DB else ''}"
    if chroma and len(row["ours"]) > 1:
        text += "   Cb {:+.2f} Cr {:+.2f}".format(*(row["ours"][i] - row["sharp"][i] for i in (1, 2)))
    print(f"{text}   bytes {row['sizes'][0] / row['sizes'][1]:.2f}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="of the photographs every fourth")
    parser.add_argument("--chroma", action="store_true", help="Cb and Cr too")
    parser.add_argument("--edges", default="1600,800,200")
    parser.add_argument("--images", help="names of pictures, with or without their suffix; all others are left out")
    parser.add_argument("--photos", type=pathlib.Path, default=ROOT.parent / "shared/images/photos")
    args = parser.parse_args()
    edges = [int(e) for e in args.edges.split(",")]
    if not have_sharp():
        sys.exit(0)
    rows = []
    with tempfile.TemporaryDirectory(prefix="bench-quality-") as scratch, Peer() as peer:
        scratch = pathlib.Path(scratch)
        works, made = inputs(args.photos, scratch, peer)
        paths = works["jpeg"] + works["progressive"] + [made["png"]]
        paths = paths[::4] if args.quick else paths
        if args.images:
            paths = [p for p in paths if {p.name, p.stem} & set(args.images.split(","))]
        for path in paths:
            for row in compare(peer, path, edges, scratch, args.chroma):
                rows.append(row)
                show(row, args.chroma)
    missed, figures = False, {}
    for edge in edges:
        of = [r for r in rows if r["edge"] == edge]
        mine, theirs = (statistics.mean(r[who][0] for r in of) for who in ("ours", "sharp"))
        worst = min(of, key=lambda r: r["ours"][0] - r["sharp"][0])
        least = worst["ours"][0] - worst["sharp"][0]
        kept = mine >= theirs and least >= -MOST_UNDER_DB
        missed |= not kept
        print(f"{edge}: mean {mine:.2f} dB, sharp {theirs:.2f}; least {least:+.2f} ({worst['name']}): {'kept' if kept else 'MISSED'}")
        figures.update({f"quality_{edge}": (mine, "db"), f"quality_sharp_{edge}": (theirs, "db"),
                        f"quality_{edge}_worst": (least, "db"),
                        f"quality_{edge}_bytes": (statistics.mean(r["sizes"][0] / r["sizes"][1] for r in of), "times")})
    for name, (value, unit) in figures.items():
        print(f"figure {name} {value:.2f} {unit}")
    sys.exit(missed)


if __name__ == "__main__":
    main()
