"""Functions in Python: what handlers reach at AWS's default endpoints, over TLS that they verify, and what they
do not; what the runtime shows them beyond tests/svc/lambda/test_python.c."""
import importlib.util
import io
import json
import pathlib
import re
import subprocess
import sys
import unittest
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from cloud import main, wait_for  # noqa: E402
from functions import FunctionsCase  # noqa: E402

# Runs the code of its event; what that calls "result" is the answer. None of our variables helps it.
PROBE = """
import os
for name in ("AWS_ENDPOINT_URL", "AWS_CA_BUNDLE", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"):
    os.environ.pop(name, None)
def run(event, context):
    space = {"event": event, "context": context}
    exec(event["code"], space)
    return space.get("result")
"""
MODULES = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six", "urllib3", "requests", "certifi", "idna",
           "charset_normalizer", "pip")
DATA = ("s3", "dynamodb", "sns", "sqs", "sts", "logs", "lambda", "cloudwatch", "cloudformation", "iam")


def python():
    """The runtime of this machine's interpreter."""
    for version in ("3.11", "3.13", "3.12", "3.10", "3.9"):
        if pathlib.Path(f"/usr/bin/python{version}").exists():
            return f"python{version}"
    raise unittest.SkipTest("no /usr/bin/python3")


def wanted(path):
    """Of botocore's data only what the tests call; nothing that was compiled."""
    parts = path.parts
    if "__pycache__" in parts or path.suffix in (".so", ".pyc"):
        return False
    return parts[:2] != ("botocore", "data") or len(parts) == 3 or parts[2] in DATA


