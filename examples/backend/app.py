"""A small stand-in for the PLOSolver backend: owns the ``jobs`` rows, hands the work to Celery.

    POST   /jobs        {"job_type": "SPOT_SIMULATION", "input_data": {...}}  -> 201, the job
    GET    /jobs        the newest jobs, without their results
    GET    /jobs/<id>   one job, with its result
    DELETE /jobs/<id>   cancels it: the row first, then the task
    GET    /health      200 when the database answers

Settings: ``DATABASE_URL``, ``CELERY_BROKER_URL``, ``CELERY_RESULT_BACKEND``, ``PORT`` (5000), ``HOST`` (127.0.0.1).
"""

import json
import os
import uuid
from datetime import datetime, timezone

import celery_service
from flask import Flask, jsonify, request
from sqlalchemy import create_engine, text
from sqlalchemy.exc import SQLAlchemyError

DEMO_USER = {"id": "00000000-0000-4000-8000-000000000001", "email": "demo@plosolver.example", "username": "demo"}

engine = create_engine(os.environ["DATABASE_URL"], pool_pre_ping=True)
app = Flask(__name__)


def utc_now() -> datetime:
    """The ``jobs`` table holds naive timestamps in UTC."""
    return datetime.now(timezone.utc).replace(tzinfo=None)


def job_json(row) -> dict:
    return {
        key: value.isoformat() + "Z" if isinstance(value, datetime) else value
        for key, value in row._mapping.items()
    }


@app.post("/jobs")
def create_job():
    body = request.get_json(silent=True)
    if not isinstance(body, dict) or not isinstance(body.get("input_data"), dict):
        return jsonify(error='expected {"job_type": ..., "input_data": {...}}'), 400
    job_type = body.get("job_type", "SPOT_SIMULATION")
    if job_type not in celery_service.TASK_OF_JOB_TYPE:
        return jsonify(error=f"unknown job_type {job_type!r}"), 400

    job_id = str(uuid.uuid4())
    with engine.begin() as db:
        db.execute(
            text("INSERT INTO users (id, email, username) VALUES (:id, :email, :username) ON CONFLICT DO NOTHING"),
            DEMO_USER,
        )
        db.execute(
            text(
                "INSERT INTO jobs (id, user_id, job_type, status, input_data, progress_percentage, created_at, updated_at)"
                " VALUES (:id, (SELECT id FROM users WHERE email = :email), CAST(:job_type AS jobtype), 'QUEUED', CAST(:input AS json), 0, :now, :now)"
            ),
            {
                "id": job_id,
                "email": DEMO_USER["email"],
                "job_type": job_type,
                "input": json.dumps(body["input_data"]),
                "now": utc_now(),
            },
        )
    # The row is committed before the message leaves, so the worker always finds it.
    task_id = celery_service.submit(job_type, job_id)
    with engine.begin() as db:
        db.execute(text("UPDATE jobs SET queue_message_id = :task WHERE id = :id"), {"task": task_id, "id": job_id})
    return get_job(job_id), 201


@app.get("/jobs")
def list_jobs():
    with engine.connect() as db:
        rows = db.execute(
            text(
                "SELECT id, job_type, status, progress_percentage, progress_message, error_message,"
                " created_at, started_at, completed_at FROM jobs ORDER BY created_at DESC LIMIT 50"
            )
        )
        return jsonify([job_json(row) for row in rows])


@app.get("/jobs/<job_id>")
def get_job(job_id: str):
    with engine.connect() as db:
        row = db.execute(text("SELECT * FROM jobs WHERE id = :id"), {"id": job_id}).first()
    if row is None:
        return jsonify(error=f"no job {job_id}"), 404
    return jsonify(job_json(row))


@app.delete("/jobs/<job_id>")
def cancel_job(job_id: str):
    with engine.begin() as db:
        row = db.execute(
            text(
                "UPDATE jobs SET status = 'CANCELLED', completed_at = :now, updated_at = :now"
                " WHERE id = :id AND status IN ('QUEUED', 'PROCESSING') RETURNING queue_message_id"
            ),
            {"id": job_id, "now": utc_now()},
        ).first()
    if row is not None and row.queue_message_id:
        celery_service.cancel(row.queue_message_id)
    return get_job(job_id)


@app.get("/health")
def health():
    with engine.connect() as db:
        db.execute(text("SELECT 1"))
    return jsonify(status="healthy")


@app.errorhandler(SQLAlchemyError)
def database_error(error):
    app.logger.error("database: %s", error)
    return jsonify(error="the database did not answer"), 503


if __name__ == "__main__":
    app.run(host=os.environ.get("HOST", "127.0.0.1"), port=int(os.environ.get("PORT", "5000")), threaded=True)
