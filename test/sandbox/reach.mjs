/** Tries to reach each of the things named in its argument (JSON) and prints what it got. Runs inside and outside. */
import { connect } from 'node:net';
import { readFileSync, readdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';

const wanted = JSON.parse(process.argv[2]);

const attempts = {
  read: (path) => readFileSync(path, 'utf8'),
  list: (path) => readdirSync(path).join(' '),
  write: (path) => writeFileSync(path, 'planted', { flag: 'a' }),
  rename: ([from, to]) => renameSync(from, to),
  link: ([target, path]) => symlinkSync(target, path),
  variable: (name) => {
    if (process.env[name] === undefined) throw Object.assign(new Error(), { code: 'unset' });
    return process.env[name];
  },
  signal: (pid) => process.kill(pid, 0),
  process: (marker) => {
    const found = readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .find((pid) => {
        try {
          return (
            Number(pid) !== process.pid &&
            readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(marker)
          );
        } catch {
          return false;
        }
      });
    if (found === undefined) throw Object.assign(new Error(), { code: 'unseen' });
  },
  tcp: ([host, port]) => connected({ host, port, timeout: 2000 }),
  unix: (path) => connected({ path }),
  abstract: (name) => connected({ path: `\0${name}` }),
};

function connected(options) {
  return new Promise((resolve, reject) => {
    const socket = connect(options, () => {
      socket.destroy();
      resolve();
    });
    socket.once('error', reject);
    socket.once('timeout', () => reject(Object.assign(new Error(), { code: 'timeout' })));
  });
}

const results = {};
for (const [name, [kind, argument]] of Object.entries(wanted)) {
  try {
    await attempts[kind](argument);
    results[name] = 'reached';
  } catch (error) {
    results[name] = error.code ?? String(error);
  }
}
process.stdout.write(JSON.stringify(results));
