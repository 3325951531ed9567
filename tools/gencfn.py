#!/usr/bin/env python3
"""Writes src/tmpl/types.c: CloudFormation's resource types and properties as C tables; with --names
src/tmpl/names.c: the names of all types that AWS has.

Source: the CloudFormation schemas bundled with cfn-lint (names, kinds, required, create-only and
read-only flags, defaults, enums, which property names the resource; no documentation text). Run with
a Python that has cfn-lint, whenever a type was added to src/cfn/types:
    python3 tools/gencfn.py > src/tmpl/types.c
    python3 tools/gencfn.py --names > src/tmpl/names.c
"""
import json
import pathlib
import re
import sys
import textwrap

from cfnlint.helpers import REGIONS
from cfnlint.version import __version__
from cfnlint.schema import PROVIDER_SCHEMA_MANAGER as schemas

ROOT = pathlib.Path(__file__).resolve().parents[1]
# The types are those that the engine has: one file each.
TYPES = [re.search(r'\.name = "(\w+::[^"]+)"', path.read_text())[1] for path in sorted((ROOT / "src/cfn/types").glob("*.c"))]
REGION = "us-east-1"
SCALARS = {"string": "STRING", "integer": "INTEGER", "number": "NUMBER", "boolean": "BOOLEAN"}
# Old spellings that CloudFormation accepts and the schemas leave out.
EXTRA = {
    ("AWS_S3_Bucket_Rule", "NoncurrentVersionExpirationInDays"): {"type": "integer"},
    ("AWS_S3_Bucket_Rule", "Transition"): {"$ref": "#/definitions/Transition"},
    ("AWS_S3_Bucket_Rule", "NoncurrentVersionTransition"): {"$ref": "#/definitions/NoncurrentVersionTransition"},
}
# What a property is when nothing is said, where the schemas do not tell: "Default" on the type's page
# of the CloudFormation User Guide, or of the operation's page in the service's API reference.
DEFAULTS = {
    "AWS::IAM::InstanceProfile": {"Path": "/"},
    "AWS::IAM::Role": {"MaxSessionDuration": 3600},
    "AWS::IAM::User": {"Path": "/"},
    "AWS::Lambda::Function": {"MemorySize": 128, "Timeout": 3, "EphemeralStorage": {"Size": 512}, "TracingConfig": {"Mode": "PassThrough"}},
    "AWS::SNS::Subscription": {"RawMessageDelivery": False, "FilterPolicyScope": "MessageAttributes"},
    "AWS::SNS::Topic": {"ContentBasedDeduplication": False},
    "AWS::SQS::Queue": {
        "DelaySeconds": 0, "MaximumMessageSize": 1048576, "MessageRetentionPeriod": 345600, "ReceiveMessageWaitTimeSeconds": 0,
        "VisibilityTimeout": 30, "SqsManagedSseEnabled": True, "KmsDataKeyReusePeriodSeconds": 300,
        "ContentBasedDeduplication": False, "DeduplicationScope": "queue", "FifoThroughputLimit": "perQueue",
    },
}


# Types whose schema says nothing of their properties: what templates write ("Analytics" of CDK 2,
# "Modules" of CDK 1; aws-cdk-lib, core/lib/private/metadata-resource.ts).
SCHEMALESS = {"AWS::CDK::Metadata": ("Analytics", "Modules")}


