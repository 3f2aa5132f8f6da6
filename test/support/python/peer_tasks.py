"""A Celery app with the tasks of the conformance contract; test/conformance/contract/tasks.ts has the same ones."""
import os

from celery import Celery, chain, group

app = Celery("peer", broker=os.environ["PEER_BROKER"], backend=os.environ["PEER_BACKEND"])
app.conf.update(
    broker_connection_retry_on_startup=True,
    task_default_queue=os.environ.get("PEER_QUEUE", "celery"),
    result_chord_retry_interval=0.2,
    worker_hijack_root_logger=False,
)


class ContractError(Exception):
    """Knows no module that the other side could import."""


def recorder():
    import redis

    return redis.Redis.from_url(os.environ["PEER_REDIS"])


@app.task(name="c.add")
def add(x, y, z=0):
    return x + y + z


@app.task(name="c.echo")
def echo(*args, **kwargs):
    return [list(args), kwargs]


@app.task(name="c.identity")
def identity(value):
    return value


@app.task(name="c.xsum")
def xsum(numbers):
    return sum(sum(n) if isinstance(n, list) else n for n in numbers)


@app.task(name="c.fail")
def fail(*args):
    raise ValueError("contract", 7)


@app.task(name="c.fail_custom")
def fail_custom(*args):
    raise ContractError("custom", {"code": 3})


@app.task(name="c.ids", bind=True)
def ids(self, *args):
    request = self.request
    return [request.root_id, request.parent_id, args[-1] if args else None]


@app.task(name="c.request", bind=True)
def request(self, *args):
    r = self.request
    return {
        "id": r.id, "task": r.task, "root_id": r.root_id, "parent_id": r.parent_id, "group": r.group,
        "group_index": r.group_index, "retries": r.retries, "correlation_id": r.correlation_id,
        "timelimit": list(r.timelimit or []), "shadow": r.shadow, "priority": (r.delivery_info or {}).get("priority"),
        "custom": (r.headers or {}).get("custom") if isinstance(r.headers, dict) else None,
        "nesting": getattr(r, "replaced_task_nesting", 0), "stamps": getattr(r, "stamps", None),
    }


@app.task(name="c.record")
def record(value, key):
    recorder().rpush(key, str(value))
    return value


@app.task(name="c.on_error_old")
def on_error_old(task_id, **kwargs):
    recorder().rpush(kwargs["key"], task_id)


@app.task(name="c.on_error")
def on_error(request, exc, traceback, key):
    recorder().rpush(key, f"{request.id} {type(exc).__name__}")


@app.task(name="c.retry", bind=True, max_retries=3)
def retry(self, times):
    if self.request.retries < times:
        raise self.retry(countdown=0.05)
    return self.request.retries


@app.task(name="c.retry_error", bind=True, max_retries=1)
def retry_error(self):
    raise self.retry(exc=KeyError("contract"), countdown=0.05)


@app.task(name="c.retry_out", bind=True, max_retries=1)
def retry_out(self):
    raise self.retry(countdown=0.05)


@app.task(name="c.children", bind=True)
def children(self):
    add.apply_async((1, 1))
    group(identity.s(1), identity.s(2)).apply_async()
    return "parent"


@app.task(name="c.replace", bind=True)
def replace(self, *args):
    return self.replace(request.si())


@app.task(name="c.replace_add", bind=True)
def replace_add(self, x, y):
    return self.replace(add.s(x, y))


@app.task(name="c.replace_chain", bind=True)
def replace_chain(self, x):
    return self.replace(chain(identity.s(x), add.s(1)))


@app.task(name="c.replace_group", bind=True)
def replace_group(self, numbers, value):
    return self.replace(group(add.s(n, value) for n in numbers))


@app.task(name="c.ignored", ignore_result=True)
def ignored():
    return "nobody reads this"


@app.task(name="c.progress", bind=True)
def progress(self):
    self.update_state(state="PROGRESS", meta={"done": 3})
    import time

    time.sleep(0.4)
    return "done"
