"""script-race.py WAY TIMES: starts a script while another thread changes what its name leads to. Prints how often each
of its two texts ran; the second one touches a witness.
"""

import os
import subprocess
import sys
import threading

way, times = sys.argv[1], int(sys.argv[2])
texts = ["#!/bin/sh\necho decided\n", "#!/bin/sh\necho other\n/usr/bin/touch witness\n"]
done = False


def put(path, text):
    with open(path, "w") as file:
        file.write(text)
    os.chmod(path, 0o755)


def renamed(text):
    put("next", text)
    os.rename("next", "script")


def relinked(text):
    os.symlink("a" if text is texts[0] else "b", "next")
    os.rename("next", "script")


change = {"renamed": renamed, "relinked": relinked}[way]


def keep_changing():
    while not done:
        for text in texts:
            change(text)


for left in ("script", "next"):
    if os.path.lexists(left):
        os.unlink(left)
put("a", texts[0])
put("b", texts[1])
put("script", texts[0])
writer = threading.Thread(target=keep_changing)
writer.start()
said = {"decided": 0, "other": 0}
for _ in range(times):
    try:
        ran = subprocess.run(["./script"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False)
    except OSError:
        continue  # it is just being written
    for line in ran.stdout.split():
        said[line] += 1
done = True
writer.join()
print(said["decided"] > 0, said["other"] > 0)
