"""Reads the EXIF data of an upload."""
import json
import logging
import os

import boto3
from PIL import ExifTags, Image

logger = logging.getLogger(__name__)
logger.setLevel("INFO")
s3 = boto3.client("s3")
table = boto3.resource("dynamodb").Table(os.environ["TABLE"])


def read(event, context):
    detail = event["detail"]
    bucket, key = detail["bucket"]["name"], detail["object"]["key"]
    if detail["object"]["size"] > 30_000_000:
        logger.warning(json.dumps({"message": "too large", "key": key}))
        return
    try:
        image = Image.open(s3.get_object(Bucket=bucket, Key=key)["Body"])
    except OSError as error:
        logger.warning(json.dumps({"message": "not an image", "key": key, "error": str(error)}))
        return
    exif = {ExifTags.TAGS.get(tag, str(tag)): str(value) for tag, value in image.getexif().items()}
    table.put_item(Item={
        "image_id": key,
        "camera": exif.get("Model", "unknown"),
        "taken_at": exif.get("DateTime", "unknown"),
        "exif": exif,
    })
    logger.info(json.dumps({"message": "recorded", "key": key}))
