"""Takes as much as it gets of one thing, says what it got, and holds it until it is ended."""

import os
import resource
import signal
import socket
import subprocess
import sys
import time

held = []


def say(got):
    print(f"got {got}", flush=True)


def until_refused(take, most):
    for at in range(most):
        try:
            held.append(take())
        except OSError as error:
            say(f"{at} {error.strerror}")
            return
    say(most)


def forks():
    for at in range(3000):
        try:
            if os.fork() == 0:
                signal.pause()
        except OSError as error:
            say(f"{at} {error.strerror}")
            return


def connected(address, family=socket.AF_UNIX):
    one = socket.socket(family)
    one.settimeout(5)
    one.connect(address)
    return one


def connections():
    """Each waits for what is never said."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    until_refused(lambda: connected("/run/writ/egress.sock"), 3000)
    until_refused(lambda: connected(("127.0.0.1", 3128), socket.AF_INET), 3000)


def requests():
    """Thousands, refused one by one."""
    for at in range(3000):
        one = connected(("127.0.0.1", 3128), socket.AF_INET)
        one.sendall(b"CONNECT elsewhere.example:443 HTTP/1.1\r\nHost: elsewhere.example:443\r\n\r\n")
        if at % 50 == 49 and not one.recv(99):
            break
        one.close()
    say("through")


def memory():
    say("some")
    while True:
        held.append(bytearray(16 << 20))


def output():
    say("some")
    while True:
        os.write(1, b"x" * 65536)


def arguments():
    for at in range(10):
        subprocess.run(["true", *["x" * 100_000] * 15], env={"LONG": "x" * 100_000}, check=False)
    say(10)


def temporary():
    say("some")
    with open("/tmp/full", "wb") as file:
        until_refused(lambda: file.write(bytes(1 << 20)) * 0, 600)


def starts():
    say("some")
    while True:
        subprocess.run(["true"], check=False)


globals()[sys.argv[1]]()
time.sleep(600)
