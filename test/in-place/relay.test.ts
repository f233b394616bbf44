import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { World } from '../cli/world.ts';
import { users } from '../sandbox/workshop.ts';
import { Refusal } from './refusal.ts';

let refusal: Refusal;
let world: World;
beforeAll(async () => {
  refusal = await Refusal.for(users[0]!);
  world = new World(refusal.prefix);
  world.must('init', '--yes');
});
afterAll(() => {
  world?.dispose();
  refusal?.[Symbol.dispose]();
});

/** Asks the proxy for a host that no profile names. */
const request = 'CONNECT unnamed.invalid:443 HTTP/1.1\r\nHost: unnamed.invalid:443\r\n\r\n';
const asking = [
  'exec 3<>/dev/tcp/127.0.0.1/3128',
  `printf '${request.replaceAll('\r\n', String.raw`\r\n`)}' >&3`,
  'read -r status <&3; echo "$status"',
  'read -r',
].join('\n');

/** Ports of IPv4 that processes of this program, below that one, listen on. */
function portsOf(ancestor: number): number[] {
  const parents = new Map(
    readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((name) => [Number(name), parentOf(name)] as const),
  );
  const isBelow = (id: number): boolean => id === ancestor || (id > 1 && isBelow(parents.get(id) ?? 0));
  const inodes = new Set([...parents.keys()].filter(isBelow).flatMap(socketsOf));
  return readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[3] === '0A' && inodes.has(fields[9] ?? ''))
    .map((fields) => Number.parseInt(fields[1]?.split(':')[1] ?? '', 16));
}

function parentOf(process: string): number {
  try {
    return Number(/\) \S (\d+)/.exec(readFileSync(`/proc/${process}/stat`, 'utf8'))?.[1]);
  } catch {
    return 0;
  }
}

function socketsOf(process: number): string[] {
  try {
    const folder = `/proc/${process}/fd`;
    return readdirSync(folder).map(
      (fd) => /^socket:\[(\d+)\]$/.exec(readlinkSync(join(folder, fd)))?.[1] ?? '',
    );
  } catch {
    return [];
  }
}

it('the way to the proxy is open to the session, and to nobody else of the host', async () => {
  const command = [...refusal.prefix, join(process.cwd(), 'bin', 'writ'), 'exec', '--', 'bash', '-c', asking];
  const [program = '', ...args] = command;
  const launcher = spawn(program, args, { cwd: world.repository, env: world.environment });
  const [answer] = (await once(launcher.stdout, 'data')) as [Buffer];
  expect(answer.toString()).toMatch(/^HTTP\/1\.1 403 /);
  const ports = portsOf(launcher.pid!);
  expect(ports).toHaveLength(1);
  const stranger = connect(ports[0]!, '127.0.0.1');
  stranger.on('error', () => undefined);
  stranger.end(request);
  expect(await text(stranger).catch(() => '')).toBe('');
  launcher.stdin.end('\n');
  await once(launcher, 'close');
  expect(world.json('log', 'search', '--type', 'egress.refused')).toHaveLength(1);
});
