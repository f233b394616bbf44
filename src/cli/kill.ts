/** `writ kill`: the whole tree of one command at once, or everything of an assistant, a repository, or at all. */
import { WritError } from '../core/model/errors.ts';
import { isId } from '../core/identity/ids.ts';
import { connect } from './authority-client.ts';
import { exit } from './exit.ts';
import { counted, print, printJson, say } from './output.ts';

interface KillOptions {
  readonly assistant?: string;
  readonly repository?: string;
  readonly all?: boolean;
  readonly reason: string;
  readonly json?: boolean;
}

export async function kill([id]: readonly string[], options: KillOptions): Promise<void> {
  const { assistant, repository, all, reason, json } = options;
  const many = assistant !== undefined || repository !== undefined;
  if ([id !== undefined, many, all === true].filter(Boolean).length !== 1) {
    say('what should end? Use: writ kill SESSION|WRIT, or --assistant, --repository or --all');
    process.exitCode = exit.usage;
    return;
  }
  const client = await connect();
  if (id === undefined) {
    const of =
      all === true ? { all } : { ...(assistant && { assistant }), ...(repository && { repository }) };
    const done = await client.post<Killed>('/writs/revoke', { ...of, reason });
    if (json === true) printJson(done);
    else print(told(done));
    return;
  }
  await client.post(pathOf(id), { reason });
  if (json === true) printJson({ killed: id, reason });
  else print(`${id} is ended, with everything that it started.`);
}

interface Killed {
  readonly revoked: readonly string[];
  readonly refused: readonly string[];
}

/** @throws WritError `id_unknown` */
function pathOf(id: string): string {
  if (isId('ses', id)) return `/sessions/${id}/kill`;
  if (isId('writ', id)) return `/writs/${id}/revoke`;
  throw new WritError('id_unknown', `"${id}" is neither a session nor a writ`, {
    hint: 'Sessions begin with ses_, writs with writ_; see: writ list, writ log search --type execution.started',
  });
}

function told({ revoked, refused }: Killed): string {
  if (revoked.length === 0) return 'Nothing of these runs, and no writ of these is live.';
  const left = refused.map((one) => `${one} is not yours to end`);
  return [`${counted(revoked.length, 'writ')} revoked; everything under them is ended.`, ...left].join('\n');
}
