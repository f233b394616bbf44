"""Runs a list of attempts, [[name, argv], …] in a JSON file, and says what each printed, as one JSON object.

The same for the governed leg and for the control.
"""

import json
import os
import signal
import subprocess
import sys
import time

patience = 20


def attempt(argv):
    started = time.monotonic()
    process = subprocess.Popen(
        argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )
    try:
        out, err = process.communicate(timeout=patience)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        out, err = process.communicate()
        err += b"out of time"
    spent = round((time.monotonic() - started) * 1000)
    return {"status": process.returncode, "stdout": out.decode("latin1"), "stderr": err.decode("latin1"), "ms": spent}


results = {}
for name, argv in json.load(open(sys.argv[1])):
    try:
        results[name] = attempt(argv)
    except OSError as error:
        results[name] = {"status": 126, "stdout": "", "stderr": str(error), "ms": 0}
print(json.dumps(results))
