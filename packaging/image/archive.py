#!/usr/bin/env python3
"""Writes a container image in Docker's archive format, which `docker load` and `podman load` read.

    archive.py --debian ROOT.tar --installed DIR --version V --arch amd64 --epoch N --tag NAME:TAG --output FILE

Two layers: what the programs need of Debian (ROOT.tar, as mmdebstrap prints it), and an installed
Calotype (what `DESTDIR=DIR meson install` put there). The same input gives the same bytes: entries
in the order of their names, all times N, all owners numbers. Docker's format and not OCI's, because
that one has no health check. It needs no engine, no right, and the standard library alone.
"""
import argparse
import hashlib
import io
import json
import os
import pathlib
import re
import sys
import tarfile
import time

USER = 10001  # of nobody on the host; numeric in the image, so that Kubernetes sees that it is not root
MOST_BYTES = 60 << 20  # of the image, unpacked: what is promised in docs/containers.md

# What an image of programs alone does not need, or what an engine puts there itself.
LEFT_OUT = re.compile(r"""^(
    dev/.+ | proc/.+ | sys/.+ | run/.+ | tmp/.+ | boot | home | media | mnt | opt | srv
    | etc/(apt|hostname|hosts|resolv\.conf|fstab|skel|update-motd\.d|motd|profile\.d|default|cron.*|issue.*)
    | var/(cache|log|backups|mail|spool|local|opt)/.+ | var/lib/(apt|pam)/?.* | var/lib/dpkg/(?!status\.d).+
    | usr/share/(man|info|locale|lintian|gdb|bug|dict|misc|base-files|gcc|pixmaps|menu|doc-base)
    | usr/share/doc/[^/]+/(?!copyright$).+
    | usr/lib/[^/]+/gconv | usr/(games|src|local|include) | usr/s?bin/.+ | s?bin/.+
)(/|$)""", re.VERBOSE)

HEALTH = {"Test": ["CMD", "/usr/bin/calotype", "status"], "Interval": 10, "Timeout": 10, "StartPeriod": 120, "Retries": 3}


def config(version, arch, epoch, layers):
    """What an engine is told: Docker's image specification 1.2."""
    created = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(epoch))
    second = 10 ** 9
    return {
        "architecture": arch, "os": "linux", "created": created,
        "config": {
            "User": f"{USER}:{USER}",
            "ExposedPorts": {"4566/tcp": {}},
            "Env": ["PATH=/usr/bin:/bin", "CALOTYPE_DATA=/data"],
            # Flags of `up` may follow. Not in Cmd: whoever adds a flag would take --listen away.
            "Entrypoint": ["/usr/bin/calotype", "up", "--listen", "0.0.0.0"],
            "Volumes": {"/data": {}},
            "WorkingDir": "/",
            "StopSignal": "SIGTERM",
            "Healthcheck": {k: v * second if k in ("Interval", "Timeout", "StartPeriod") else v for k, v in HEALTH.items()},
            "Labels": {"org.opencontainers.image.title": "Calotype", "org.opencontainers.image.version": version,
                       "org.opencontainers.image.description": "AWS APIs on one machine",
                       "org.opencontainers.image.licenses": "Apache-2.0"},
        },
        "rootfs": {"type": "layers", "diff_ids": ["sha256:" + sha for sha, _ in layers]},
        "history": [{"created": created, "created_by": what} for what in ("packages of Debian", f"calotype {version}")],
    }


def entry(name, epoch, kind=tarfile.DIRTYPE, mode=0o755, owner=0, size=0, link=""):
    info = tarfile.TarInfo(name)
    info.type, info.mode, info.size, info.linkname = kind, mode, size, link
    info.uid = info.gid = owner
    info.mtime = epoch
    return info


def layer(entries):
    """[(TarInfo, bytes or None)] as the bytes of a layer, and what it takes unpacked."""
    out = io.BytesIO()
    names = set()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as tar:
        # A hard link comes behind what it is a link to.
        for info, content in sorted(entries, key=lambda e: (e[0].type == tarfile.LNKTYPE, e[0].name)):
            if info.name not in names:
                names.add(info.name)
                tar.addfile(info, io.BytesIO(content) if content is not None else None)
    data = out.getvalue()
    return hashlib.sha256(data).hexdigest(), data


