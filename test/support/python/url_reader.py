"""Reads a list of [kind, URL] as JSON from stdin; prints what kombu or SQLAlchemy make of each, null for a refusal."""
import json
import sys

from kombu import Connection
from sqlalchemy.engine import make_url


def broker(url):
    connection = Connection(url)
    params = connection.info()
    transport = connection.transport
    defaults = transport.default_connection_params
    return [
        params["hostname"] or defaults["hostname"],
        params["port"] or transport.default_port,
        params["userid"] or defaults["userid"],
        params["password"] or connection.password or defaults["password"],
        params["virtual_host"],
    ]


def database(url):
    parsed = make_url(url)
    return [parsed.host, parsed.port, parsed.username, parsed.password, parsed.database]


def read(kind, url):
    try:
        return {"broker": broker, "database": database}[kind](url)
    except Exception:
        return None


json.dump([read(kind, url) for kind, url in json.load(sys.stdin)], sys.stdout)