class Generator:
    def __init__(self, type_name):
        self.type_name = type_name
        self.prefix = type_name.replace("::", "_")
        self.schema = dict(schemas.get_resource_schema(REGION, type_name).schema)
        if type_name in SCHEMALESS:
            self.schema.update(properties={name: {"type": "string"} for name in SCHEMALESS[type_name]}, primaryIdentifier=[])
        self.done, self.forward, self.out = {}, [], []

    def shape(self, node, hint):
        """The C expression of a pointer to the node's shape."""
        if "$ref" in node:
            name = node["$ref"].rsplit("/", 1)[1]
            return self.shape(self.schema["definitions"][name], name)
        kind = node.get("type")
        if hint == "KeySchema" and "oneOf" in node:  # the other alternative is JSON in a string
            return self.shape(node["oneOf"][0], hint)
        if hint.startswith("Variables"):  # the API wants strings; CloudFormation takes any scalar
            kind = {"object": "object"}.get(kind, "string") if isinstance(kind, str) else "string"
        if not isinstance(kind, str):
            return "&any_value"
        if kind in SCALARS:
            if node.get("enum") and kind == "string":
                return self.named(hint, node, self.enum)
            return f"&scalar_{SCALARS[kind].lower()}"
        if kind == "array" and "items" in node:
            return self.named(hint + "_list", node, self.list)
        if kind == "object" and node.get("properties"):
            return self.named(hint, node, self.structure)
        if kind == "object" and node.get("patternProperties"):
            return self.named(hint + "_map", node, self.map)
        return "&any_value"

    def named(self, hint, node, write):
        key = (hint, id(node))
        if key not in self.done:
            symbol = f"{self.prefix}_{hint}"
            while symbol in self.done.values():
                symbol += "_"
            self.done[key] = symbol
            self.forward.append(f"static const struct tmpl_shape {symbol};")
            write(symbol, node)
        return f"&{self.done[key]}"

    def enum(self, symbol, node):
        values = ", ".join(f'S_INIT("{v}")' for v in node["enum"])
        self.out.append(f"static const str {symbol}_values[] = {{{values}}};")
        self.out.append(f"static const struct tmpl_shape {symbol} = {{.kind = TMPL_SHAPE_STRING, "
                        f".values = {symbol}_values, .n = {len(node['enum'])}}};")

    def list(self, symbol, node):
        element = self.shape(node["items"], symbol[len(self.prefix) + 1:] + "_item")
        self.out.append(f"static const struct tmpl_shape {symbol} = {{.kind = TMPL_SHAPE_LIST, .element = {element}}};")

    def map(self, symbol, node):
        element = self.shape(next(iter(node["patternProperties"].values())), symbol[len(self.prefix) + 1:] + "_item")
        self.out.append(f"static const struct tmpl_shape {symbol} = {{.kind = TMPL_SHAPE_MAP, .element = {element}}};")

    def structure(self, symbol, node, flags=None, defaults=None):
        properties = dict(node["properties"])
        properties.update({name: extra for (owner, name), extra in EXTRA.items() if owner == symbol})
        required = node.get("required", [])
        rows = []
        for name in sorted(properties):
            own = ["TMPL_PROP_REQUIRED"] if name in required else []
            own += (flags or {}).get(name, [])
            shape = self.shape(properties[name], name)
            default = json.dumps(json.dumps(defaults[name], separators=(",", ":"))) if name in (defaults or {}) else "NULL"
            rows.append(f'    {{S_INIT("{name}"), {shape}, {" | ".join(own) or "0"}, {default}}},')
        self.out.append(f"static const struct tmpl_prop {symbol}_props[] = {{\n" + "\n".join(rows) + "\n};")
        self.out.append(f"static const struct tmpl_shape {symbol} = {{.kind = TMPL_SHAPE_STRUCT, "
                        f".props = {symbol}_props, .n = {len(rows)}}};")

    def name_property(self):
        """The property that names the resource and may be left to CloudFormation; "" without one."""
        last = self.type_name.rsplit("::", 1)[1]
        only = [path.rsplit("/", 1)[1] for path in self.schema["primaryIdentifier"]]
        once = [path.rsplit("/", 1)[1] for path in self.schema.get("createOnlyProperties") or []]
        for name in (last + "Name", only[0] if len(only) == 1 else ""):
            if name in once and name not in self.schema.get("required", []):
                return name
        return ""

    def top(self):
        flags = {}
        for list_name, flag in (("createOnlyProperties", "TMPL_PROP_CREATE_ONLY"), ("readOnlyProperties", "TMPL_PROP_READ_ONLY")):
            for path in self.schema.get(list_name) or []:
                parts = path.split("/")[2:]
                if len(parts) == 1:
                    flags.setdefault(parts[0], []).append(flag)
        self.forward.append(f"static const struct tmpl_shape {self.prefix};")
        defaults = {name: p["default"] for name, p in self.schema["properties"].items() if "default" in p}
        self.structure(self.prefix, self.schema, flags, {**defaults, **DEFAULTS.get(self.type_name, {})})
        attributes = sorted(schemas.get_resource_schema(REGION, self.type_name).get_atts)
        if attributes:
            names = ", ".join(f'S_INIT("{a}")' for a in attributes)
            self.out.append(f"static const str {self.prefix}_attributes[] = {{{names}}};")
        tagging = self.schema.get("tagging") or {}
        tags = tagging.get("tagProperty", "") if tagging.get("taggable", True) else ""
        tags = f'S_INIT("{tags.rsplit("/", 1)[1]}")' if tags else "{NULL, 0}"
        name = self.name_property()
        name = f'S_INIT("{name}")' if name else "{NULL, 0}"
        attribute_field = f"{self.prefix}_attributes" if attributes else "NULL"
        return f'    {{S_INIT("{self.type_name}"), &{self.prefix}, {attribute_field}, {len(attributes)}, {tags}, {name}}},'


