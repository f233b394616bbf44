/**
 * Claude Code inside a sandbox: what it must be given so that each tool call is decided by Writ, its model is
 * reached through the session's relay, and the repository's own settings cannot change that.
 */
import { access, mkdir, open, readFile, realpath, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { WritError } from '../../core/model/errors.ts';

type ClaudeErrorCode = 'claude_unusable' | 'claude_argument_refused';

export interface ClaudeRequest {
  /** The program as found outside: the native binary, a link to it, or the npm package's wrapper. */
  readonly executable: string;
  /** What the caller wants claude to be given, without the program. */
  readonly args: readonly string[];
  /** Private directory of the session on the host: generated files go below it. */
  readonly sessionDirectory: string;
  /** What takes it to its model. */
  readonly model: ModelWay;
}

export type ModelWay =
  /** Its own relay; the placeholder is given for a key, and the relay knows it. */
  | { readonly kind: 'relay'; readonly placeholder: string }
  /** The proxy, which puts in what the profile's credential lends. */
  | { readonly kind: 'proxy'; readonly base: string | undefined };

interface Bind {
  readonly source: string;
  readonly target: string;
  readonly mode: 'ro' | 'rw';
}

export interface ClaudeLaunch {
  /** Starts inside the sandbox. */
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly binds: readonly Bind[];
}

/** Paths inside the sandbox. Whoever builds it puts the sockets, the token and writ-exec there. */
export const insidePaths = {
  writExec: '/run/writ/writ-exec',
  hookSocket: '/run/writ/hook.sock',
  hookToken: '/run/writ/hook.token',
  modelSocket: '/run/writ/model.sock',
  claude: '/run/writ/claude',
  managedSettings: '/etc/claude-code',
} as const;

/** Free in every sandbox: its network namespace is new and holds nothing else. */
const modelPort = 8787;

/** Seconds after which Claude would run the tool unasked; writ-exec gives up, and denies, before. */
const hookTimeout = 30;

/** @throws WritError<ClaudeErrorCode> */
export async function claudeLaunch(request: ClaudeRequest): Promise<ClaudeLaunch> {
  refuseArguments(request.args);
  const binary = await nativeBinary(request.executable);
  const { model } = request;
  return {
    argv: [...(model.kind === 'relay' ? relayWords : []), insidePaths.claude, ...request.args],
    environment: {
      ...modelEnvironment(model),
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      DISABLE_AUTOUPDATER: '1',
    },
    binds: [{ source: binary, target: insidePaths.claude, mode: 'ro' }, await claudeSettings(request)],
  };
}

const relayWords = [
  insidePaths.writExec,
  'relay',
  '--listen',
  `127.0.0.1:${modelPort}=${insidePaths.modelSocket}`,
  '--',
];

/** Behind the proxy its key's place is already set, by the credential that names the variable. */
function modelEnvironment(model: ModelWay): Record<string, string> {
  if (model.kind === 'relay') {
    return { ANTHROPIC_BASE_URL: `http://127.0.0.1:${modelPort}`, ANTHROPIC_API_KEY: model.placeholder };
  }
  return model.base === undefined ? {} : { ANTHROPIC_BASE_URL: model.base };
}

/** The folder of settings that every Claude Code obeys. */
export async function claudeSettings({
  sessionDirectory,
}: Pick<ClaudeRequest, 'sessionDirectory'>): Promise<Bind> {
  const managed = join(sessionDirectory, 'claude-code');
  await mkdir(managed, { mode: 0o755 });
  await writeFile(join(managed, 'managed-settings.json'), `${JSON.stringify(managedSettings(), null, 2)}\n`, {
    flag: 'wx',
    mode: 0o644,
  });
  return { source: managed, target: insidePaths.managedSettings, mode: 'ro' };
}

/** Settings of highest precedence, which neither user, project nor command line can override. */
export function managedSettings() {
  return {
    hooks: {
      PreToolUse: [
        {
          matcher: '*',
          hooks: [
            {
              type: 'command',
              command: insidePaths.writExec,
              args: ['hook', insidePaths.hookSocket, insidePaths.hookToken],
              timeout: hookTimeout,
            },
          ],
        },
      ],
    },
    // Hooks, permission rules, MCP servers and plugins of a cloned repository would run before or beside ours.
    allowManagedHooksOnly: true,
    allowManagedPermissionRulesOnly: true,
    allowManagedMcpServersOnly: true,
    allowedMcpServers: [],
    allowedHttpHookUrls: [],
    strictKnownMarketplaces: [],
    disableSkillShellExecution: true,
    permissions: { disableBypassPermissionsMode: 'disable' },
  };
}

/** In some versions of Claude Code these take even managed hooks out of force. */
const refusedArguments = ['--bare'];

function refuseArguments(args: readonly string[]): void {
  for (const arg of args) {
    if (arg === '--') return;
    const [name = ''] = arg.split('=', 1);
    if (refusedArguments.includes(name)) {
      throw new WritError(
        'claude_argument_refused',
        `claude ${name} would switch off the hook that asks Writ`,
        {
          hint: `Run it without ${name}`,
        },
      );
    }
  }
}

/** npm's platform packages by process.arch; the musl builds run where glibc is missing. */
const platformPackages: Readonly<Record<string, readonly string[]>> = {
  x64: ['claude-code-linux-x64', 'claude-code-linux-x64-musl'],
  arm64: ['claude-code-linux-arm64', 'claude-code-linux-arm64-musl'],
};

/** Real path of the one file that claude is. */
async function nativeBinary(executable: string): Promise<string> {
  const path = await realpath(executable).catch((cause: unknown) => {
    throw unusable(`${executable} is not there`, cause);
  });
  if (await isElf(path)) return path;
  for (const name of platformPackages[process.arch] ?? []) {
    // Beside the wrapper's own package, or nested below it, as npm may place it.
    for (const place of [
      join(dirname(path), '..', name),
      join(dirname(path), 'node_modules/@anthropic-ai', name),
    ]) {
      const candidate = join(place, 'claude');
      if ((await isPackageOf(place, name)) && (await isElf(candidate))) return realpath(candidate);
    }
  }
  throw unusable(`${path} is not Claude Code's native program`);
}

async function isPackageOf(directory: string, name: string): Promise<boolean> {
  try {
    const manifest = JSON.parse(await readFile(join(directory, 'package.json'), 'utf8')) as {
      name?: unknown;
    };
    return manifest.name === `@anthropic-ai/${name}`;
  } catch {
    return false;
  }
}

async function isElf(path: string): Promise<boolean> {
  try {
    await access(path);
    await using file = await open(path, 'r');
    const { buffer } = await file.read(Buffer.alloc(4), 0, 4, 0);
    return buffer.equals(Buffer.from('\x7fELF', 'latin1'));
  } catch {
    return false;
  }
}

function unusable(message: string, cause?: unknown): WritError<ClaudeErrorCode> {
  return new WritError('claude_unusable', message, {
    hint: 'Install Claude Code with its native program: npm install -g @anthropic-ai/claude-code',
    cause,
  });
}
