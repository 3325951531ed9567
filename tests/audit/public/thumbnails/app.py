import io
import os
import urllib.parse

import boto3
from PIL import Image

s3 = boto3.client('s3')
BUCKET = os.environ['THUMBNAIL_BUCKET']
WIDTH = int(os.environ.get('THUMBNAIL_WIDTH', '320'))


def lambda_handler(event, context):
    for record in event['Records']:
        bucket = record['s3']['bucket']['name']
        key = urllib.parse.unquote_plus(record['s3']['object']['key'])
        body = s3.get_object(Bucket=bucket, Key=key)['Body'].read()
        image = Image.open(io.BytesIO(body))
        image.thumbnail((WIDTH, WIDTH))
        out = io.BytesIO()
        image.save(out, 'JPEG')
        s3.put_object(Bucket=BUCKET, Key=key, Body=out.getvalue())
        print('done', key)
