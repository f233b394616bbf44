"""Runs a command with a terminal as its controlling one and plays a script of (wait for, then type) pairs to it.

Usage: terminal.py TIMEOUT JSON-SCRIPT -- COMMAND ARGUMENT...
Prints as JSON what the terminal showed and how the command ended.
"""
import fcntl, json, os, pty, select, signal, struct, sys, termios, time

timeout, script = float(sys.argv[1]), json.loads(sys.argv[2])
command = sys.argv[4:]
child, terminal = pty.fork()
if child == 0:
    os.execvp(command[0], command)
fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 41, 123, 0, 0))

shown, deadline, seen, status = b"", time.monotonic() + timeout, 0, None
while time.monotonic() < deadline:
    if script and script[0][0].encode() in shown[seen:]:
        wanted, answer = script.pop(0)
        seen = shown.index(wanted.encode(), seen) + len(wanted)
        if isinstance(answer, list):
            fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", *answer, 0, 0))
        else:
            os.write(terminal, answer.encode())
        continue
    ready, _, _ = select.select([terminal], [], [], 0.05)
    if ready:
        try:
            data = os.read(terminal, 65536)
        except OSError:
            data = b""
        if not data:
            break
        shown += data
ended, status = os.waitpid(child, os.WNOHANG)
for _ in range(200):
    if ended:
        break
    time.sleep(0.01)
    ended, status = os.waitpid(child, os.WNOHANG)
if not ended:
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
print(json.dumps({
    "shown": shown.decode("utf8", "replace"),
    "status": os.waitstatus_to_exitcode(status) if ended else None,
    "left": script,
}))
