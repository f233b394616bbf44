/** bubblewrap's arguments for a view. They travel as data (`--args FD`), so they are in no process listing. */
import type { Mount } from './view.ts';

export interface BubblewrapRequest {
  readonly mounts: readonly Mount[];
  readonly uid: number;
  readonly gid: number;
  /** With a terminal the session stays the caller's, so that job control and window size work. */
  readonly terminal: boolean;
}

export interface BubblewrapPlan {
  readonly args: readonly string[];
  /** Contents of the files that the arguments name by descriptor, from `firstFile` on. */
  readonly files: readonly string[];
}

/** Descriptors as `writ-exec launch` numbers them: the arguments, the seccomp filter, then the files. */
const seccompDescriptor = 11;
const firstFile = 12;

export function planBubblewrap(request: BubblewrapRequest): BubblewrapPlan {
  const files: string[] = [];
  const words = [
    '--unshare-user --unshare-ipc --unshare-pid --unshare-net --unshare-uts --unshare-cgroup-try',
    `--uid ${request.uid} --gid ${request.gid} --hostname writ --cap-drop ALL`,
    `--die-with-parent --as-pid-1 --seccomp ${seccompDescriptor} --chdir /`,
    ...(request.terminal ? [] : ['--new-session']),
  ].flatMap((line) => line.split(' '));
  const args = [...words, ...request.mounts.flatMap((mount) => mountArguments(mount, files))];
  return { args, files };
}

function mountArguments(mount: Mount, files: string[]): string[] {
  switch (mount.kind) {
    case 'bind':
      return [mount.writable ? '--bind' : '--ro-bind', mount.source, mount.target];
    case 'private':
      return ['--perms', mount.mode, '--size', String(mount.bytes), '--tmpfs', mount.target];
    case 'file':
      files.push(mount.content);
      return ['--perms', '0444', '--file', String(firstFile + files.length - 1), mount.target];
    case 'link':
      return ['--symlink', mount.to, mount.target];
    case 'proc':
      return ['--proc', mount.target];
    case 'dev':
      return ['--dev', mount.target];
    case 'seal':
      return ['--remount-ro', mount.target];
  }
}
