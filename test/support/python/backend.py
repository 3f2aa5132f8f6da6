"""The submission paths of PLOSolver's backends, driven by JSON lines: one command in, one answer out."""

import json
import sys

from celery import Celery, __version__
from kombu import Exchange, Queue

broker = sys.argv[1]


def main_app(module: str, spot_queue: str) -> Celery:
    """Path A: names routed to queues, everything else Celery's own default."""
    app = Celery("plosolver_backend", broker=broker, backend="rpc://")
    app.conf.update(
        task_serializer="json",
        accept_content=["json"],
        result_serializer="json",
        timezone="UTC",
        enable_utc=True,
        result_expires=3600,
        broker_connection_retry_on_startup=True,
        task_routes={f"{module}.process_spot_simulation": {"queue": spot_queue}},
    )
    return app


def path_b_app() -> Celery:
    """Path B: a queue on a direct exchange that somebody else declared, with dead-lettering."""
    app = Celery("celery_worker", broker=broker, backend="rpc://")
    exchange = Exchange("plosolver.main", type="direct", durable=True)
    arguments = {"x-dead-letter-exchange": "plosolver.dlq", "x-dead-letter-routing-key": "spot-processing-dlq"}
    app.conf.update(
        task_queues=(Queue("spot-processing", exchange, routing_key="spot-processing", queue_arguments=arguments),),
        task_serializer="json",
        accept_content=["json"],
    )
    return app


apps: dict[str, Celery] = {}
results = {}


def app_of(key: str, make) -> Celery:
    if key not in apps:
        apps[key] = make()
    return apps[key]


def handle(command: dict):
    what = command["do"]
    if what == "version":
        return __version__
    if what == "path-a":
        module, queue = command["module"], command["queue"]
        app = app_of(f"{module} {queue}", lambda: main_app(module, queue))
        result = app.send_task(f"{module}.process_spot_simulation", args=[command["job"]])
        results[result.id] = result
        return result.id
    if what == "path-b":
        app = app_of("b", path_b_app)
        task = "celery_worker.tasks.process_spot_simulation"
        message = {"id": command["message"], "task": task, "args": [command["job"]], "kwargs": {}, "retries": 0, "eta": None}
        result = app.send_task(task, args=[message], queue="spot-processing")
        results[result.id] = result
        return result.id
    if what == "get":
        result = results[command["id"]]
        try:
            value = result.get(timeout=command.get("timeout", 60))
            return {"value": value, "status": result.status, "successful": result.successful(), "info": result.info}
        except Exception as error:  # the exception is the answer
            return {"raised": type(error).__name__, "text": str(error), "status": result.status}
    if what == "revoke":
        next(iter(apps.values())).control.revoke(command["id"], terminate=True)
        return None
    raise ValueError(what)


for line in sys.stdin:
    try:
        answer = {"ok": handle(json.loads(line))}
    except Exception as error:
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), flush=True)
