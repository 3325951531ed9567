#!/usr/bin/env python3
"""The stages of SigV4 (and S3's query SigV2), one file each, as botocore's own signer makes them.

  make.py            rewrites the cases below this folder
  make.py --check    fails where a case is not what the installed botocore makes
  make.py --random N DIR   N random cases into DIR, for the test to be run on
Exit code 77: no botocore here.

A case is a folder: request (what is signed), canonical, string, signature, result (the Authorization
header, or the query of the presigned URL). The keys are AWS's documentation examples.
"""
import datetime, os, random, sys, unittest.mock
from urllib.parse import quote, urlsplit
try:
    import botocore.auth as auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials
except ImportError:
    sys.exit(77)

ACCESS, SECRET = 'AKIAIOSFODNN7EXAMPLE', 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'
NOW = datetime.datetime(2026, 11, 22, 4, 56, 59)
EPOCH = int(NOW.replace(tzinfo=datetime.timezone.utc).timestamp())
TOKEN = 'FwoGZXIvYXdzEXAMPLE/+token=='

# name: (form, service, region, method, url, headers, body, token)
CASES = {
    'get-root': ('header', 's3', 'us-east-1', 'GET', 'http://127.0.0.1:4566/', {}, b'', None),
    'put-object': ('header', 's3', 'eu-west-1', 'PUT', 'http://127.0.0.1:4566/b/uploads/cat.jpg',
                   {'Content-Type': 'image/jpeg', 'x-amz-meta-a': '  two   spaces '}, b'hello', None),
    's3-odd-key': ('header', 's3', 'us-east-1', 'GET', 'http://h:1/b/a%20b/%C3%A4//x/../%2B%40%3D~.jpg', {}, b'', None),
    's3-escaped-slash': ('header', 's3', 'us-east-1', 'GET', 'http://h:1/b/a%2Fb', {}, b'', None),
    's3-multipart-query': ('header', 's3', 'us-east-1', 'PUT', 'http://h:1/b/k?uploadId=a%2Bb%3D&partNumber=2', {}, b'p', None),
    's3-flag-query': ('header', 's3', 'us-east-1', 'GET', 'http://h:1/b?location', {}, b'', None),
    's3-list-query': ('header', 's3', 'us-east-1', 'GET', 'http://h:1/b?prefix=a%2Fb%20c&list-type=2&encoding-type=url&delimiter=%2F', {}, b'', None),
    's3-session': ('header', 's3', 'us-east-1', 'GET', 'http://h:1/b/k', {}, b'', TOKEN),
    'lambda-arn-path': ('header', 'lambda', 'us-east-1', 'POST',
                        'http://h:1/2015-03-31/functions/arn%3Aaws%3Alambda%3Aus-east-1%3A000000000000%3Afunction%3Af/invocations', {}, b'{}', None),
    'other-dots': ('header', 'lambda', 'us-east-1', 'GET', 'http://h:1/a/./b/../c//d/', {}, b'', None),
    'other-dots-above-root': ('header', 'lambda', 'us-east-1', 'GET', 'http://h:1/../..', {}, b'', None),
    'sns-query': ('header', 'sns', 'us-east-1', 'POST', 'http://h:1/',
                  {'Content-Type': 'application/x-www-form-urlencoded; charset=utf-8'}, b'Action=ListTopics&Version=2010-03-31', None),
    'dynamodb-json': ('header', 'dynamodb', 'us-east-1', 'POST', 'http://h:1/',
                      {'Content-Type': 'application/x-amz-json-1.0', 'X-Amz-Target': 'DynamoDB_20120810.ListTables'}, b'{}', None),
    'query-order': ('header', 'sqs', 'us-east-1', 'GET', 'http://h:1/?b=2&a=z&a=b&a-b=1&A=0&e=', {}, b'', None),
    'presign-get': ('query', 's3', 'us-east-1', 'GET', 'http://127.0.0.1:4566/b/k%20y.jpg', {}, b'', None),
    'presign-session': ('query', 's3', 'us-east-1', 'PUT', 'http://h:1/b/k?versionId=abc', {}, b'', TOKEN),
    'presign-sts': ('query', 'sts', 'us-east-1', 'GET', 'http://h:1/?Action=GetCallerIdentity&Version=2011-06-15', {}, b'', None),
    'v2-get': ('v2', 's3', 'us-east-1', 'GET', 'http://127.0.0.1:4566/b/k%20y.jpg', {}, b'', None),
    'v2-sub-resource': ('v2', 's3', 'us-east-1', 'GET',
                        'http://h:1/b/k?versionId=3%2F4&response-content-type=image%2Fjpeg&x=1', {}, b'', None),
    'v2-session-put': ('v2', 's3', 'us-east-1', 'PUT', 'http://h:1/b/k', {'Content-Type': 'image/png', 'x-amz-acl': 'private'}, b'', TOKEN),
}


