/** What the kernel itself lets a command read, change and execute, beneath every decision (native/landlock.h). */
import type { Profile } from '../../core/policy/organisation.ts';
import type { InPlaceFiles } from '../sandbox/in-place.ts';
import { sandboxHome, sandboxTemporary } from '../sandbox/environment.ts';
import { innerFolders, type ProgramView, type ToolFiles } from './programs.ts';

export interface FileRulesRequest {
  readonly profile: Profile;
  readonly tools: ToolFiles;
  readonly view: ProgramView;
  /** Files of programs that no bundle names, and that somebody approved. */
  readonly approved: readonly string[];
  /** The worktree, and git directories outside of it. */
  readonly repository: readonly string[];
  /** Where there is no view: of the host's files those that the command may have. */
  readonly inPlace?: InPlaceFiles | null;
  /** Neither hosts nor the guard's services are to be reached over the sandbox's loopback. */
  readonly withoutNetwork: boolean;
}

/** The sandbox's own, gone with it. */
const privateFolders = [sandboxTemporary, '/var/tmp', '/run', sandboxHome, '/dev/shm'];
/** With loaders, without which no program starts. */
const systemLibraries = ['/lib', '/lib32', '/lib64', '/libx32'];

/** Pairs of access and path. What is not in view is passed over; what is neither named nor below a name is refused. */
export function fileRules({
  profile,
  tools,
  view,
  approved,
  repository,
  withoutNetwork,
  inPlace = null,
}: FileRulesRequest): string[] {
  const own = inPlace?.privateFolders ?? privateFolders;
  const brought = [...repository, ...own];
  const executable = [
    ...tools.keys(),
    ...approved,
    ...innerFolders,
    ...systemLibraries,
    ...view.toolchains,
    '/run/writ',
    ...(profile.repositoryPrograms ? brought : []),
  ];
  return [
    ...(inPlace?.readable ?? ['/']).flatMap((path) => ['r', path]),
    ...(inPlace?.devices ?? ['/dev']).flatMap((path) => ['rwd', path]),
    ...own.flatMap((path) => ['rw', path]),
    // In place the supervisor changes it for the command, since Landlock could not leave out a file of it.
    ...(profile.repository === 'read-write' && inPlace === null
      ? repository.flatMap((path) => ['w', path])
      : []),
    ...executable.flatMap((path) => ['x', path]),
    ...(withoutNetwork ? ['tcp', 'none'] : []),
  ];
}
