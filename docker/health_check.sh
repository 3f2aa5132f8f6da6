#!/bin/sh
# The image's health check, and /app/health_check.py and .sh of compose files that the Python worker had: does the worker's
# event loop turn? It asks for nothing else. A worker without its broker waits, and is not to be restarted for that.
exec celery health --live
