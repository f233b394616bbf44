/**
 * A decoy at every place of the catalogue: in the developer's home, sockets of agents, variables of the caller. From
 * inside a governed command none is read, reached or found, with namespaces and without; outside each is.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { credentialCatalogue } from '../../src/core/model/credential-catalogue.ts';
import { Refusal } from '../in-place/refusal.ts';
import { World } from '../cli/world.ts';
import { users } from '../sandbox/workshop.ts';

const secret = 'decoy-5f0c7a';
const variables = credentialCatalogue.flatMap(({ variables: names = [] }) =>
  names.map((name) => name.replaceAll('*', 'X')),
);
/** Places that a test may make: those of a home, and agents in the folder for temporary files. */
const homePlaces = credentialCatalogue.flatMap(({ home = [] }) => home);
const agentPlaces = credentialCatalogue
  .flatMap(({ agents = [] }) => agents)
  .filter((path) => path.startsWith('/tmp/') && path.includes('*'))
  .map((path) => path.replaceAll('*', `writ-decoy-${process.pid}`));

let refusal: Refusal;
const servers: Server[] = [];

/** Files in those places, below one another where the catalogue names a folder and what is in it. */
function plant(home: string): readonly string[] {
  const isFolder = (path: string) => homePlaces.some((other) => other.startsWith(`${path}/`));
  return homePlaces.map((path) => {
    const at = join(home, path);
    const there = statSync(at, { throwIfNoEntry: false });
    const file = there?.isDirectory() === true || isFolder(path) ? join(at, 'decoy') : at;
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, secret);
    return file;
  });
}

/** Prints each place that it reaches: reads the decoy, connects to the agent, finds the variable. */
const probe = `
const { readFileSync, readdirSync } = require('node:fs');
const { connect } = require('node:net');
const { files, agents } = JSON.parse(readFileSync('places.json', 'utf8'));
for (const file of files) {
  try { if (readFileSync(file, 'utf8') === ${JSON.stringify(secret)}) console.log('reached ' + file); } catch {}
}
for (const folder of new Set(files.map((file) => file.slice(0, file.lastIndexOf('/'))))) {
  try { if (readdirSync(folder).length > 0) console.log('listed ' + folder); } catch {}
}
for (const [name, value] of Object.entries(process.env))
  if (value.includes(${JSON.stringify(secret)})) console.log('reached $' + name);
for (const agent of agents)
  connect(agent).on('connect', function () { console.log('reached ' + agent); this.destroy(); }).on('error', () => {});
`;

async function listen(path: string): Promise<void> {
  mkdirSync(dirname(path), { recursive: true });
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(path, resolve));
  servers.push(server);
}

beforeAll(async () => {
  refusal = await Refusal.for(users[0]!);
  await Promise.all(agentPlaces.map(listen));
});
afterAll(async () => {
  refusal?.[Symbol.dispose]();
  for (const server of servers) server.close();
});

describe.each([
  ['with namespaces', () => new World()],
  ['in place', () => new World(refusal.prefix)],
] as const)('%s', (_name, open) => {
  test('none is reached, and outside each is', () => {
    const world = open();
    try {
      const files = plant(world.home);
      const env = Object.fromEntries(variables.map((name) => [name, secret]));
      world.write('places.json', JSON.stringify({ files, agents: agentPlaces }));
      world.write('probe.cjs', probe);
      world.must('init', '--yes');
      const inside = world.writ(['exec', '--', 'node', 'probe.cjs'], { env });
      const outside = spawnSync(process.execPath, ['probe.cjs'], {
        cwd: world.repository,
        env: { ...world.environment, ...env },
        encoding: 'utf8',
      });
      expect(inside).toMatchObject({ status: 0, stdout: '' });
      const reached = outside.stdout.split('\n').filter((line) => line.startsWith('reached '));
      const expected = [...files, ...variables.map((name) => `$${name}`), ...agentPlaces];
      expect(reached.sort()).toEqual(expected.map((place) => `reached ${place}`).sort());
    } finally {
      world.dispose();
    }
  });
});