def sign(form, service, region, method, url, headers, body, token):
    credentials = Credentials(ACCESS, SECRET, token)
    request = AWSRequest(method=method, url=url, headers=dict(headers), data=body or None)
    stages = {}
    if form == 'header':
        signer = (auth.S3SigV4Auth if service == 's3' else auth.SigV4Auth)(credentials, service, region)
    elif form == 'query':
        signer = (auth.S3SigV4QueryAuth if service == 's3' else auth.SigV4QueryAuth)(credentials, service, region, expires=900)
    else:
        signer = auth.HmacV1QueryAuth(credentials, expires=900)

    def spy(name, stage):
        original = getattr(signer, name)
        def wrapped(*args, **kwargs):
            made = original(*args, **kwargs)
            stages[stage] = made
            return made
        setattr(signer, name, wrapped)
    if form == 'v2':
        spy('canonical_string', 'string')
        spy('sign_string', 'signature')
    else:
        spy('canonical_request', 'canonical')
        spy('string_to_sign', 'string')
        spy('signature', 'signature')
    if hasattr(auth, 'get_current_datetime'):
        clock = unittest.mock.patch.object(auth, 'get_current_datetime', return_value=NOW)
    else:  # Debian 12's botocore
        stopped = unittest.mock.Mock(wraps=datetime)
        stopped.datetime.utcnow = lambda: NOW
        clock = unittest.mock.patch.object(auth, 'datetime', stopped)
    with clock, \
            unittest.mock.patch.object(auth.time, 'time', return_value=float(EPOCH)):
        signer.add_auth(request)
    parts = urlsplit(url)
    sent = {k: v for k, v in request.headers.items() if k != 'Authorization'}
    if form != 'v2':
        sent['host'] = parts.netloc
    lines = [f'form {form}', f'service {service}', f'region {region}', f'date {NOW:%Y%m%dT%H%M%SZ}',
             f'expires {EPOCH + 900 if form == "v2" else 900}', f'token {token or ""}',
             f'method {method}', f'path {parts.path}', f'query {parts.query}']
    if form != 'v2':
        lines.append('payload ' + stages['canonical'].rsplit('\n', 1)[1])
    lines += [f'header {k}:{v}' for k, v in sent.items()]
    stages['request'] = '\n'.join(lines) + '\n'
    stages['result'] = request.headers['Authorization'] if form == 'header' else urlsplit(request.url).query
    return stages


def write(folder, stages):
    os.makedirs(folder, exist_ok=True)
    for name, text in stages.items():
        with open(os.path.join(folder, name), 'w', newline='') as f:
            f.write(text)


def random_case(rnd):
    alphabet = 'abcXYZ019-_.~ /+=&%@:;,!*()\'"$äß漢'
    word = lambda n: ''.join(rnd.choice(alphabet) for _ in range(rnd.randint(0, n)))
    form = rnd.choice(['header', 'header', 'query', 'v2'])
    service = 's3' if form == 'v2' else rnd.choice(['s3', 'lambda', 'sns'])
    path = '/b/' + quote(word(20), safe='/~')
    names = rnd.sample(['prefix', 'versionId', 'marker', 'acl', 'response-content-type', 'x y', 'Ä'], rnd.randint(0, 4))
    query = '&'.join(f'{quote(n, safe="~")}={quote(word(10) or "v", safe="~")}' for n in names)
    headers = {f'x-amz-meta-{i}': ''.join(rnd.choice('ab  c') for _ in range(8)) + 'z' for i in range(rnd.randint(0, 3))} if form == 'header' else {}
    return (form, service, rnd.choice(['us-east-1', 'eu-central-1']), rnd.choice(['GET', 'PUT', 'DELETE']),
            f'http://host:{rnd.randint(1, 9999)}{path}' + ('?' + query if query else ''), headers,
            rnd.randbytes(rnd.randint(0, 9)) if form == 'header' else b'', rnd.choice([None, TOKEN]))


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    if sys.argv[1:2] == ['--random']:
        rnd = random.Random(4)
        for i in range(int(sys.argv[2])):
            write(os.path.join(sys.argv[3], f'{i}'), sign(*random_case(rnd)))
        return
    bad = 0
    for name, case in CASES.items():
        folder, stages = os.path.join(here, name), sign(*case)
        if '--check' not in sys.argv:
            write(folder, stages)
            continue
        for stage, text in stages.items():
            with open(os.path.join(folder, stage), newline='') as f:
                if f.read() != text:
                    print(f'{name}/{stage} is not what botocore makes')
                    bad = 1
    sys.exit(bad)


main()
