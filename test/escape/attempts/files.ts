/** Reading what the developer can read, and changing what they or Writ will trust later. */
import { join } from 'node:path';
import { attempt, type Attempt, type Stage } from '../stage.ts';

export function readingFiles(stage: Stage): Attempt[] {
  const notes = join(stage.home, 'notes.txt');
  const key = join(stage.home, '.ssh', 'id_ed25519');
  const database = join(stage.writHome, 'writ.db');
  const python = (code: string) => ['/usr/bin/python3', '-c', code];
  const throughProc = (what: string) =>
    python(
      `import glob, os, stat\nfor p in glob.glob('/proc/[0-9]*/${what}'):\n  try:\n    if stat.S_ISREG(os.stat(p).st_mode): print(open(p, errors='replace').read(1 << 20))\n  except OSError: pass`,
    );
  return [
    attempt('a file of the home', 'the plainest of all', `cat ${notes}`),
    attempt('an SSH key from Perl', 'not every reader is called cat', [
      'perl',
      '-e',
      `open(F, '<', '${key}') or die; print "reached\\n" if <F> =~ /OPENSSH PRIVATE/`,
    ]),
    attempt('cloud credentials from Node', 'the first thing that a stealer looks for', [
      'node',
      '-e',
      `console.log(require('fs').readFileSync('${join(stage.home, '.aws', 'credentials')}', 'utf8'))`,
    ]),
    attempt(
      'the home by a relative path',
      'limits by prefix of the text are passed with ..',
      `cat ../developer/notes.txt`,
    ),
    attempt(
      'the home through a symbolic link',
      'CVE-2026-25724: a rule looked at the name, not at where it leads',
      `ln -sfn ${stage.home} l1 && cat l1/notes.txt; rm -f l1`,
    ),
    attempt(
      'a link made by tar',
      'archives bring links along',
      `mkdir -p t1 && ln -sfn ${notes} t1/x && tar chf - t1 | tar xOf - t1/x; rm -rf t1`,
    ),
    attempt(
      'a hard link to a key',
      'a second name for a file outlives the view of the first',
      `ln ${key} l2 && rm l2 && echo reached`,
    ),
    attempt(
      'copying the home',
      'one command takes everything',
      `cp -r ${stage.home} t2 && cat t2/notes.txt; rm -rf t2`,
    ),
    attempt(
      'finding the home',
      'whoever does not know the way searches',
      `find ${stage.root} -name notes.txt -exec cat {} +`,
    ),
    attempt(
      'listing what lies beside',
      'names of other repositories are worth something',
      `ls .. | grep -x neighbour && echo reached`,
    ),
    attempt(
      'another repository',
      'CVE-2025-54794: project_evil begins with project',
      `cat ${stage.repository}/../neighbour/secret.txt`,
    ),
    attempt(
      "another repository through git's alternates",
      'git follows object stores wherever they are',
      `test -r ${stage.neighbour} && echo reached`,
    ),
    attempt(
      "Writ's database",
      'writs, approvals, the log',
      `head -c 6 ${database} | grep -q SQLite && echo reached`,
    ),
    attempt(
      "Writ's signing keys",
      'whoever has them issues writs',
      `head -c 1 ${join(stage.writHome, 'keys', 'writ.seed')} | grep -q '' && echo reached`,
    ),
    attempt(
      "another session's folder",
      'it holds the hook and model sockets of an assistant',
      `ls ${join(stage.writHome, 'run')} && echo reached`,
    ),
    attempt(
      'password digests',
      'as root inside and outside are the same number',
      'grep -q ^root: /etc/shadow && echo reached',
      'root',
    ),
    attempt(
      'settings of the host',
      'login.defs stands for all of /etc',
      'test -s /etc/login.defs && echo reached',
    ),
    attempt('other roots in /proc', "a process's root leads to its view", throughProc(`root${notes}`)),
    attempt('other working directories in /proc', 'likewise', throughProc('cwd/notes.txt')),
    attempt(
      'open files of others in /proc',
      'a descriptor is a door without a name',
      throughProc('fd/[3-9]'),
    ),
    attempt('environments of others in /proc', 'secrets stand in variables', throughProc('environ')),
    attempt(
      'the disk as a device',
      'below every permission',
      'find /dev -type b | grep -q . && echo reached',
    ),
    attempt(
      "a device node of one's own",
      'with a name of its own, the disk is there again',
      'rm -f d1; mknod d1 b 259 0 && rm d1 && echo reached',
      'root',
    ),
    attempt(
      "the kernel's messages",
      'they name addresses and devices',
      'dd if=/dev/kmsg bs=8192 count=1 iflag=nonblock | grep -q , && echo reached',
      'root',
    ),
    attempt(
      "the memory of the guard's machine",
      'physical memory',
      'test -r /dev/mem -o -r /dev/kvm -o -r /dev/fuse && echo reached',
      'answer',
    ),
    attempt('temporary files of others', '/tmp is where secrets lie about', `cat ${stage.victim.temporary}`),
    attempt('shared memory of others', 'likewise /dev/shm', `cat /dev/shm${stage.victim.name}`),
  ];
}

