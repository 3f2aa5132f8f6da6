"""Calls Python's own control API: one JSON request a line on stdin, one JSON answer a line on stdout."""
import json
import sys

from control_app import app


def target(request):
    if request["api"] == "inspect":
        return app.control.inspect(**request.get("options", {}))
    return app.control


for line in sys.stdin:
    request = json.loads(line)
    try:
        method = getattr(target(request), request["method"])
        answer = {"value": method(*request.get("args", []), **request.get("kwargs", {}))}
    except Exception as error:  # whatever it is, the test shall see it
        answer = {"error": repr(error)}
    print(json.dumps(answer), flush=True)