def from_debian(path, epoch):
    with tarfile.open(path) as tar:
        for found in tar:
            name = found.name.removeprefix("./").strip("/")
            if not name or name == "." or LEFT_OUT.search(name) or not (found.isfile() or found.isdir() or found.issym() or found.islnk()):
                continue
            info = entry(name, epoch, found.type if not found.isfile() else tarfile.REGTYPE, found.mode & 0o1777,
                         size=found.size if found.isfile() else 0, link=found.linkname.removeprefix("./") if found.islnk() else found.linkname)
            yield info, tar.extractfile(found).read() if found.isfile() else None


def from_installed(folder, epoch):
    """The programs and what they read; pages, completions and units are for a machine with a shell."""
    wanted = re.compile(r"^usr/(bin/calotype|lib/calotype/[^/]+|share/calotype/.+)$")
    folders = {"usr", "usr/bin", "usr/lib", "usr/lib/calotype", "usr/share", "usr/share/calotype"}
    for path in sorted(pathlib.Path(folder).rglob("*")):
        name = str(path.relative_to(folder))
        if wanted.match(name) and path.is_dir():
            folders.add(name)
        elif wanted.match(name):
            content = path.read_bytes()
            yield entry(name, epoch, tarfile.REGTYPE, 0o755 if os.access(path, os.X_OK) else 0o644, size=len(content)), content
    for name in folders:
        yield entry(name, epoch), None


def own_files(epoch):
    files = {
        "etc/passwd": f"root:x:0:0:root:/:/nonexistent\ncalotype:x:{USER}:{USER}:Calotype:/data:/nonexistent\n",
        "etc/group": f"root:x:0:\ncalotype:x:{USER}:\n",
    }
    for name, text in files.items():
        yield entry(name, epoch, tarfile.REGTYPE, 0o644, size=len(text)), text.encode()
    # A new volume gets the owner and the mode of the folder that it covers.
    yield entry("data", epoch, mode=0o700, owner=USER), None
    for name, mode in (("etc", 0o755), ("dev", 0o755), ("proc", 0o755), ("sys", 0o755), ("run", 0o755), ("tmp", 0o1777)):
        yield entry(name, epoch, mode=mode), None


def unpacked(entries):
    return sum((info.size + 4095) // 4096 * 4096 for info, _ in entries)


def write(output, tag, document, layers, epoch):
    text = json.dumps(document, sort_keys=True, separators=(",", ":")).encode()
    image = hashlib.sha256(text).hexdigest()
    manifest = [{"Config": image + ".json", "RepoTags": [tag], "Layers": [f"{sha}/layer.tar" for sha, _ in layers]}]
    files = {image + ".json": text, "manifest.json": json.dumps(manifest, separators=(",", ":")).encode()}
    files.update({f"{sha}/layer.tar": data for sha, data in layers})
    partial = f"{output}.new"
    with tarfile.open(partial, "w", format=tarfile.GNU_FORMAT) as tar:
        for sha, _ in layers:
            tar.addfile(entry(sha, epoch))
        for name, data in files.items():
            tar.addfile(entry(name, epoch, tarfile.REGTYPE, 0o644, size=len(data)), io.BytesIO(data))
    os.replace(partial, output)
    return image


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    for name in ("debian", "installed", "version", "arch", "tag", "output"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--epoch", required=True, type=int)
    parser.add_argument("--most", type=int, default=MOST_BYTES, help="refuse an image of more bytes than that, unpacked (0: any)")
    o = parser.parse_args()
    parts = [list(from_debian(o.debian, o.epoch)), [*own_files(o.epoch), *from_installed(o.installed, o.epoch)]]
    names = {info.name for info, _ in parts[1]}
    for program in ("usr/bin/calotype", "usr/lib/calotype/calotype-daemon"):
        if program not in names:
            sys.exit(f"archive.py: {o.installed} has no {program}: DESTDIR={o.installed} meson install, with the prefix /usr")
    size = sum(map(unpacked, parts))
    if o.most and size > o.most:
        sys.exit(f"archive.py: the image would take {size >> 20} MiB unpacked, and {o.most >> 20} MiB are promised")
    layers = [layer(part) for part in parts]
    image = write(o.output, o.tag, config(o.version, o.arch, o.epoch, layers), layers, o.epoch)
    print(f"{o.output}: {o.tag}, {size / (1 << 20):.1f} MiB unpacked, sha256:{image}")


if __name__ == "__main__":
    main()