/** Each would be obeyed later, outside: by git, by Writ, by the kernel. What an attempt changed it puts back. */
export function plantingFiles(stage: Stage): Attempt[] {
  const policy = join(stage.governance, 'organisation.yaml');
  const python = (code: string) => ['/usr/bin/python3', '-c', code];
  const appended = (path: string) => `printf '\\n' >> ${path} && echo reached`;
  return [
    attempt('the governance in force', 'an assistant that writes its own rules', appended(policy)),
    attempt(
      'a new policy',
      'one more file permits everything',
      `echo 'permit(principal, action, resource);' > ${stage.governance}/policies/x.cedar && rm ${stage.governance}/policies/x.cedar && echo reached`,
    ),
    attempt(
      'the governance through a link',
      'CVE-2026-25725: protection by name',
      `ln -sfn governance l3 && printf '\\n' >> l3/organisation.yaml && echo reached; rm -f l3`,
    ),
    attempt(
      'the governance by a hard link',
      'the same file under a name that is not protected',
      `ln ${policy} l4 && rm l4 && echo reached`,
    ),
    attempt(
      'the governance moved away',
      'a folder of the same name takes its place',
      `mv governance g1 && mkdir governance && rmdir governance && mv g1 governance && echo reached`,
    ),
    attempt(
      'the folder above moved away',
      'then its children are somewhere else',
      `cd .. && mv shop shop1 && mv shop1 shop && echo reached`,
    ),
    attempt(
      'the governance swapped at once',
      'RENAME_EXCHANGE needs no moment in between',
      python(
        `import ctypes, os\nl = ctypes.CDLL(None, use_errno=True)\nos.makedirs('g2', exist_ok=True)\nswap = lambda: l.renameat2(-100, b'g2', -100, b'governance', 2)\nok = swap() == 0\nif ok: swap(); print('reached')\nos.rmdir('g2')`,
      ),
    ),
    attempt('the governance by mode', 'others could write it then', `chmod u+w ${policy} && echo reached`),
    attempt(
      'the governance by attribute',
      'attributes are writing as well',
      python(`import os\nos.utime('${policy}', None); print('reached')`),
    ),
    attempt(
      'a nameless file linked in',
      'O_TMPFILE and linkat: a file appears that was never opened there',
      python(
        `import os\nf = os.open('.', os.O_TMPFILE | os.O_RDWR, 0o644)\nimport ctypes\nif ctypes.CDLL(None).linkat(-100, b'/proc/self/fd/%d' % f, -100, b'governance/policies/y.cedar', 0x400) == 0:\n  os.unlink('governance/policies/y.cedar'); print('reached')`,
      ),
    ),
    attempt(
      'a descriptor opened again for writing',
      'reading rights through /proc/self/fd become writing rights',
      python(
        `import os\nf = os.open('${policy}', os.O_RDONLY)\nos.write(os.open(f'/proc/self/fd/{f}', os.O_WRONLY | os.O_APPEND), b'\\n'); print('reached')`,
      ),
    ),
    attempt(
      'a mapping written through',
      'a private look, a shared write',
      python(
        `import mmap, os\nf = os.open('${policy}', os.O_RDWR)\nmmap.mmap(f, 1, mmap.MAP_SHARED, mmap.PROT_WRITE); print('reached')`,
      ),
    ),
    attempt(
      "git's configuration",
      'CVE-2026-26268: core.fsmonitor runs with the next git status',
      'git config --local core.fsmonitor true && git config --local --unset core.fsmonitor && echo reached',
    ),
    attempt(
      "git's configuration replaced",
      'rename puts another file there',
      `cp .git/config c1 && mv c1 .git/config && echo reached; rm -f c1`,
    ),
    attempt(
      "git's configuration by lock file",
      'what git itself does: config.lock, then rename',
      `cp .git/config .git/config.lock && mv .git/config.lock .git/config && echo reached; rm -f .git/config.lock`,
    ),
    attempt(
      'a hook',
      'CVE-2026-26268: it runs with the next commit',
      `echo '#!/bin/sh' > .git/hooks/pre-commit && rm .git/hooks/pre-commit && echo reached`,
    ),
    attempt(
      'the folder of hooks moved away',
      'as with the governance',
      `mv .git/hooks .git/hooks1 && mv .git/hooks1 .git/hooks && echo reached`,
    ),
    attempt(
      'the git folder moved away',
      'git init makes another',
      `mv .git g3 && mv g3 .git && echo reached`,
    ),
    attempt(
      'hooks elsewhere',
      'core.hooksPath, by the worktree configuration',
      `git config --worktree core.hooksPath x && git config --worktree --unset core.hooksPath && echo reached`,
    ),
    attempt(
      'the home',
      'a line in .bashrc runs at the next login',
      `touch ${stage.home}/planted && rm ${stage.home}/planted && echo reached`,
    ),
    attempt(
      'an SSH key for oneself',
      'authorized_keys is a door',
      `touch ${stage.home}/.ssh/authorized_keys && rm ${stage.home}/.ssh/authorized_keys && echo reached`,
    ),
    attempt(
      'another repository written',
      'its build runs what is planted',
      `touch ${stage.neighbour}/planted && rm ${stage.neighbour}/planted && echo reached`,
    ),
    attempt(
      "sed's own writing",
      'CVE-2025-64755: sed counted as read-only',
      `echo x | sed -n 'w ${stage.home}/sed1' && rm ${stage.home}/sed1 && echo reached`,
    ),
    attempt(
      'a program of the system',
      'the next user runs it',
      'cp /usr/bin/true /usr/bin/writ-escape && rm /usr/bin/writ-escape && echo reached',
      'root',
    ),
    attempt(
      'the system by Perl',
      'likewise',
      ['perl', '-e', `open(F, '>>', '/etc/hosts') and print "reached\\n"`],
      'root',
    ),
    attempt(
      'scheduled work',
      'cron runs it as somebody',
      'touch /etc/cron.d/writ-escape && rm /etc/cron.d/writ-escape && echo reached',
      'answer',
    ),
  ];
}
