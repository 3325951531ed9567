"""Functions in Node: what handlers reach at AWS's default endpoints, over TLS that they verify, and what they do
not; layers; what `calotype runtime install node` brings. tests/svc/lambda/test_node.c has the runtime interface."""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from cloud import main  # noqa: E402
from functions import FunctionsCase, node_sdk, zipped  # noqa: E402

# Runs the code of its event. None of our variables helps it, and an SDK has only its defaults.
PROBE = """
if (Object.keys(process.env).some((name) => name.startsWith("AWS_ENDPOINT")))
  throw new Error("there is an endpoint");
for (const name of ["AWS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"])
  delete process.env[name];
const Code = (async () => {}).constructor;
exports.run = (event, context) => new Code("event", "context", "require", event.code)(event, context, require);
"""
# How a call ended: what it gave, or the code of its error and how long that took.
ASK = """
const ask = async (what) => {
  const began = Date.now();
  try {
    return await what();
  } catch (error) {
    return [(error.cause || error).code, Date.now() - began < 2000];
  }
};
const request = (module, options) => new Promise((done, failed) => {
  const sent = require(module).request(options, (answer) => {
    answer.resume();
    done(answer.statusCode);
  });
  sent.on("error", failed);
  sent.end(options.body);
});
"""


def need_node():
    if not any(pathlib.Path(p, "node").exists() for p in ("/usr/bin", "/usr/local/bin")):
        raise unittest.SkipTest("no node in /usr/bin or /usr/local/bin")


class NodeCase(FunctionsCase):
    @classmethod
    def prepare(cls):
        need_node()
        super().prepare()
        cls.make_node("probe", {"probe.js": PROBE})

    @classmethod
    def make_node(cls, name, files, handler="probe.run", **more):
        cls.make(name, zipped(files), **{"Runtime": "nodejs20.x", "Handler": handler, "MemorySize": 512, "Timeout": 60, **more})

    def answer_of(self, name, event=None):
        answer = self.invoke(name, event)
        self.assertIsNone(answer.error, answer.text)
        return answer.payload

    def inside(self, code, **event):
        return self.answer_of("probe", {"code": ASK + code, **event})


