"""What `calotype with` puts before Python's own modules: botocore's clients ask the cloud that
AWS_ENDPOINT_URL names, also those that do not read it (before 1.31; aws before 2.13) and those that
the classic aws gives Amazon's host for SQS.

Written by Calotype into DATA/clients/python. Programs without botocore see nothing of it.
"""
import importlib.machinery
import importlib.util
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
SESSIONS = ("botocore.session", "awscli.botocore.session")


# The names of botocore's partitions.json, and Amazon's own top-level domain.
AMAZON = (".amazonaws.com", ".amazonaws.com.cn", ".amazonaws.eu", ".amazonwebservices.com.cn", ".amazonwebservices.eu", ".aws")


def is_amazon(url):
    host = url.split("://", 1)[-1].split("/", 1)[0].split(":", 1)[0].lower()
    return host.rstrip(".").endswith(AMAZON)


def patch(module):
    plain = module.Session.create_client

    def create_client(self, *args, **named):
        here, given = os.environ.get("AWS_ENDPOINT_URL"), named.get("endpoint_url")
        if here and len(args) <= 2 and (not given or is_amazon(given)):
            named["endpoint_url"] = here
        return plain(self, *args, **named)

    module.Session.create_client = create_client


class Finder:
    """Finds those modules as Python does, and changes them when they have been run."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        spec = importlib.machinery.PathFinder.find_spec(name, path, target) if name in SESSIONS else None
        if spec:
            run = spec.loader.exec_module

            def exec_module(module):
                run(module)
                patch(module)

            spec.loader.exec_module = exec_module
        return spec


sys.meta_path.insert(0, Finder)
# The sitecustomize that this one stands before.
_spec = importlib.machinery.PathFinder.find_spec(
    "sitecustomize", [p for p in sys.path if os.path.abspath(p or ".") != HERE])
if _spec:
    _spec.loader.exec_module(importlib.util.module_from_spec(_spec))
