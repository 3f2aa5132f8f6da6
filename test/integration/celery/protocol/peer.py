"""Reads bodies as kombu does and writes them again: one JSON list of messages in, one out."""
import base64
import json
import sys

from celery.backends.base import Backend
from celery import Celery
from kombu import compression, serialization

app = Celery("peer", broker="memory://", backend="cache+memory://")
serialization.enable_insecure_serializers(["json", "yaml", "msgpack"])


def reread(message):
    body = base64.b64decode(message["body"])
    if message.get("compression"):
        body = compression.decompress(body, message["compression"])
    value = serialization.loads(body, message["contentType"], message["contentEncoding"],
                                accept={message["contentType"]})
    return value


def rewrite(value, serializer, method):
    content_type, content_encoding, body = serialization.dumps(value, serializer=serializer)
    body = body.encode() if isinstance(body, str) else body
    header = None
    if method:
        body, header = compression.compress(body, method)
    return {"body": base64.b64encode(body).decode(), "contentType": content_type,
            "contentEncoding": content_encoding, "compression": header}


def reraise(encoded):
    exception = Backend(app=app).exception_to_python(encoded)
    return [type(exception).__name__, type(exception).__module__, repr(exception)]


answers = []
for message in json.load(sys.stdin):
    if "exception" in message:
        answers.append(reraise(message["exception"]))
        continue
    value = reread(message)
    answers.append({"value": json.dumps(value, default=repr), "repr": repr(value),
                    "again": rewrite(value, message["serializer"], message.get("method"))})
print(json.dumps(answers))
