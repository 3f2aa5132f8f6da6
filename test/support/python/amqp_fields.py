"""Sends and reads messages whose headers hold every type of field that py-amqp writes, as kombu does for its users.

Usage: amqp_fields.py URL; a command as JSON on stdin, its answer as JSON on stdout.
"""

import json
import sys
from datetime import datetime
from decimal import Decimal

from kombu import Connection, Queue

FIELDS = {
    "own_text": "ä😀",
    "own_bytes": b"\x00\xff",
    "own_true": True,
    "own_int": -70000,
    "own_long": 1795691318276,
    "own_least": -(2**63),
    "own_float": 1e308,
    "own_decimal": Decimal("-1.1"),
    "own_time": datetime(2026, 11, 23, 20, 5, 4),
    "own_none": None,
    "own_list": [1, 2**40, "x", None, [True], {"deep": 2**62}],
    "own_dict": {"empty": {}, "list": [], "n": 2**33, "f": 2.0},
}


def publish(connection, exchange, routing_key, body, headers, properties):
    with connection.Producer() as producer:
        producer.publish(
            json.dumps(body),
            exchange=exchange,
            routing_key=routing_key,
            content_type="application/json",
            content_encoding="utf-8",
            headers={**headers, **FIELDS},
            **properties,
        )
    return True


def read(connection, queue):
    """Takes a message: the headers of ours that are others now, with what they are."""
    message = Queue(queue)(connection.default_channel).get(no_ack=True)
    if message is None:
        return None
    headers = message.headers
    changed = {
        name: repr(headers.get(name))
        for name, value in FIELDS.items()
        if repr(headers.get(name)) != repr(value)
    }
    return {"changed": changed, "properties": {key: str(value) for key, value in message.properties.items()}}


with Connection(sys.argv[1]) as connection:
    command = json.load(sys.stdin)
    run = {"publish": publish, "read": read}[command.pop("do")]
    json.dump(run(connection, **command), sys.stdout)
