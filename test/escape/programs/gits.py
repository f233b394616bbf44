"""Ways to have git start a program from a repository's own settings. Arguments: which way, the program that must not
start, a folder to write to. Prints `reached` when it ran: it is asked for its version.
"""

import os
import subprocess
import sys

way, forbidden, scratch = sys.argv[1], sys.argv[2], sys.argv[3]
place = os.path.join(scratch, f"git-{way}-{os.getpid()}")
said = f"{place}.said"
command = f"{forbidden} --version >{said}; true"
environment = {**os.environ, "GIT_CONFIG_NOSYSTEM": "1", "HOME": place}


def git(*words, asked="", **more):
    name = ["-c", "user.name=x", "-c", "user.email=x@x"]
    return subprocess.run(
        ["git", *name, *words], cwd=place, env={**environment, **more}, input=asked, text=True, capture_output=True, timeout=15
    )


def put(name, text, mode=0o644):
    with open(os.path.join(place, name), "w") as file:
        file.write(text)
    os.chmod(file.name, mode)


def commit(times=1):
    for at in range(times):
        put("file", str(at))
        git("add", ".")
        git("commit", "-q", "-m", str(at))


def arm(*settings):
    """In the file itself: `git config` is decided as what it says."""
    with open(os.path.join(place, ".git", "config"), "a") as file:
        for name, value in settings:
            section, key = name.rsplit(".", 1)
            head, _, rest = section.partition(".")
            title = f'{head} "{rest}"' if rest else head
            escaped = value.replace("\\", "\\\\").replace('"', '\\"')
            file.write(f'[{title}]\n\t{key} = "{escaped}"\n')


def hook():
    put(".git/hooks/pre-commit", f"#!/bin/sh\n{command}\n", 0o755)
    commit()


def hooks_elsewhere():
    put("post-checkout", f"#!/bin/sh\n{command}\n", 0o755)
    arm(("core.hooksPath", place))
    git("checkout", "-q", "-b", "other")


def rebase_todo():
    put("edit.sh", f"echo 'exec {command}' >>\"$1\"\n", 0o755)
    git("rebase", "-i", "HEAD~1", GIT_SEQUENCE_EDITOR=f"sh {place}/edit.sh")


def filtered():
    arm(("filter.x.clean", command), ("filter.x.smudge", command))
    put(".gitattributes", "* filter=x\n")
    commit()


def shown():
    put(".gitattributes", "* diff=x\n")
    arm(("diff.x.textconv", f"sh -c '{command}'"))
    put("file", "changed")
    git("diff", "--textconv")


def included():
    put("more", f'[core]\n\tfsmonitor = "sh -c \'{command}\'"\n')
    arm(("include.path", f"{place}/more"))
    git("status")


def merged():
    put(".git/info/attributes", "file merge=x\n")
    arm(("merge.x.driver", command))
    commit()
    git("checkout", "-q", "-b", "other", "HEAD~1")
    put("file", "another")
    git("commit", "-q", "-a", "-m", "y")
    git("merge", "main")


ways = {
    "rebase-exec": lambda: git("rebase", "-x", command, "HEAD~1"),
    "rebase-todo": rebase_todo,
    "hook": hook,
    "hooks-elsewhere": hooks_elsewhere,
    "monitor": lambda: (arm(("core.fsmonitor", f"sh -c '{command}'")), git("status")),
    "included": included,
    "ssh": lambda: (arm(("core.sshCommand", f"sh -c '{command}'")), git("ls-remote", "ssh://git@localhost/x")),
    "alias": lambda: (arm(("alias.x", f"!{command}")), git("x")),
    "editor": lambda: (arm(("core.editor", f"sh -c '{command}'")), git("commit", "--allow-empty", "--amend")),
    "filter": filtered,
    "textconv": shown,
    "merge": merged,
    "signature": lambda: (put("sign.sh", f"#!/bin/sh\n{command}\n", 0o755), arm(("gpg.program", f"{place}/sign.sh")), git("commit", "-S", "--allow-empty", "-m", "x")),
    "helper": lambda: (arm(("credential.helper", f"!{command}")), git("credential", "fill", asked="protocol=https\nhost=localhost\n\n")),
    "upload": lambda: git("ls-remote", "--upload-pack", f"sh -c '{command}'", place),
}

os.makedirs(place)
git("init", "-q", "-b", "main")
commit(3)
ways[way]()
print("reached" if os.path.exists(said) and "util-linux" in open(said).read() else "refused")
