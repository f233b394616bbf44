/** `writ assistant list|enable|suspend`. */
import type { AssistantMode } from '../authority/store/port.ts';
import { connect } from './authority-client.ts';
import { exit } from './exit.ts';
import { print, printJson, say, table, visible } from './output.ts';

interface Listed {
  readonly name: string;
  readonly owner: string;
  readonly purpose: string;
  readonly profiles: readonly string[];
  readonly mode: 'registered' | 'enabled' | 'suspended';
  readonly changed: AssistantMode | null;
}

const modes: Readonly<Record<string, AssistantMode['mode']>> = { enable: 'enabled', suspend: 'suspended' };

export async function assistant(
  [action = '', name]: readonly string[],
  options: { readonly reason?: string; readonly json?: boolean },
): Promise<void> {
  if (action === 'list') return list(options.json === true);
  const mode = modes[action];
  if (mode === undefined || name === undefined || options.reason === undefined) {
    say(
      mode === undefined
        ? `writ assistant knows list, enable and suspend, not "${action}"`
        : `say which assistant, and why: writ assistant ${action} NAME --reason TEXT`,
    );
    process.exitCode = exit.usage;
    return;
  }
  const client = await connect();
  const change = await client.post<AssistantMode>(`/assistants/${encodeURIComponent(name)}/mode`, {
    mode,
    reason: options.reason,
  });
  if (options.json === true) printJson(change);
  else print(`${change.assistant} is ${change.mode}, by ${change.by}: ${visible(change.reason)}`);
}

async function list(asJson: boolean): Promise<void> {
  const client = await connect();
  const all = await client.get<Listed[]>('/assistants');
  if (asJson) {
    printJson(all);
    return;
  }
  const rows = all.map(({ name, mode, owner, profiles, purpose, changed }) => [
    name,
    mode,
    `owner ${owner}`,
    profiles.join(', '),
    changed === null
      ? visible(purpose)
      : `${visible(purpose)} (by ${changed.by}: ${visible(changed.reason)})`,
  ]);
  print(rows.length === 0 ? 'No assistant is registered.' : table(rows));
}
