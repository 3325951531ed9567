"""Functions in Python: what handlers reach at AWS's default endpoints, over TLS that they verify, and what they
do not; what the runtime shows them beyond tests/svc/lambda/test_python.c."""
import importlib.util
import io
import json
import pathlib
import re
import sys
import time
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from cloud import main, wait_for  # noqa: E402
from functions import FunctionsCase, python  # noqa: E402

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

    def test_other_kinds_of_endpoints(self):
        """Dual-stack and FIPS names, S3's further ones, and another partition's."""
        got = self.inside(
            "import boto3\nfrom botocore.config import Config\nresult = {}\n"
            "def ask(service, call, region='us-east-1', **config):\n"
            "    hosts = []\n"
            "    client = boto3.client(service, region_name=region, config=Config(**config))\n"
            "    client.meta.events.register('before-send', lambda request, **_: hosts.append(request.url.split('/')[2]))\n"
            "    eval('client.' + call)\n"
            "    result[hosts[0]] = hosts[1:]\n"
            "ls = 'list_objects_v2(Bucket=\"photos\")'\n"
            "ask('s3', ls, use_dualstack_endpoint=True)\nask('s3', ls, use_fips_endpoint=True)\n"
            "ask('s3', ls, s3={'use_accelerate_endpoint': True})\nask('s3', ls, region='us-west-2')\n"
            "ask('dynamodb', 'list_tables()', use_dualstack_endpoint=True)\n"
            "ask('sts', 'get_caller_identity()', use_fips_endpoint=True)\n"
            "ask('lambda', 'list_functions()', use_dualstack_endpoint=True)\n"
            "ask('logs', 'describe_log_groups()', region='cn-north-1')\n")
        self.assertEqual(got, {host: [] for host in (
            "photos.s3.dualstack.us-east-1.amazonaws.com", "photos.s3-fips.us-east-1.amazonaws.com",
            "photos.s3-accelerate.amazonaws.com", "photos.s3.us-west-2.amazonaws.com", "dynamodb.us-east-1.api.aws",
            "sts-fips.us-east-1.amazonaws.com", "lambda.us-east-1.api.aws", "logs.cn-north-1.amazonaws.com.cn")})

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
            "Amazon Linux's": "import ssl, http.client\nx = ssl.create_default_context(cafile='/etc/pki/tls/certs/ca-bundle.crt')\n"
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


class Brought(PythonCase):
    """A package without boto3, where the machine has it for functions."""

    def test_boto3_of_the_machine(self):
        if not pathlib.Path("/usr/lib/python3/dist-packages/boto3").exists():
            self.skipTest("no python3-boto3 here")
        got = self.inside("import boto3, sys\n"
                          "result = [boto3.__file__, boto3.client('sts').get_caller_identity()['Arn'].split(':')[5].split('/')[1],\n"
                          "          boto3.resource('s3').meta.client.meta.endpoint_url]\n")
        self.assertEqual(got, ["/var/runtime/boto3/__init__.py", "runner", "https://s3.amazonaws.com"])

    def test_its_own_comes_first(self):
        self.make("own", package({"probe.py": PROBE, "boto3.py": "mine = 1\n"}), Runtime=python(), Handler="probe.run")
        self.assertEqual(self.inside("import boto3\nresult = boto3.mine", "own"), 1)


