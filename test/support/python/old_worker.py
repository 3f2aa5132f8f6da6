"""A Python Celery worker of the kind that this project's replaces: it works on the rows of ``jobs`` and fences nothing.

Environment: CELERY_BROKER_URL, DATABASE_URL, WORKED_BY (written into the rows' results).
"""

import json
import os
import time

from celery import Celery
from sqlalchemy import create_engine, text

celery = Celery("plosolver_backend", broker=os.environ["CELERY_BROKER_URL"], backend="rpc://")
celery.conf.update(
    task_serializer="json",
    accept_content=["json"],
    result_serializer="json",
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    broker_connection_retry_on_startup=True,
)
engine = create_engine(os.environ["DATABASE_URL"], pool_pre_ping=True)


@celery.task(name="tasks.process_spot_simulation")
def process_spot_simulation(job_id):
    with engine.begin() as db:
        db.execute(
            text(
                "UPDATE jobs SET status = 'PROCESSING', started_at = now() AT TIME ZONE 'utc',"
                " updated_at = now() AT TIME ZONE 'utc' WHERE id = :id"
            ),
            {"id": job_id},
        )
    time.sleep(0.05)
    result = [{"player_number": 1, "worked_by": os.environ["WORKED_BY"]}]
    with engine.begin() as db:
        db.execute(
            text(
                "UPDATE jobs SET status = 'COMPLETED', progress_percentage = 100, result_data = CAST(:result AS json),"
                " completed_at = now() AT TIME ZONE 'utc', updated_at = now() AT TIME ZONE 'utc' WHERE id = :id"
            ),
            {"id": job_id, "result": json.dumps(result)},
        )
    return {"status": "completed", "result": result}
