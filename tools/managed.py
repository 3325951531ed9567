#!/usr/bin/env python3
"""AWS's own managed policies: from a table of facts to the C table of the build.

    managed.py fetch > src/svc/iam/managed.jsonl    with a Python that has moto, whose table is AWS's, fetched by its makers
    managed.py embed IN.jsonl OUT.c                 what meson calls

One policy a line: ARN, default version, the dates of the policy and of that version, the version's document. All that can
be attached are in it; those of service-linked roles and of AssumeRoot, which nobody can attach, are not.
"""
import datetime
import json
import pathlib
import sys

UNATTACHABLE = ("/aws-service-role/", "/root-task/")
ORDER = {name: i for i, name in enumerate(("Version", "Id", "Statement", "Sid", "Effect", "Action", "NotAction", "Resource",
                                           "NotResource", "Condition"))}


def ordered(value):
    """Members of a document and its statements in the order in which AWS writes them."""
    if isinstance(value, list):
        return [ordered(v) for v in value]
    if not isinstance(value, dict):
        return value
    return {k: v if k == "Condition" else ordered(v) for k, v in sorted(value.items(), key=lambda m: ORDER.get(m[0], 99))}


def seconds(text):
    return int(datetime.datetime.fromisoformat(text).timestamp())


def fetch():
    import moto
    from moto.iam.aws_managed_policies import aws_managed_policies_data
    print(f"moto {moto.__version__}", file=sys.stderr)
    lines = []
    for name, policy in json.loads(aws_managed_policies_data).items():
        if policy["Path"] not in UNATTACHABLE:
            lines.append({"Arn": f"arn:aws:iam::aws:policy{policy['Path']}{name}", "Version": policy["DefaultVersionId"],
                          "Created": seconds(policy["CreateDate"]), "Updated": seconds(policy["UpdateDate"]),
                          "Document": ordered(policy["Document"])})
    for line in sorted(lines, key=lambda p: p["Arn"]):
        print(json.dumps(line, separators=(",", ":")))


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("?", "\\?") + '"'


def embed(source, target):
    rows = []
    for line in pathlib.Path(source).read_text(encoding="ascii").splitlines():
        p = json.loads(line)
        document = json.dumps(p["Document"], separators=(",", ":"))
        rows.append(f'    {{{quoted(p["Arn"])}, {quoted(p["Version"])}, {quoted(document)}, {len(document)}, '
                    f'{p["Created"]}, {p["Updated"]}}},\n')
    pathlib.Path(target).write_text(
        f'/* Made by tools/managed.py from {pathlib.Path(source).name}. */\n#include "svc/iam/builtin.h"\n\n'
        f'const struct iam_builtin iam_builtin_table[] = {{\n{"".join(rows)}}};\nconst size_t iam_builtin_n = {len(rows)};\n')


if __name__ == "__main__":
    {"fetch": fetch, "embed": embed}[sys.argv[1]](*sys.argv[2:])
