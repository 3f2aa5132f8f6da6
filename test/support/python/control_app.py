"""Tasks that exist under the same names in the Node workers they are compared with."""
import os
import time

from celery import Celery
from celery.exceptions import Ignore, Reject

app = Celery("control_app", broker=os.environ["BROKER_URL"], backend=os.environ.get("RESULT_BACKEND", "rpc://"))
app.conf.task_acks_late = True
app.conf.worker_pool_restarts = True
app.conf.broker_connection_retry_on_startup = True
app.conf.task_send_sent_event = True


@app.task(name="t.add")
def add(x, y):
    return x + y


@app.task(name="t.sleep")
def sleep(seconds):
    time.sleep(seconds)
    return "slept"


@app.task(name="t.fail")
def fail():
    raise ValueError("boom")


@app.task(name="t.flaky", bind=True)
def flaky(self):
    if self.request.retries == 0:
        raise self.retry(countdown=0.1, exc=ValueError("not yet"))
    return "second"


@app.task(name="t.reject")
def reject():
    raise Reject("no", requeue=False)


@app.task(name="t.limited", rate_limit="100/s")
def limited():
    return 1


@app.task(name="t.event", bind=True)
def event(self):
    self.send_event("task-progress", percent=50)
    return 1


@app.task(name="t.ignore")
def ignore():
    raise Ignore()
