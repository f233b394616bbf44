/** A launch specification as its launcher hands it on: to `writ-exec launch`, and to `writ-exec init` inside. */
import type { LaunchSpec } from '../sandbox/launch-spec.ts';
import { encodeBlock } from './blocks.ts';

export function encodeLaunch(session: string, spec: LaunchSpec): Buffer {
  const args = spec.bubblewrapArguments.map((word) => `${word}\0`).join('');
  return encodeBlock([
    'launch',
    session,
    spec.terminal ? 'yes' : '',
    encodeBlock(spec.cgroups),
    encodeBlock([spec.bubblewrap, args, spec.seccomp, ...spec.files]),
    encodeBlock(settings(spec)),
    encodeBlock(Object.entries(spec.environment).map(([name, value]) => `${name}=${value}`)),
    encodeBlock(spec.argv),
    encodeBlock(spec.inherit),
    encodeBlock(spec.forbidden),
    spec.recording?.file ?? '',
    encodeBlock(spec.recording?.secrets ?? []),
    spec.outputBytes === null ? '' : String(spec.outputBytes),
  ]);
}

/** The words that native/init.c reads. */
function settings(spec: LaunchSpec): string[] {
  const { limits, mountTable, expectations, cwd } = spec;
  const relays = spec.bubblewrap === '' ? [] : spec.relays;
  const limit = (name: string, value: number): string[] => ['limit', name, String(value)];
  return [
    'wall-ms',
    String(limits.wallSeconds * 1000),
    ...(spec.watchesMemory ? ['memory-mib', String(limits.memoryMiB)] : []),
    ...(spec.tellsUsage ? ['usage', String(Math.ceil(limits.memoryMiB / 8))] : []),
    ...limit('core', 0),
    ...limit('cpu', limits.cpuSeconds),
    ...limit('fsize', limits.fileSizeMiB * 1024 * 1024),
    ...limit('nofile', limits.openFiles),
    ...limit('nproc', limits.processes),
    ...mountTable.required.flatMap((path) => ['mount', path]),
    ...mountTable.optional.flatMap((path) => ['may-mount', path]),
    ...expectations.flatMap(({ path, identity, readOnly }) => [
      'expect',
      readOnly ? 'ro' : 'rw',
      identity,
      path,
    ]),
    ...(spec.newSession ? ['new-session'] : []),
    ...relays.flatMap((relay) => ['relay', relay]),
    'directory',
    cwd,
  ];
}
