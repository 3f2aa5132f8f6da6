"""Runs a command on a terminal of its own: prints what it writes; a line on stdin closes the terminal; prints its end."""
import json
import os
import pty
import sys
import threading

pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])


def show():
    try:
        while True:
            sys.stdout.write(os.read(terminal, 4096).decode("utf-8", "replace"))
            sys.stdout.flush()
    except OSError:
        pass


threading.Thread(target=show, daemon=True).start()
sys.stdin.readline()
os.close(terminal)
_, status = os.waitpid(pid, 0)
print("\nended " + json.dumps({"code": os.waitstatus_to_exitcode(status)}), flush=True)
os._exit(0)
