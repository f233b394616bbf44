/** `writ keys`: what identities of tasks are signed with, and making the next ones. */
import { svidKeyUses, type StatedKey } from '../core/identity/svid-keys.ts';
import { connect } from './authority-client.ts';
import { exit } from './exit.ts';
import { print, printJson, say, table } from './output.ts';

interface KeysOptions {
  readonly json?: boolean;
}

export async function keys([action = 'list', use]: readonly string[], options: KeysOptions): Promise<void> {
  const uses = svidKeyUses.filter((one) => use === undefined || one === use);
  if ((action !== 'list' && action !== 'rotate') || uses.length === 0) {
    say('use: writ keys [list|rotate] [x509-svid|jwt-svid]');
    process.exitCode = exit.usage;
    return;
  }
  const client = await connect();
  if (action === 'rotate') {
    for (const one of uses) await client.post('/signing-keys/rotate', { use: one });
  }
  const { trustDomain, keys: all } = await client.get<{ trustDomain: string; keys: StatedKey[] }>(
    '/trust-bundle',
  );
  const shown = all.filter((key) => uses.includes(key.use));
  if (options.json === true) printJson({ trustDomain, keys: shown });
  else print(`${trustDomain}\n${table(shown.map(describe))}`);
}

function describe({ use, kid, state, activeFrom }: StatedKey): string[] {
  const from = `${state === 'next' ? 'signs from' : 'since'} ${new Date(activeFrom).toISOString()}`;
  return ['', use, kid, state, from];
}
