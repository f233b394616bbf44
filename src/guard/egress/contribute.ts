/** What a session needs to get out: its proxy, the port inside that leads there, and the variables that say so. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { registered } from '../../core/policy/organisation.ts';
import { commandText } from '../command-text.ts';
import type { Contribution } from '../contribution.ts';
import type { Guard } from '../guard.ts';
import type { Session } from '../session.ts';
import { sentences } from './answers.ts';
import { decideConnection } from './decide.ts';
import { contributeMachineTrust } from './machine-trust.ts';
import { egressEnvironment, npmConfiguration, proxyPort } from './environment.ts';
import { asTheSystem, from } from './names.ts';
import { startEgress, type EgressOptions } from './proxy.ts';
import { sshFiles } from './ssh.ts';

const insideSocket = '/run/writ/egress.sock';
const insideNpmrc = '/run/writ/npmrc';

/** Nothing at all under a profile that names no host. */
export async function contributeEgress(
  guard: Guard,
  session: Session,
  folder: string,
  terminate: NonNullable<EgressOptions['terminate']>,
): Promise<Contribution> {
  const { organisation } = await guard.bundle();
  const profile = registered(organisation.profiles, session.writ.claims.profile);
  if (profile === null || profile.hosts.length === 0) return { environment: {}, binds: [] };
  const socket = join(folder, 'egress.sock');
  const { id, writ, request } = session;
  const command = commandText(request.argv);
  const server = guard.environment['WRIT_DNS_SERVER'];
  const egress = await startEgress({
    socket,
    decide: (wanted) => decideConnection(guard, session, wanted),
    record: (records) =>
      guard.authority.record(
        session.lent.masked(
          records.map((record) => ({ ...record, writ: writ.claims.id, session: id, command })),
        ),
      ),
    resolve: server === undefined ? asTheSystem : from(server),
    onRefused: (refusal) => session.channel.send({ type: 'notice', text: sentences(refusal) }),
    report: guard.report,
    clock: guard.clock,
    terminate,
  });
  session.stop.signal.addEventListener('abort', () => void egress.stop());
  session.cleanUp.push(() => egress.stop());
  const npmrc = join(folder, 'npmrc');
  writeFileSync(npmrc, npmConfiguration(organisation), { flag: 'wx', mode: 0o644 });
  // In place there is no view to put its configuration into.
  const forSsh = guard.machine.confinement.kind === 'namespaces' ? sshFiles(organisation, folder) : [];
  const trust = contributeMachineTrust(folder);
  return {
    environment: {
      ...egressEnvironment(organisation),
      ...trust.environment,
      npm_config_globalconfig: insideNpmrc,
    },
    binds: [
      ...trust.binds,
      { source: socket, target: insideSocket, mode: 'ro' },
      { source: npmrc, target: insideNpmrc, mode: 'ro' },
      ...forSsh,
    ],
    relays: [`127.0.0.1:${proxyPort}=${insideSocket}`],
  };
}
