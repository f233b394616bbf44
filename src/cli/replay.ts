/** `writ replay SESSION`: plays the recording of a terminal session, once it is what the log says it was. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { StoredEntry } from '../authority/store/port.ts';
import { WritError } from '../core/model/errors.ts';
import { recordingFile } from '../guard/recording.ts';
import { connect } from './authority-client.ts';
import { exit } from './exit.ts';
import { locateHome } from './home.ts';
import { printJson, say } from './output.ts';

interface ReplayOptions {
  readonly speed: number;
  readonly json?: boolean;
}

/** asciicast v2: a header, then an event a line. */
const header = z.looseObject({ version: z.literal(2), width: z.number(), height: z.number() });
const event = z.tuple([z.number().nonnegative(), z.enum(['o', 'r']), z.string()]);
const seal = z.object({ sha256: z.string(), bytes: z.number() });

export async function replay([id = '']: readonly string[], options: ReplayOptions): Promise<void> {
  if (!(options.speed > 0)) {
    say('--speed must be a number above 0, such as 2 for twice as fast');
    process.exitCode = exit.usage;
    return;
  }
  const client = await connect();
  const [end] = await client.get<StoredEntry[]>('/entries', { session: id, type: 'execution.ended' });
  const recorded = seal.safeParse(end?.entry.data['recording']);
  if (!recorded.success) {
    throw new WritError('recording_missing', `the log knows of no recording of ${id}`, {
      hint: 'Terminal sessions are recorded under profiles with: record: true',
    });
  }
  const bytes = readRecording(recordingFile(locateHome(process.env).root, id));
  if (createHash('sha256').update(bytes).digest('hex') !== recorded.data.sha256) {
    say(`the recording of ${id} is not the one that was sealed into the log`);
    process.exitCode = exit.unverified;
    return;
  }
  const [first = '', ...lines] = bytes.toString('utf8').trimEnd().split('\n');
  const events = lines.map((line) => event.parse(JSON.parse(line)));
  if (options.json === true) printJson({ session: id, header: header.parse(JSON.parse(first)), events });
  else await play(events, options.speed);
}

function readRecording(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new WritError('recording_missing', `${file} is not there any more`, { cause: error });
  }
}

async function play(events: readonly z.infer<typeof event>[], speed: number): Promise<void> {
  let played = 0;
  for (const [at, kind, text] of events) {
    if (kind !== 'o') continue;
    await sleep(((at - played) * 1000) / speed);
    played = at;
    process.stdout.write(text);
  }
}
