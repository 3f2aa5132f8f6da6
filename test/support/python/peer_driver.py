"""A Python client, driven by JSON lines: one command in, one answer out. The commands are those of contract/peer.ts."""
import gc
import json
import sys

from celery import __version__, chain, chord, group, signature
from celery.result import AsyncResult, result_from_tuple

from peer_tasks import app

# A result that is collected while redis-py holds a lock of its own waits for that lock for ever, in AsyncResult.__del__.
gc.disable()

results = {}


def build(call):
    if "chain" in call:
        sig = chain(*[build(step) for step in call["chain"]])
    elif "group" in call:
        sig = group([build(member) for member in call["group"]])
    elif "chord" in call:
        sig = chord([build(member) for member in call["chord"]], build(call["body"]))
    elif "chunks" in call:
        sig = app.tasks[call["chunks"]].chunks([tuple(item) for item in call["items"]], call["size"])
    elif "map" in call:
        sig = app.tasks[call["map"]].map(call["items"])
    elif "starmap" in call:
        sig = app.tasks[call["starmap"]].starmap([tuple(item) for item in call["items"]])
    else:
        sig = signature(call["task"], args=tuple(call.get("args", ())), kwargs=call.get("kwargs", {}), app=app,
                        immutable=call.get("immutable", False))
    for callback in call.get("link", ()):
        sig.link(build(callback))
    for errback in call.get("linkError", ()):
        sig.link_error(build(errback))
    if call.get("stamps"):
        sig.stamp(**call["stamps"])
    if call.get("options"):
        sig.set(**snake(call["options"]))
    return sig


def snake(options):
    return {"".join("_" + c.lower() if c.isupper() else c for c in key): value for key, value in options.items()}


def describe(result):
    if result is None:
        return None
    members = getattr(result, "results", None)
    return {
        "id": result.id,
        "parent": describe(result.parent),
        "members": None if members is None else [describe(member) for member in members],
    }


def apply(call, protocol=2):
    app.conf.task_protocol = protocol
    app.amqp.__dict__.pop("create_task_message", None)
    sig = build(call)
    result = sig.apply_async()
    keep(result)
    return describe(result)


def keep(result):
    """One object for each id: Celery resolves only one of several that wait. A chord's group may share its header's id."""
    while result is not None:
        results.setdefault(result.id, result)
        for member in getattr(result, "results", None) or ():
            keep(member)
        result = result.parent


def find(result_id):
    return results.get(result_id) or AsyncResult(result_id, app=app)


def get(id, timeout):
    try:
        return {"value": find(id).get(timeout=timeout)}
    except Exception as error:
        return {"error": {"type": type(error).__name__, "module": type(error).__module__, "args": list(error.args)}}


def info(id):
    meta = find(id)._get_task_meta()
    children = [result_from_tuple(child, app=app) if isinstance(child, (list, tuple)) else child
                for child in meta.get("children") or []]
    return {
        "state": meta["status"],
        "result": meta["result"],
        "traceback": meta.get("traceback"),
        "children": [describe(child) for child in children],
    }


def revoke(id):
    find(id).revoke()


def forget(id):
    find(id).forget()


commands = {"apply": apply, "get": get, "info": info, "revoke": revoke, "forget": forget, "version": lambda: __version__}
for line in sys.stdin:
    request = json.loads(line)
    try:
        answer = {"value": commands[request.pop("do")](**request)}
    except Exception as error:
        answer = {"failure": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer, default=repr), flush=True)
