/** How ssh finds its way out: the system's configuration (ssh_config(5)), which git, scp and rsync follow as well. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Organisation } from '../../core/policy/organisation.ts';
import type { Bind } from '../sandbox/view.ts';

const insideConfiguration = '/etc/ssh/ssh_config';
const insideKnownHosts = '/run/writ/ssh_known_hosts';

/** Nobody could answer a question; servers that the organisation does not know are not spoken to. */
const configuration = `Host *
  ProxyCommand /run/writ/writ-exec connect %h %p
  GlobalKnownHostsFile ${insideKnownHosts}
  UserKnownHostsFile none
  StrictHostKeyChecking yes
  CheckHostIP no
  BatchMode yes
`;

/** @param folder of the session, outside of the sandbox */
export function sshFiles({ network }: Pick<Organisation, 'network'>, folder: string): Bind[] {
  const known = network.sshKnownHosts.map((line) => `${line}\n`).join('');
  const files = [
    ['ssh_config', configuration, insideConfiguration],
    ['ssh_known_hosts', known, insideKnownHosts],
  ] as const;
  return files.map(([name, content, target]) => {
    const source = join(folder, name);
    writeFileSync(source, content, { flag: 'wx', mode: 0o644 });
    return { source, target, mode: 'ro' };
  });
}
