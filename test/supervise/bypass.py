"""Ways to run a program other than by asking for it. Each tries to have `touch` make the file `witness`.
usage: bypass.py WAY; ends with 0 when the attempt was made and not refused."""
import ctypes
import os
import shutil
import stat
import subprocess
import sys

touch = os.path.realpath(shutil.which("touch"))
libc = ctypes.CDLL(None, use_errno=True)


def strings(*words):
    return (ctypes.c_char_p * (len(words) + 1))(*[word.encode() for word in words], None)


def script(name, text):
    with open(name, "w") as file:
        file.write(text)
    os.chmod(name, 0o755)


def plain():
    os.execv(touch, ["touch", "witness"])


def other_name():
    os.execv(touch, ["true", "witness"])


def link():
    os.symlink(touch, "innocent")
    os.execv("./innocent", ["innocent", "witness"])


def shebang():
    script("tool", f"#!{touch}\n")
    os.execv("./tool", ["tool", "witness"])


def shebang_link():
    script("tool", f"#!{touch}\n")
    os.symlink("tool", "other")
    os.execv("./other", ["other", "witness"])


def shebang_env():
    script("tool", "#!/usr/bin/env -S touch witness\n")
    os.execv("./tool", ["tool"])


def nested_shebang():
    script("inner", f"#!{touch}\n")
    script("outer", f"#!{os.path.abspath('inner')}\n")
    os.execv("./outer", ["outer", "witness"])


def descriptor():
    os.execve(os.open(touch, os.O_RDONLY), ["touch", "witness"], {})


def empty_path():
    fd = os.open(touch, os.O_PATH)
    libc.syscall(322 if os.uname().machine == "x86_64" else 281, fd, b"", strings("touch", "witness"), strings(), 0x1000)
    raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def own_descriptor():
    fd = os.open(touch, os.O_RDONLY)
    os.execv(f"/proc/self/fd/{fd}", ["touch", "witness"])


def memory():
    fd = os.memfd_create("program")
    with open(touch, "rb") as file:
        os.write(fd, file.read())
    os.execve(fd, ["touch", "witness"], {})


def deleted():
    shutil.copy(touch, "copy")
    fd = os.open("copy", os.O_RDONLY)
    os.unlink("copy")
    os.execve(fd, ["touch", "witness"], {})


def loader():
    path = "/lib64/ld-linux-x86-64.so.2" if os.path.exists("/lib64/ld-linux-x86-64.so.2") else "/lib/ld-linux-aarch64.so.1"
    os.execv(path, ["loader", touch, "witness"])


def loader_copy():
    path = "/lib64/ld-linux-x86-64.so.2" if os.path.exists("/lib64/ld-linux-x86-64.so.2") else "/lib/ld-linux-aarch64.so.1"
    shutil.copy(os.path.realpath(path), "harmless")
    os.chmod("harmless", 0o755)
    os.execv("./harmless", ["harmless", touch, "witness"])


def raw_call():
    libc.syscall(59 if os.uname().machine == "x86_64" else 221, touch.encode(), strings("touch", "witness"), strings())
    raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def empty_environment():
    os.execv(shutil.which("env"), ["env", "-i", touch, "witness"])


def shell_child():
    os.environ.pop("LD_PRELOAD", None)
    sys.exit(subprocess.call(["sh", "-c", "$(echo to)uch witness"]))


def thread():
    import threading

    failed = []
    threading.excepthook = lambda fault: failed.append(fault.exc_value)
    worker = threading.Thread(target=plain)
    worker.start()
    worker.join()
    raise failed[0]


def orphan():
    if os.fork() > 0:
        os.wait()
        for _ in range(200):
            if os.path.exists("done"):
                break
            libc.usleep(10000)
        sys.exit(0 if os.path.exists("witness") else 1)
    os.setsid()
    if os.fork() > 0:
        os._exit(0)
    while os.getppid() != 1 and os.getppid() != int(os.environ.get("REAPER", "1")):
        libc.usleep(1000)
    subprocess.call([touch, "witness"])
    open("done", "w").close()
    os._exit(0)


try:
    {name: way for name, way in globals().items() if callable(way)}[sys.argv[1]]()
except OSError as error:
    print(f"{sys.argv[1]}: {error.strerror}")
    sys.exit(1)
