/** What one command leaves where it may write is not there for the next one, nor for one that runs beside it. */
import { once } from 'node:events';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { World } from '../cli/world.ts';
import { until } from '../sandbox/workshop.ts';

const world = new World();
beforeAll(() => {
  world.must('init', '--yes');
  world.write(
    'leave.py',
    `import ctypes, os, socket, time
for folder in ('/tmp', '/var/tmp', '/run', os.environ['HOME'], '/dev/shm', '/dev/mqueue', '/dev'):
    try: open(folder + '/left-behind', 'w').write('left')
    except OSError: pass
one = socket.socket(socket.AF_UNIX); one.bind('\\0left-behind'); one.listen()
two = socket.create_server(('127.0.0.1', 45673))
libc = ctypes.CDLL(None)
libc.shmget(0x1ef7, 4096, 0o1666)
if os.path.exists('stay'): print('left', flush=True); time.sleep(600)
`,
  );
  world.write(
    'find.py',
    `import ctypes, glob, os, socket
found = [f for folder in ('/tmp', '/var/tmp', '/run', os.environ['HOME'], '/dev/shm', '/dev/mqueue', '/dev') for f in glob.glob(folder + '/left-behind')]
for family, address in ((socket.AF_UNIX, '\\0left-behind'), (socket.AF_INET, ('127.0.0.1', 45673))):
    try: socket.socket(family).connect(address); found.append(address)
    except OSError: pass
if ctypes.CDLL(None).shmget(0x1ef7, 0, 0) >= 0: found.append('shared memory')
print(len(found), found if found else '')
`,
  );
});
afterAll(() => world.dispose());

const find = () => world.writ(['exec', '--', 'python3', 'find.py']).stdout.trim();

it('within one command it is found', () => {
  world.write('both.sh', 'python3 leave.py & wait; python3 find.py\n');
  // Files and shared memory; sockets are gone with their process.
  expect(Number(world.writ(['exec', '--', 'bash', './both.sh']).stdout.split(' ')[0])).toBeGreaterThan(4);
});

it('by the next one it is not', () => {
  world.must('exec', '--', 'python3', 'leave.py');
  expect(find()).toBe('0');
});

it('nor by one that runs at the same time', async () => {
  world.write('stay', '');
  const other = world.start(['exec', '--', 'python3', 'leave.py']);
  let said = '';
  other.stdout.on('data', (data: Buffer) => (said += data.toString()));
  const ended = once(other, 'close');
  await until(() => said.includes('left'), 'the other one', 120_000);
  expect(find()).toBe('0');
  other.kill('SIGTERM');
  await ended;
});
