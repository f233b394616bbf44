"""What the developer has running: a process with secrets, and services that write down who comes.

Says on standard output, as one line of JSON, where everything is; ends, and takes its things away, on SIGTERM.
Arguments: folder for sockets and the list of contacts, secret file to hold open, the secret.
"""

import ctypes
import json
import os
import signal
import socket
import sys
import threading

folder, secret_file, secret = sys.argv[1:4]
libc = ctypes.CDLL(None, use_errno=True)
libc.prctl(0x59616D61, ctypes.c_ulong(-1 % 2**64), 0, 0, 0)  # Yama: anybody of the same user may trace
held = open(secret_file)
memory = ctypes.create_string_buffer(secret.encode())
contacts = os.path.join(folder, "contacts")


def note(name):
    with open(contacts, "a") as file:
        file.write(name + "\n")


def accept(name, server):
    while True:
        client, _ = server.accept()
        note(name)
        client.sendall(secret.encode())
        client.close()


def receive(name, server):
    while True:
        data, sender = server.recvfrom(4096)
        note(name)
        server.sendto(secret.encode() + data, sender)


def serve(name, family, kind, address):
    server = socket.socket(family, kind)
    server.bind(address)
    if kind == socket.SOCK_STREAM:
        server.listen()
    work = accept if kind == socket.SOCK_STREAM else receive
    threading.Thread(target=work, args=(name, server), daemon=True).start()
    return server.getsockname()


def own_address():
    """Of the machine's first interface beside loopback; where there is none, loopback's other name."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect(("192.0.2.1", 9))
            return probe.getsockname()[0]
    except OSError:
        return "127.0.0.2"


stream, datagram = socket.SOCK_STREAM, socket.SOCK_DGRAM
abstract = f"\0writ-victim-{os.getpid()}"
agent = os.path.join(folder, "agent.sock")
serve("abstract", socket.AF_UNIX, stream, abstract)
serve("agent", socket.AF_UNIX, stream, agent)
address = own_address()
key = 0x77000000 + os.getpid() % 0xFFFFFF
IPC_CREAT, IPC_RMID, mode = 0o1000, 0, 0o600
shm, sem, msg = (
    libc.shmget(key, 4096, IPC_CREAT | mode),
    libc.semget(key, 1, IPC_CREAT | mode),
    libc.msgget(key, IPC_CREAT | mode),
)
name = f"/writ-victim-{os.getpid()}"
libc.mq_open.argtypes = [ctypes.c_char_p, ctypes.c_int, ctypes.c_uint, ctypes.c_void_p]
libc.mq_open(name.encode(), os.O_CREAT | os.O_RDWR, mode, None)
shared = os.open("/dev/shm" + name, os.O_CREAT | os.O_RDWR, mode)
os.write(shared, secret.encode())
temporary = f"/tmp{name}"
with open(temporary, "w") as file:
    file.write(secret)


def leave(*_):
    libc.shmctl(shm, IPC_RMID, None)
    libc.semctl(sem, 0, IPC_RMID)
    libc.msgctl(msg, IPC_RMID, None)
    libc.mq_unlink(name.encode())
    os.unlink("/dev/shm" + name)
    os.unlink(temporary)
    os._exit(0)


signal.signal(signal.SIGTERM, leave)
facts = {
    "pid": os.getpid(),
    "address": hex(ctypes.addressof(memory)),
    "tcp": serve("tcp", socket.AF_INET, stream, ("127.0.0.1", 0))[1],
    "tcp6": serve("tcp6", socket.AF_INET6, stream, ("::1", 0))[1],
    "udp": serve("udp", socket.AF_INET, datagram, ("127.0.0.1", 0))[1],
    "outward": [address, serve("outward", socket.AF_INET, stream, (address, 0))[1]],
    "abstract": abstract[1:],
    "agent": agent,
    "key": hex(key),
    "name": name,
    "temporary": temporary,
}
print(json.dumps(facts), flush=True)
while True:
    signal.pause()