def package(files, modules=()):
    """A zip of files and of modules of the interpreter that runs the test, whole."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as z:
        for name, content in files.items():
            z.writestr(name, content)
        for module in modules:
            spec = importlib.util.find_spec(module)
            if spec is None:
                continue
            if not spec.submodule_search_locations:
                z.write(spec.origin, pathlib.Path(spec.origin).name)
                continue
            folder = pathlib.Path(spec.origin).parent
            for path in sorted(folder.rglob("*")):
                inside = path.relative_to(folder.parent)
                if path.is_file() and wanted(inside):
                    z.write(path, inside)
    return out.getvalue()


class PythonCase(FunctionsCase):
    modules = ()

    @classmethod
    def prepare(cls):
        super().prepare()
        cls.make_probe("probe")

    @classmethod
    def make_probe(cls, name, **more):
        cls.make(name, package({"probe.py": PROBE}, cls.modules), **{
            "Runtime": python(), "Handler": "probe.run", "MemorySize": 512, "Timeout": 60, **more})

    def inside(self, code, name="probe", **event):
        answer = self.invoke(name, {"code": code, **event})
        self.assertIsNone(answer.error, answer.text)
        return answer.payload


class Endpoints(PythonCase):
    """No endpoint, no bundle of authorities: as a handler is deployed on AWS."""
    modules = MODULES

    @classmethod
    def prepare(cls):
        super().prepare()
        cls.s3 = cls.cloud.client("s3")
        cls.s3.create_bucket(Bucket="photos")
        cls.s3.create_bucket(Bucket="with.dots")
        cls.s3.put_object(Bucket="photos", Key="a b/\u00e9.txt", Body=b"here")

    def test_every_service(self):
        calls = {
            "sts": "get_caller_identity()['Arn'].split(':')[2]", "s3": "list_buckets()['Buckets'][0]['Name']",
            "dynamodb": "list_tables()['TableNames']", "sns": "list_topics()['Topics']",
            "sqs": "create_queue(QueueName='jobs')['QueueUrl'].rsplit('/', 1)[1]",
            "logs": "describe_log_groups(logGroupNamePrefix='/aws/lambda/x')['logGroups']",
            "lambda": "get_function_configuration(FunctionName='probe')['FunctionName']",
            "cloudwatch": "list_metrics(Namespace='none')['Metrics']",
            "cloudformation": "list_stacks()['StackSummaries']", "iam": "get_role(RoleName='runner')['Role']['RoleName']",
        }
        want = {"sts": "sts", "s3": "photos", "dynamodb": [], "sns": [], "sqs": "jobs", "logs": [], "lambda": "probe",
                "cloudwatch": [], "cloudformation": [], "iam": "runner"}
        for region in ("us-east-1", "eu-central-1"):
            if region != "us-east-1":  # what is of one region is not in another
                want.update(sqs="jobs", **{"lambda": "ResourceNotFoundException"})
            got = self.inside(
                "import boto3, botocore\nresult = {}\n"
                "for name, call in event['calls'].items():\n"
                "    client = boto3.client(name, region_name=event['region'])\n"
                "    assert client.meta.endpoint_url.endswith('amazonaws.com'), client.meta.endpoint_url\n"
                "    try: result[name] = eval('client.' + call)\n"
                "    except botocore.exceptions.ClientError as error: result[name] = error.response['Error']['Code']\n",
                calls=calls, region=region)
            with self.subTest(region):
                self.assertEqual(got, want)

    def test_buckets_in_host_names_and_in_paths(self):
        for style in ("virtual", "path", "auto"):
            for bucket in ("photos", "with.dots"):
                with self.subTest(style=style, bucket=bucket):
                    if (style, bucket) == ("virtual", "with.dots"):
                        continue  # no certificate for two labels below s3: botocore itself uses the path then
                    got = self.inside(
                        "import boto3\nfrom botocore.config import Config\n"
                        "hosts = set()\n"
                        "client = boto3.client('s3', config=Config(s3={'addressing_style': event['style']}))\n"
                        "client.meta.events.register('before-send.s3', lambda request, **_: hosts.add(request.url.split('/')[2]))\n"
                        "client.put_object(Bucket=event['bucket'], Key='k \\u00e9/+', Body=b'body', ContentType='text/x')\n"
                        "answer = client.get_object(Bucket=event['bucket'], Key='k \\u00e9/+')\n"
                        "client.delete_object(Bucket=event['bucket'], Key='k \\u00e9/+')\n"
                        "result = [answer['Body'].read().decode(), answer['ContentType'], sorted(hosts)]\n",
                        style=style, bucket=bucket)
                    self.assertEqual(got[:2], ["body", "text/x"])
                    inhost = bucket == "photos" and style != "path"
                    self.assertRegex(got[2][0], rf"^{bucket}\.s3\." if inhost else r"^s3\.")

    def test_the_resource_api(self):
        got = self.inside(
            "import boto3, os, decimal\n"
            "bucket = boto3.resource('s3').Bucket('photos')\n"
            "open('/tmp/large', 'wb').write(os.urandom(9 << 20))\n"  # over the threshold: in parts, from threads
            "bucket.upload_file('/tmp/large', 'large', ExtraArgs={'Metadata': {'a': 'b'}})\n"
            "bucket.download_file('large', '/tmp/back')\n"
            "table = boto3.resource('dynamodb').create_table(TableName='things', BillingMode='PAY_PER_REQUEST',\n"
            "    AttributeDefinitions=[{'AttributeName': 'id', 'AttributeType': 'S'}],\n"
            "    KeySchema=[{'AttributeName': 'id', 'KeyType': 'HASH'}])\n"
            "table.wait_until_exists()\n"
            "table.put_item(Item={'id': 'x', 'n': decimal.Decimal('1.50')})\n"
            "result = [open('/tmp/large', 'rb').read() == open('/tmp/back', 'rb').read(),\n"
            "          bucket.Object('large').metadata, table.get_item(Key={'id': 'x'})['Item']]\n"
            "bucket.Object('large').delete()\n")
        self.assertEqual(got, [True, {"a": "b"}, {"id": "x", "n": 1.5}])

    def test_presigned_addresses_used_inside(self):
        got = self.inside(
            "import boto3, requests, urllib.request\n"
            "from botocore.config import Config\n"
            "result = []\n"
            "for version in ('s3', 's3v4'):\n"
            "    client = boto3.client('s3', config=Config(signature_version=version))\n"
            "    where = {'Bucket': 'photos', 'Key': 'a b/\\u00e9.txt'}\n"
            "    url = client.generate_presigned_url('get_object', Params=where)\n"
            "    put = client.generate_presigned_url('put_object', Params={'Bucket': 'photos', 'Key': 'put'})\n"
            "    result.append([urllib.request.urlopen(url).read().decode(), requests.get(url).text,\n"
            "                   requests.put(put, data=b'1').status_code])\n"
            "result.append([requests.get(url.replace('.txt', '.png')).status_code, url.split('/')[2]])\n")
        self.assertEqual(got[:2], [["here", "here", 200]] * 2)
        self.assertEqual(got[2][0], 403)

    def test_clients_of_https(self):
        """Each with its own idea of who is an authority."""
        url = "https://photos.s3.amazonaws.com/none"  # 403: it was reached, and nobody signed
        cases = {
            "urllib.request": "import urllib.request, urllib.error\ntry: urllib.request.urlopen(url)\n"
                              "except urllib.error.HTTPError as e: result = e.code",
            "http.client": "import http.client, ssl\n"
                           "c = http.client.HTTPSConnection(url.split('/')[2], context=ssl.create_default_context())\n"
                           "c.request('GET', '/none'); result = c.getresponse().status",
            "strict": "import http.client, ssl\nx = ssl.create_default_context()\nx.verify_flags |= ssl.VERIFY_X509_STRICT\n"
                      "c = http.client.HTTPSConnection(url.split('/')[2], context=x)\n"
                      "c.request('GET', '/none'); result = c.getresponse().status",
            "urllib3": "import urllib3\nresult = urllib3.PoolManager(cert_reqs='CERT_REQUIRED').request('GET', url).status",
            "urllib3+certifi": "import urllib3, certifi\n"
                               "result = urllib3.PoolManager(ca_certs=certifi.where()).request('GET', url).status",
            "requests": "import requests\nresult = requests.get(url).status_code",
            "pip's": "from pip._vendor import requests\nresult = requests.get(url).status_code",
            "aiohttp's": "import asyncio, ssl\n"
                         "async def ask():\n"
                         "    r, w = await asyncio.open_connection(url.split('/')[2], 443, ssl=ssl.create_default_context())\n"
                         "    w.write(b'GET /none HTTP/1.1\\r\\nHost: photos.s3.amazonaws.com\\r\\nConnection: close\\r\\n\\r\\n')\n"
                         "    return int((await r.readline()).split()[1])\n"
                         "result = asyncio.run(ask())",
            "contents": "import certifi, ssl, http.client\nx = ssl.create_default_context(cadata=certifi.contents())\n"
                        "c = http.client.HTTPSConnection(url.split('/')[2], context=x)\n"
                        "c.request('GET', '/none'); result = c.getresponse().status",
            "botocore's own": "import sys; sys.modules['certifi'] = None\n"
                              "[sys.modules.pop(n) for n in list(sys.modules) if n.startswith('boto')]\n"
                              "import boto3\nresult = boto3.client('s3').list_objects(Bucket='photos')['ResponseMetadata']['HTTPStatusCode'] + 203\n"
                              "del sys.modules['certifi']",
        }
        for name, code in cases.items():
            with self.subTest(name):
                self.assertEqual(self.inside(f"url = {url!r}\n{code}"), 403)

    def test_curl(self):
        if not self.inside("import shutil\nresult = bool(shutil.which('curl'))"):
            self.skipTest("no curl in the sandbox")
        self.assertEqual(self.inside(
            "import subprocess\nresult = subprocess.run(['curl', '-sS', '-o', '/dev/null', '-w', '%{http_code}',\n"
            "    'https://photos.s3.amazonaws.com/none'], capture_output=True, text=True).stdout"), "403")

    def test_nothing_else_is_reached(self):
        """At once, and the error says why."""
        got = self.inside(
            "import socket, time, urllib.request, requests, boto3, botocore\n"
            "def ask(what):\n"
            "    began = time.monotonic()\n"
            "    try: what(); return 'reached'\n"
            "    except Exception as error: return [type(error).__name__, str(error), time.monotonic() - began]\n"
            "result = {\n"
            "  'name': ask(lambda: socket.create_connection(('example.com', 443))),\n"
            "  'address': ask(lambda: socket.create_connection(('93.184.216.34', 443))),\n"
            "  'metadata': ask(lambda: socket.create_connection(('169.254.169.254', 80))),\n"
            "  'six': ask(lambda: socket.create_connection(('2606:2800:220:1::1', 443))),\n"
            "  'urllib': ask(lambda: urllib.request.urlopen('https://example.com/')),\n"
            "  'requests': ask(lambda: requests.get('https://example.com/')),\n"
            "  'botocore': ask(lambda: boto3.client('s3', endpoint_url='https://example.com',\n"
            "      config=botocore.config.Config(retries={'max_attempts': 0})).list_buckets()),\n"
            "}\n"
            "import os, botocore.session\n"
            "keys = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith('AWS_') and 'KEY' in name}\n"
            "result['no keys'] = ask(lambda: boto3.session.Session().client('s3').list_buckets())\n"
            "os.environ.update(keys)\n")
        words = {"name": "Name or service not known", "address": "Network is unreachable",
                 "metadata": "Network is unreachable", "six": "Network is unreachable|Cannot assign requested address",
                 "urllib": "Name or service not known", "requests": "Name or service not known|Failed to resolve",
                 "botocore": "Could not connect to the endpoint URL", "no keys": "Unable to locate credentials"}
        for name, (kind, text, seconds) in got.items():
            with self.subTest(name):
                self.assertRegex(text, words[name], kind)
                self.assertLess(seconds, 2)


if __name__ == "__main__":
    main()