class Interface(PythonCase):
    """What a sandbox and an environment add to the start script (tests/svc/lambda/start_python.py)."""

    def events(self, function, upto="REPORT RequestId"):
        """The messages of its log, once there is one that begins so."""
        def read():
            texts = self.functions.logged(function)
            return texts if any(text.startswith(upto) for text in texts) else None
        return wait_for(read)

    def test_state_is_kept_and_nothing_runs_between(self):
        self.make_probe("state", Timeout=20)
        code = ("import os, sys, threading, time\n"
                "home = sys.modules['probe']\n"
                "if not hasattr(home, 'n'):\n"
                "    home.n, home.ticks, home.path = 0, [], '/tmp/kept'\n"
                "    def tick():\n"
                "        while True:\n"
                "            home.ticks.append(time.monotonic()); time.sleep(0.01)\n"
                "    threading.Thread(target=tick, daemon=True).start()\n"
                "    time.sleep(0.1)\n"
                "home.n += 1\n"
                "open(home.path, 'a').write('x'); os.environ['MINE'] = os.environ.get('MINE', '') + 'y'\n"
                "gaps = [b - a for a, b in zip(home.ticks, home.ticks[1:])] or [0]\n"
                "result = [home.n, open(home.path).read(), os.environ['MINE'], len(home.ticks), time.monotonic()]\n")
        first = self.inside(code, "state")
        began = time.monotonic()
        self.assertTrue(wait_for(lambda: time.monotonic() > began + 0.5))
        second = self.inside(code, "state")
        self.assertEqual((first[:3], second[:3]), ([1, "x", "y"], [2, "xx", "yy"]))
        self.assertGreater(first[3], 3)
        # In half a second it would have been fifty; it runs a little before it is frozen and after it is thawed.
        self.assertLess(second[3] - first[3], 20)

    def test_processes_and_threads(self):
        got = self.inside(
            "import asyncio, concurrent.futures, multiprocessing, os, signal, subprocess, sys, threading, time\n"
            "fork = multiprocessing.get_context('fork')\n"
            "mine, theirs = fork.Pipe()\n"
            "child = fork.Process(target=lambda: theirs.send(os.getpid() != 1)); child.start()\n"
            "result = {'pipe': mine.recv()}; child.join(); result['exit'] = child.exitcode\n"
            "def fails(what):\n"
            "    try: what(); return 'worked'\n"
            "    except OSError as error: return type(error).__name__\n"
            "result['queue'] = fails(fork.Queue)\n"  # as on AWS, where /dev/shm is missing too
            "result['shm'] = os.path.exists('/dev/shm')\n"
            "with concurrent.futures.ThreadPoolExecutor(8) as pool:\n"
            "    result['threads'] = sum(pool.map(lambda n: n, range(100)))\n"
            "async def add(): await asyncio.sleep(0.01); return 1\n"
            "async def all(): return sum(await asyncio.gather(*[add() for _ in range(50)]))\n"
            "result['asyncio'] = asyncio.run(all())\n"
            "result['sub'] = subprocess.run([sys.executable, '-c', 'print(1)'], capture_output=True, text=True).stdout\n"
            "got = []\n"
            "signal.signal(signal.SIGALRM, lambda *_: got.append(1)); signal.setitimer(signal.ITIMER_REAL, 0.01)\n"
            "time.sleep(0.05); result['signal'] = got\n")
        self.assertEqual(got, {"pipe": True, "exit": 0, "queue": "FileNotFoundError", "shm": False, "threads": 4950,
                               "asyncio": 50, "sub": "1\n", "signal": [1]})

    def test_the_log(self):
        """What is printed is an event a line; a record of logging and an error are one event each."""
        self.make_probe("speaks")
        answer = self.invoke("speaks", {"code": "import logging, subprocess, sys, warnings\n"
                                                "print('first\\nsecond')\nlogging.error('a\\nb')\n"
                                                "subprocess.run([sys.executable, '-c', 'print(\"of a child\")'])\n"
                                                "warnings.warn('careful')\ncontext.log('c\\nd')\nraise KeyError('x')"})
        self.assertEqual(answer.error["errorType"], "KeyError")
        texts = [text.rstrip("\n") for text in self.events("speaks")]
        for text in ("first", "second", "of a child", "c\nd"):
            self.assertIn(text, texts)
        self.assertTrue(any(re.fullmatch(rf"\[ERROR\]\t\S+Z\t{answer.id}\ta\nb", text) for text in texts), texts)
        self.assertTrue(any(text.endswith("UserWarning: careful") for text in texts), texts)
        error = next(text for text in texts if text.startswith("[ERROR] KeyError: 'x'"))
        self.assertEqual(error.split("\n")[1:3], ["Traceback (most recent call last):",
                                                 '\u00a0\u00a0File "/var/task/probe.py", line 7, in run'])

    def test_the_log_in_json(self):
        """LoggingConfig reaches logging, which drops what is below its level; the records are as they were made."""
        self.make_probe("json", LoggingConfig={"LogFormat": "JSON", "ApplicationLogLevel": "INFO"})
        answer = self.invoke("json", {"code": "import logging\nlog = logging.getLogger('mine')\nlog.debug('unheard')\n"
                                              "log.info('two\\nlines', extra={'order': 7})\nraise KeyError('x')"})
        texts = self.events("json", '{"time"')

        def found(**members):
            parsed = [json.loads(text) for text in texts if text.startswith("{")]
            return [one for one in parsed if all(one.get(k) == v for k, v in members.items())]
        record, = found(logger="mine")
        record.pop("timestamp")
        self.assertEqual(record, {"level": "INFO", "message": "two\nlines", "logger": "mine", "requestId": answer.id, "order": 7})
        error, = found(level="ERROR", errorType="KeyError")
        self.assertEqual((error["errorMessage"], error["requestId"]), ("'x'", answer.id))

    def test_a_large_event(self):
        self.assertEqual(self.inside("result = len(event['more'])", more="x" * 6000000), 6000000)

    def test_an_error_at_import(self):
        self.make("early", package({"app.py": "print('imported')\nraise ValueError('too early')\n"}), Runtime=python(), Handler="app.run")
        answer = self.invoke("early")
        self.assertEqual((answer.error["errorType"], answer.error["errorMessage"]), ("ValueError", "too early"))
        self.assertEqual(answer.error["requestId"], "")

    def test_what_programs_ask_of_the_machine(self):
        got = self.inside(
            "import dateutil.tz, datetime, getpass, os, socket, subprocess, sys, zoneinfo\n"
            "when = datetime.datetime(2026, 7, 1)\n"
            "result = {'zone': [zoneinfo.ZoneInfo('Europe/Berlin').utcoffset(when).seconds,\n"
            "                   dateutil.tz.gettz('Asia/Tokyo').utcoffset(when).seconds],\n"
            "          'now': datetime.datetime.now().astimezone().utcoffset().seconds,\n"
            "          'memory': os.path.exists('/proc/meminfo'), 'cpus': os.cpu_count() > 0,\n"
            "          'host': socket.gethostbyname(socket.gethostname()), 'home': os.path.expanduser('~'),\n"
            "          'shell': subprocess.run('echo $0 | cat', shell=True, capture_output=True, text=True).stdout,\n"
            "          'text': [sys.stdout.encoding, sys.getfilesystemencoding(), open('/tmp/\u00e9', 'w').write('\u00e9')]}\n"
            "try: result['user'] = getpass.getuser()\nexcept (KeyError, OSError) as error: result['user'] = 'no name'\n")
        self.assertEqual(got, {"zone": [7200, 32400], "now": 0, "memory": False, "cpus": True,
                               "host": "127.0.0.1", "home": "/tmp", "shell": "/bin/sh\n",
                               "text": ["utf-8", "utf-8", 1], "user": "no name"})

    def test_the_runtime_is_no_package(self):
        """AWS's images have theirs as awslambdaric, which functions may import."""
        for name in ("awslambdaric", "snapshot_restore_py"):
            self.assertEqual(self.inside(f"try: import {name}\nexcept ImportError as error: result = error.name"), name)

    def test_what_a_dead_process_leaves(self):
        """The caller hears how it ended; the next invocation begins anew."""
        self.make_probe("dies")
        count = "import sys\nhome = sys.modules['probe']\nhome.n = getattr(home, 'n', 0) + 1\nresult = home.n\n"
        self.assertEqual([self.inside(count, "dies") for _ in range(2)], [1, 2])
        for act, words in (("sys.exit(9)", "Runtime exited with error: exit status 9"),
                           ("raise KeyboardInterrupt", "Runtime exited with error: signal: interrupt")):
            answer = self.invoke("dies", {"code": f"import sys\n{act}"})
            self.assertEqual(answer.error["errorType"], "Runtime.ExitError")
            self.assertIn(words, answer.error["errorMessage"])
            self.assertEqual(self.inside(count, "dies"), 1)

    def test_an_answer_over_six_megabytes(self):
        self.assertEqual(len(self.inside("result = 'x' * (6 * 1024 * 1024 - 2)")), 6 * 1024 * 1024 - 2)
        answer = self.invoke("probe", {"code": "result = 'x' * 7000000"})
        self.assertEqual(answer.error["errorType"], "Function.ResponseSizeTooLarge")
        self.assertEqual(answer.error["errorMessage"],
                         "Response payload size exceeded maximum allowed payload size (6291556 bytes).")

    def test_cfnresponse_beside_the_code(self):
        source = pathlib.Path(__file__).resolve().parents[2] / "src/cfn/inline/cfnresponse.py"
        self.make("custom", package({"index.py": "import cfnresponse\ndef run(event, context):\n"
                                     "    cfnresponse.send(event, context, cfnresponse.SUCCESS, {'a': 1})\n",
                                     "cfnresponse.py": source.read_text()}), Runtime=python(), Handler="index.run", Timeout=30)
        s3 = self.cloud.client("s3")
        s3.create_bucket(Bucket="answers")
        inside = self.inside_address(s3)
        answer = self.invoke("custom", {"ResponseURL": inside, "StackId": "S", "RequestId": "R", "LogicalResourceId": "L"})
        self.assertIsNone(answer.error, answer.text)
        document = json.loads(s3.get_object(Bucket="answers", Key="R")["Body"].read())
        self.assertEqual((document["Status"], document["Data"]), ("SUCCESS", {"a": 1}))

    def inside_address(self, s3):
        """A presigned PUT at AWS's own name, which leads here from inside."""
        import boto3
        from botocore.config import Config
        client = boto3.client("s3", region_name="us-east-1", aws_access_key_id=self.cloud.access_key,
                              aws_secret_access_key=self.cloud.secret_key, config=Config(signature_version="s3v4"))
        return client.generate_presigned_url("put_object", Params={"Bucket": "answers", "Key": "R", "ContentType": ""})


if __name__ == "__main__":
    main()
