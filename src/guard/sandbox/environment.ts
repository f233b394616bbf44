/** The environment of a governed command, built from nothing: what is not put in here is not there. */

/** Where the private, empty home lies inside every sandbox. */
export const sandboxHome = '/home/writ';
export const sandboxUser = 'writ';
export const sandboxTemporary = '/tmp';

/** Program folders of every distribution, in the usual order. */
export const systemPath = [
  '/usr/local/sbin',
  '/usr/local/bin',
  '/usr/sbin',
  '/usr/bin',
  '/sbin',
  '/bin',
] as const;

export interface EnvironmentRequest {
  /** Folders searched before the system's: a toolchain's, Node's. */
  readonly searchPath: readonly string[];
  /** The caller's variables that describe its terminal and language; invalid ones are left out. */
  readonly caller: Readonly<Partial<Record<string, string>>>;
  /** What the profile lets pass and what the launch needs; wins over everything but the identity of the place. */
  readonly extra: Readonly<Record<string, string>>;
  readonly session: string;
  readonly terminal: boolean;
}

const locale = /^[A-Za-z][A-Za-z0-9_.@-]{0,63}$/;
/** Values that terminals, locales and time zones really have; nothing that is a path out of their data. */
const describing: Readonly<Record<string, RegExp>> = {
  TERM: /^[A-Za-z0-9][A-Za-z0-9+._-]{0,63}$/,
  COLORTERM: /^[A-Za-z0-9-]{1,32}$/,
  NO_COLOR: /^[A-Za-z0-9]{1,16}$/,
  LANG: locale,
  LC_ALL: locale,
  LC_CTYPE: locale,
  TZ: /^(?!.*\.\.)[A-Za-z][A-Za-z0-9_+/,.-]{0,63}$/,
};

export function buildEnvironment(request: EnvironmentRequest): Record<string, string> {
  const described = Object.entries(describing).flatMap(([name, valid]) => {
    const value = request.caller[name];
    return value !== undefined && valid.test(value) ? [[name, value] as const] : [];
  });
  return {
    LANG: 'C.UTF-8',
    ...Object.fromEntries(described),
    // Nobody could answer its question.
    ...(request.terminal ? {} : { GIT_TERMINAL_PROMPT: '0' }),
    // Both ask the network about themselves at the end of a command.
    npm_config_update_notifier: 'false',
    npm_config_fund: 'false',
    ...request.extra,
    PATH: [...request.searchPath, ...systemPath].join(':'),
    HOME: sandboxHome,
    USER: sandboxUser,
    LOGNAME: sandboxUser,
    SHELL: '/bin/bash',
    TMPDIR: sandboxTemporary,
    WRIT_SESSION: request.session,
  };
}
