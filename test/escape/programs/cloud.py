"""Runs a command on what looks like a machine of a cloud: 169.254.169.254 answers with the secret.

Needs a network namespace of its own. Arguments: the secret, the command.
"""

import fcntl
import socket
import struct
import subprocess
import sys
import threading

SIOCSIFADDR, SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8916, 0x8913, 0x8914, 1
metadata = "169.254.169.254"
secret, command = sys.argv[1], sys.argv[2:]

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
    for name, address in (("lo", "127.0.0.1"), ("lo:1", metadata)):
        wanted = struct.pack("16sHH4s8x", name.encode(), socket.AF_INET, 0, socket.inet_aton(address))
        fcntl.ioctl(control, SIOCSIFADDR, wanted)
    flags = fcntl.ioctl(control, SIOCGIFFLAGS, struct.pack("16sH14x", b"lo", 0))
    up = struct.unpack("16sH14x", flags)[1] | IFF_UP
    fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", up))
server = socket.create_server((metadata, 80))


def serve():
    while True:
        client, _ = server.accept()
        client.recv(4096)
        client.sendall(b"HTTP/1.0 200 OK\r\n\r\n" + secret.encode())
        client.close()


threading.Thread(target=serve, daemon=True).start()
sys.exit(subprocess.run(command).returncode)
