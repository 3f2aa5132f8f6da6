"""How the PLOSolver backend submits its jobs to Celery (path A): by task name, routed to a queue by that name.

This module knows nothing of the worker's code. Routes only, no declared queues: Celery itself declares the queue,
durable and without arguments, on a direct exchange of the same name.
"""

import os

from celery import Celery
from celery.result import AsyncResult

SPOT_SIMULATION = "tasks.process_spot_simulation"
SOLVER_ANALYSIS = "tasks.process_solver_analysis"

TASK_OF_JOB_TYPE = {
    "SPOT_SIMULATION": SPOT_SIMULATION,
    "SOLVER_ANALYSIS": SOLVER_ANALYSIS,
}

celery = Celery(
    "plosolver_backend",
    broker=os.environ.get("CELERY_BROKER_URL", "amqp://rabbitmq:5672//"),
    backend=os.environ.get("CELERY_RESULT_BACKEND", "rpc://"),
)

celery.conf.update(
    task_serializer="json",
    accept_content=["json"],
    result_serializer="json",
    timezone="UTC",
    enable_utc=True,
    result_expires=3600,
    broker_connection_retry_on_startup=True,
    task_routes={
        SPOT_SIMULATION: {"queue": os.environ.get("RABBITMQ_SPOT_QUEUE", "spot_simulation")},
        SOLVER_ANALYSIS: {"queue": os.environ.get("RABBITMQ_SOLVER_QUEUE", "solver_analysis")},
    },
)


def submit(job_type: str, job_id: str) -> str:
    """Sends the task of a job whose row is already committed; returns the Celery task id."""
    return celery.send_task(TASK_OF_JOB_TYPE[job_type], args=[job_id]).id


def cancel(task_id: str) -> None:
    """Asks every worker to drop the task, and the one that runs it to stop."""
    celery.control.revoke(task_id, terminate=True)


def result_of(task_id: str) -> AsyncResult:
    """The task's state and result. With ``rpc://`` they reach only the thread that submitted it."""
    return AsyncResult(task_id, app=celery)