class Endpoints(NodeCase):
    @classmethod
    def prepare(cls):
        super().prepare()
        cls.cloud.client("s3").create_bucket(Bucket="photos")

    def test_clients_of_https(self):
        """Each reaches the cloud, believes its certificate, and is told that nobody signed."""
        cases = {
            "https": "return request('https', {hostname: 'photos.s3.amazonaws.com', path: '/none'})",
            "https by an address": "return request('https', new URL('https://s3.eu-central-1.amazonaws.com/photos/none'))",
            "http": "return request('http', {hostname: 'photos.s3.us-east-1.amazonaws.com', path: '/none'})",
            "fetch": "return (await fetch('https://photos.s3.amazonaws.com/none')).status",
            "fetch by http": "return (await fetch('http://photos.s3.amazonaws.com/none')).status",
            "tls": """
                const host = 'sns.us-east-1.amazonaws.com';
                const socket = require('tls').connect({host, port: 443, servername: host});
                socket.write(`GET /?Action=ListTopics HTTP/1.1\\r\\nHost: ${host}\\r\\nConnection: close\\r\\n\\r\\n`);
                for await (const piece of socket)
                  return socket.authorized && Number(String(piece).split(' ')[1]);""",
            "own authorities beside it": """
                const ca = [...require('tls').rootCertificates, require('fs').readFileSync('/var/runtime/ca-cert.pem')];
                return request('https', {hostname: 'photos.s3.amazonaws.com', path: '/none', ca})""",
        }
        for name, code in cases.items():
            with self.subTest(name):
                self.assertEqual(self.inside(code), 403)

    def test_a_certificate_is_verified(self):
        self.assertEqual(self.inside(
            "return ask(() => request('https', {hostname: 'photos.s3.amazonaws.com', ca: require('tls').rootCertificates}))")[0],
            "UNABLE_TO_VERIFY_LEAF_SIGNATURE")
        self.assertEqual(self.inside(
            "return ask(() => request('https', {hostname: '127.0.0.1', servername: 'example.com'}))")[0], "ERR_TLS_CERT_ALTNAME_INVALID")

    def test_a_function_that_names_a_bundle(self):
        """As AWS's guide has people set it for Node 20, where the variable is theirs."""
        self.make_node("bundle", {"probe.js": PROBE.replace(', "NODE_EXTRA_CA_CERTS"', "")},
                       Environment={"Variables": {"NODE_EXTRA_CA_CERTS": "/var/runtime/ca-cert.pem", "SSL_CERT_FILE": "/nowhere"}})
        self.assertEqual(self.answer_of("bundle", {"code": "return (await fetch('https://photos.s3.amazonaws.com/none')).status"}), 403)

    def test_nothing_else_is_reached(self):
        """At once, and the error says why."""
        cases = {
            "name": ("request('https', {hostname: 'example.com'})", "ENOTFOUND"),
            "fetch": ("fetch('https://example.com/')", "ENOTFOUND"),
            "like AWS's": ("fetch('https://amazonaws.com.example.com/')", "ENOTFOUND"),
            "address": ("request('http', {hostname: '93.184.216.34'})", "ENETUNREACH"),
            "metadata": ("fetch('http://169.254.169.254/latest/meta-data')", "ENETUNREACH"),
            "six": ("request('http', {hostname: '2606:2800:220:1::1'})", "ENETUNREACH"),
            "resolver": ("require('dns').promises.resolve4('example.com')", "ENOTFOUND"),
            "other port": ("request('http', {hostname: 's3.amazonaws.com', port: 8080})", "ECONNREFUSED"),
        }
        for name, (call, code) in cases.items():
            with self.subTest(name):
                self.assertEqual(self.inside(f"return ask(() => {call})"), [code, True])

    def test_curl(self):
        if not self.inside("return require('fs').existsSync('/usr/bin/curl')"):
            self.skipTest("no curl in the sandbox")
        self.assertEqual(self.inside(
            "return require('child_process').execFileSync('curl', ['-sS', '-o', '/dev/null', '-w', '%{http_code}',\n"
            "  'https://photos.s3.amazonaws.com/none']).toString()"), "403")

    def test_children(self):
        """Node runs in a child as well, with the variables that its parent has and without its heap."""
        self.assertEqual(self.inside(
            "return require('child_process').execFileSync(process.execPath,\n"
            "  ['-p', '[process.env.NODE_OPTIONS, process.execArgv.some((a) => a.startsWith(`--max`)), process.env.AWS_REGION].join()']).toString()"),
            ",false,us-east-1\n")
        self.assertEqual(self.inside(
            "const { Worker } = require('worker_threads');\n"
            "return new Promise((done) => new Worker('require(\"worker_threads\").parentPort.postMessage(6 * 7)', {eval: true}).on('message', done))"), 42)
        self.assertEqual(self.inside("return [typeof gc, require('http').maxHeaderSize]"), ["function", 81920])


