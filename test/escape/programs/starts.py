"""Ways to start a program without its file's being what is decided. Arguments: which way, the program that must not
start, a folder to write to. Only that it started counts, not what it then says.
"""

import ctypes
import os
import stat
import subprocess
import sys
import threading

way, forbidden, scratch = sys.argv[1], sys.argv[2], sys.argv[3]
libc = ctypes.CDLL(None, use_errno=True)
SYS_execve, SYS_execveat, AT_EMPTY_PATH = (59, 322, 0x1000) if os.uname().machine == "x86_64" else (221, 281, 0x1000)


def strings(*words):
    return (ctypes.c_char_p * (len(words) + 1))(*[word.encode() for word in words], None)


def outcome(start):
    """Runs `start` in a child; whether what it starts began to run."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        os.dup2(os.open(os.devnull, os.O_RDWR), 0)
        os.set_inheritable(writer, False)  # gone as soon as another program runs
        try:
            start()
        finally:
            os.write(writer, b"still here")
            os._exit(1)
    os.close(writer)
    said = os.read(reader, 99)
    _, status = os.waitpid(child, 0)
    print("refused" if said else "reached")
    print("status", os.waitstatus_to_exitcode(status))


def in_memory():
    file = os.memfd_create("x", 0)
    with open(forbidden, "rb") as source:
        os.write(file, source.read())
    return file


def copied(name="copy", linked=False):
    path = os.path.join(scratch, f"{name}-{os.getpid()}")
    if linked:
        os.symlink(forbidden, path)
    else:
        with open(forbidden, "rb") as source, open(path, "wb") as target:
            target.write(source.read())
        os.chmod(path, 0o755)
    return path


def script(first_line, body=""):
    path = os.path.join(scratch, f"script-{os.getpid()}")
    with open(path, "w") as file:
        file.write(f"#!{first_line}\n{body}\n")
    os.chmod(path, stat.S_IRWXU)
    return path


def loader():
    for path in ("/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1"):
        if os.path.exists(path):
            return path


environment = strings("PATH=/usr/bin:/bin")
ways = {
    "plain": lambda: os.execv(forbidden, [forbidden]),
    "raw": lambda: libc.syscall(SYS_execve, forbidden.encode(), strings(forbidden), environment),
    "other-name": lambda: os.execv(forbidden, ["true"]),
    "no-name": lambda: libc.syscall(SYS_execve, forbidden.encode(), None, environment),
    "execveat": lambda: libc.syscall(SYS_execveat, -100, forbidden.encode(), strings("x"), environment, 0),
    "descriptor": lambda: libc.syscall(
        SYS_execveat, os.open(forbidden, os.O_PATH), b"", strings("x"), environment, AT_EMPTY_PATH
    ),
    "folder": lambda: libc.syscall(
        SYS_execveat, os.open(os.path.dirname(forbidden), os.O_PATH), os.path.basename(forbidden).encode(), strings("x"), environment, 0
    ),
    "proc": lambda: os.execv(f"/proc/self/fd/{os.open(forbidden, os.O_RDONLY)}", ["x"]),
    "proc-root": lambda: os.execv(f"/proc/self/root{forbidden}", ["x"]),
    "memory": lambda: os.execve(in_memory(), ["x"], {}),
    "memory-proc": lambda: os.execv(f"/proc/self/fd/{in_memory()}", ["x"]),
    "link": lambda: os.execv(copied("link", linked=True), ["x"]),
    "deleted": lambda: deleted(),
    "loader": lambda: os.execv(loader(), ["ld", forbidden]),
    "script": lambda: os.execv(script(forbidden), ["x"]),
    "script-spaces": lambda: os.execv(script(f" \t {forbidden} \t"), ["x"]),
    "script-script": lambda: os.execv(script(script_named()), ["x"]),
    "script-loader": lambda: os.execv(script(f"{loader()} {forbidden}"), ["x"]),
    "env": lambda: os.execv("/usr/bin/env", ["env", forbidden]),
    "shell": lambda: os.execv("/bin/sh", ["sh", "-c", f"exec {forbidden}"]),
}


def script_named():
    path = os.path.join(scratch, f"inner-{os.getpid()}")
    with open(path, "w") as file:
        file.write(f"#!{forbidden}\n")
    os.chmod(path, stat.S_IRWXU)
    return path


def deleted():
    path = copied("gone")
    file = os.open(path, os.O_RDONLY)
    os.unlink(path)
    os.execve(file, ["x"], {})


outcome(ways[way])