def main():
    rows, chunks = [], []
    for name in sorted(TYPES):
        g = Generator(name)
        rows.append(g.top())
        chunks.append(f"/* {name} */\n" + "\n".join(g.forward) + "\n" + "\n".join(g.out))
    print(f"""/*
 * Written by tools/gencfn.py from cfn-lint {__version__}'s CloudFormation schemas: do not edit.
 * Facts only: names, kinds, flags, defaults, enums.
 */
/* clang-format off */
#include "tmpl/types.h"

static const struct tmpl_shape scalar_string = {{.kind = TMPL_SHAPE_STRING}};
static const struct tmpl_shape scalar_integer = {{.kind = TMPL_SHAPE_INTEGER}};
static const struct tmpl_shape scalar_number __attribute__((unused)) = {{.kind = TMPL_SHAPE_NUMBER}};
static const struct tmpl_shape scalar_boolean = {{.kind = TMPL_SHAPE_BOOLEAN}};
static const struct tmpl_shape any_value = {{.kind = TMPL_SHAPE_ANY}};
""")
    print("\n\n".join(chunks))
    print("\nconst struct tmpl_type tmpl_types[] = {\n" + "\n".join(rows) + "\n};")
    print("const size_t tmpl_n_types = sizeof tmpl_types / sizeof tmpl_types[0];")


def write_names():
    """All types of all regions, by what stands before the last name ("Module" is cfn-lint's own)."""
    services = {}
    for name in sorted({name for region in REGIONS for name in schemas.get_resource_types(region)} - {"Module"}):
        service, last = name.rsplit("::", 1)
        services.setdefault(service, []).append(last)
    print(f"""/*
 * Written by tools/gencfn.py --names from cfn-lint {__version__}'s CloudFormation schemas: do not edit.
 * Facts only: the names of the resource types that AWS has in one of its regions.
 */
/* clang-format off */
#include "tmpl/types.h"

const struct tmpl_type_names tmpl_type_names[] = {{""")
    for service, names in sorted(services.items()):
        lines = textwrap.wrap(" ".join(names), 110)
        print(f'    {{S_INIT("{service}"),')
        print("\n".join(f'     "{line}{" " if line is not lines[-1] else ""}"' for line in lines) + "},")
    print("};\nconst size_t tmpl_n_type_names = sizeof tmpl_type_names / sizeof tmpl_type_names[0];")


if "--names" in sys.argv[1:]:
    write_names()
else:
    main()