class Layers(NodeCase):
    def layer(self, name, files):
        return self.functions.client.publish_layer_version(LayerName=name, Content={"ZipFile": zipped(files)})["LayerVersionArn"]

    def test_packages_of_layers(self):
        """Those for one version of Node, and those for all; for both kinds of modules."""
        module = '{"exports": {"require": "./a.js", "import": "./a.mjs"}}'
        both = {"package.json": module, "a.js": "exports.kind = '%s common';", "a.mjs": "export const kind = '%s es';"}
        def files(folder, name):
            return {f"{folder}/{name}/{file}": text.replace("%s", name) for file, text in both.items()}
        arns = [self.layer("usual", files("nodejs/node_modules", "usual")),
                self.layer("exact", files("nodejs/node20/node_modules", "exact"))]
        common = "exports.run = async () => ['usual', 'exact'].map((name) => require(name).kind);"
        es = "import {kind as a} from 'usual';\nimport {kind as b} from 'exact';\nexport const run = async () => [a, b, (await import('exact')).kind];"
        self.make_node("common", {"f.js": common}, "f.run", Layers=arns)
        self.assertEqual(self.answer_of("common"), ["usual common", "exact common"])
        self.make_node("es", {"f.mjs": es}, "f.run", Layers=arns)
        self.assertEqual(self.answer_of("es"), ["usual es", "exact es", "exact es"])
        self.make_node("lacks", {"f.mjs": es}, "f.run", Layers=arns[1:])
        self.assertEqual(self.invoke("lacks").error["errorMessage"], "Cannot find package 'usual' imported from /var/task/f.mjs")


