"""Celery's own result backend, driven by one JSON command on the command line; prints one JSON answer."""
import json
import sys

from celery import Celery
from celery.exceptions import ChordError
from celery.result import AsyncResult, GroupResult

command = json.loads(sys.argv[1])
app = Celery("peer", broker="memory://", backend=command["backend"])
app.conf.result_extended = command.get("extended", False)
app.conf.result_serializer = command.get("serializer", "json")
published = []


@app.task(name="peer.body")
def body(results):
    return results


class CustomError(Exception):
    pass


def store():
    for item in command["items"]:
        result = item["result"]
        if item.get("error"):
            result = {"ValueError": ValueError, "CustomError": CustomError}[item["error"]](*result)
        app.backend.store_result(item["id"], result, item["state"], traceback=item.get("traceback"))


def read():
    answers = []
    for task_id in command["ids"]:
        result = AsyncResult(task_id, app=app)
        try:
            value = result.get(timeout=10) if command.get("get", True) else result.result
            error = None
        except Exception as exc:  # the error is what is asked for
            value, error = None, [type(exc).__name__, type(exc).__module__, list(exc.args)]
        meta = app.backend.get_task_meta(task_id)
        extended = {key: meta.get(key) for key in ("name", "args", "kwargs", "worker", "retries", "queue")}
        answers.append({
            "state": result.state, "value": value, "error": error, "traceback": result.traceback,
            "children": [child.id for child in (result.children or [])],
            "date_done": str(meta.get("date_done")), "extended": extended,
        })
    return answers


def save_group():
    GroupResult(command["group"], [AsyncResult(task_id, app=app) for task_id in command["ids"]], app=app).save()


def read_group():
    group = GroupResult.restore(command["group"], app=app)
    return [child.id for child in group.results]


def chord_size():
    app.backend.set_chord_size(command["group"], command["size"])


def chord_part():
    class Request:
        id = command["id"]
        group = command["group"]
        group_index = command["index"]
        chord = {"task": "peer.body", "args": [], "kwargs": {}, "options": {"task_id": command["body_id"]},
                 "subtask_type": None, "immutable": False}
        errbacks = None
        chain = None

    app.Task.apply_async = lambda self, args=None, kwargs=None, **options: published.append(list(args))
    result = command["result"]
    if command["state"] == "FAILURE":
        result = ValueError(*result)
    app.backend.on_chord_part_return(Request, command["state"], result)
    return published


answer = globals()[command["do"]]()
print(json.dumps(answer, default=str))