class Sdk(NodeCase):
    """Clients of @aws-sdk with their defaults."""

    @classmethod
    def setUpClass(cls):
        cls.cloud_env = {"CALOTYPE_RUNTIMES": node_sdk()}
        super().setUpClass()

    @classmethod
    def prepare(cls):
        super().prepare()
        cls.cloud.client("s3").create_bucket(Bucket="photos")

    def test_s3(self):
        self.assertEqual(self.inside("""
            const { S3Client, PutObjectCommand, GetObjectCommand, ListObjectsV2Command, HeadObjectCommand } = require('@aws-sdk/client-s3');
            const s3 = new S3Client({});
            const hosts = new Set();
            s3.middlewareStack.add((next) => (args) => { hosts.add(args.request.hostname); return next(args); }, {step: 'finalizeRequest'});
            const where = {Bucket: 'photos', Key: 'a b/\\u00e9.txt'};
            await s3.send(new PutObjectCommand({...where, Body: 'text', ContentType: 'text/x', Metadata: {a: 'b'}}));
            const got = await s3.send(new GetObjectCommand(where));
            const listed = await s3.send(new ListObjectsV2Command({Bucket: 'photos', Prefix: 'a b/'}));
            const none = await s3.send(new HeadObjectCommand({...where, Key: 'none'})).catch((error) => error.name);
            return [await got.Body.transformToString(), got.ContentType, got.Metadata, listed.Contents.map((c) => c.Key), none, [...hosts]];"""),
            ["text", "text/x", {"a": "b"}, ["a b/\u00e9.txt"], "NotFound", ["photos.s3.us-east-1.amazonaws.com"]])

    def test_presigned_and_parts(self):
        """getSignedUrl and fetch; lib-storage in parts; the PUT of a custom resource's answer, in the words of templates."""
        self.assertEqual(self.inside("""
            const { S3Client, PutObjectCommand, GetObjectCommand } = require('@aws-sdk/client-s3');
            const { getSignedUrl } = require('@aws-sdk/s3-request-presigner');
            const { Upload } = require('@aws-sdk/lib-storage');
            const s3 = new S3Client({}), where = {Bucket: 'photos', Key: 'signed'};
            const put = await fetch(await getSignedUrl(s3, new PutObjectCommand(where)), {method: 'PUT', body: 'sent'});
            const got = await (await fetch(await getSignedUrl(s3, new GetObjectCommand(where)))).text();
            const answer = new URL(await getSignedUrl(s3, new PutObjectCommand({...where, Key: 'answer'})));
            const body = JSON.stringify({Status: 'SUCCESS'});
            const status = await request('https', {hostname: answer.hostname, port: 443, path: answer.pathname + answer.search, method: 'PUT',
              headers: {'content-type': '', 'content-length': body.length}, body});
            const parts = Buffer.alloc(12 << 20, 'x');
            await new Upload({client: s3, params: {...where, Key: 'large', Body: parts}}).done();
            const large = await s3.send(new GetObjectCommand({...where, Key: 'large'}));
            return [put.status, got, status, (await large.Body.transformToByteArray()).length, /-3"$/.test(large.ETag)];"""),
            [200, "sent", 200, 12 << 20, True])
        self.assertEqual(self.cloud.client("s3").get_object(Bucket="photos", Key="answer")["Body"].read(), b'{"Status":"SUCCESS"}')

    def test_other_services(self):
        self.assertEqual(self.inside("""
            const { DynamoDBClient, CreateTableCommand, waitUntilTableExists } = require('@aws-sdk/client-dynamodb');
            const { DynamoDBDocumentClient, PutCommand, QueryCommand } = require('@aws-sdk/lib-dynamodb');
            const plain = new DynamoDBClient({}), doc = DynamoDBDocumentClient.from(plain);
            await plain.send(new CreateTableCommand({TableName: 'things', BillingMode: 'PAY_PER_REQUEST',
              AttributeDefinitions: [{AttributeName: 'id', AttributeType: 'S'}], KeySchema: [{AttributeName: 'id', KeyType: 'HASH'}]}));
            await waitUntilTableExists({client: plain, maxWaitTime: 20, minDelay: 1, maxDelay: 1}, {TableName: 'things'});
            await doc.send(new PutCommand({TableName: 'things', Item: {id: 'x', n: 1.5, list: [true, null]}}));
            const found = await doc.send(new QueryCommand({TableName: 'things', KeyConditionExpression: 'id = :i', ExpressionAttributeValues: {':i': 'x'}}));
            const { SQSClient, CreateQueueCommand, SendMessageCommand, ReceiveMessageCommand, GetQueueAttributesCommand } = require('@aws-sdk/client-sqs');
            const { SNSClient, CreateTopicCommand, SubscribeCommand, PublishCommand } = require('@aws-sdk/client-sns');
            const sqs = new SQSClient({}), sns = new SNSClient({});
            const { QueueUrl } = await sqs.send(new CreateQueueCommand({QueueName: 'jobs'}));
            await sqs.send(new SendMessageCommand({QueueUrl, MessageBody: 'job'}));
            const { Messages } = await sqs.send(new ReceiveMessageCommand({QueueUrl, WaitTimeSeconds: 5}));
            const { TopicArn } = await sns.send(new CreateTopicCommand({Name: 'reports'}));
            const { MessageId } = await sns.send(new PublishCommand({TopicArn, Subject: 's', Message: 'm'}));
            const { STSClient, GetCallerIdentityCommand } = require('@aws-sdk/client-sts');
            const { Arn } = await new STSClient({}).send(new GetCallerIdentityCommand({}));
            return [found.Items, Messages[0].Body, TopicArn, MessageId.length, Arn.split(':')[5]];"""),
            [[{"id": "x", "n": 1.5, "list": [True, None]}], "job", f"arn:aws:sns:us-east-1:{self.cloud.account}:reports", 36,
             "assumed-role/runner/probe"])

    def test_es_modules(self):
        """Beside the function's own version of a package, which comes first."""
        code = ("import { S3Client, ListBucketsCommand } from '@aws-sdk/client-s3';\n"
                "import own from '@aws-sdk/client-sns';\n"
                "const s3 = new S3Client({});\n"
                "const { Buckets } = await s3.send(new ListBucketsCommand({}));\n"
                "export const run = async () => [Buckets.map((b) => b.Name), own];\n")
        self.make_node("es", {"f.mjs": code, "node_modules/@aws-sdk/client-sns/index.js": "module.exports = 'own';"}, "f.run")
        self.assertEqual(self.answer_of("es"), [["photos"], "own"])

    def test_another_endpoint(self):
        self.assertEqual(self.inside("""
            const { S3Client, ListBucketsCommand } = require('@aws-sdk/client-s3');
            return ask(() => new S3Client({endpoint: 'https://example.com', maxAttempts: 1}).send(new ListBucketsCommand({})));"""),
            ["ENOTFOUND", True])


if __name__ == "__main__":
    main()
