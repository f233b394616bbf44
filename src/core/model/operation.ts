/**
 * An operation is one thing that a command would do. `core/command` makes them from text,
 * `core/policy` decides each, the worst decision wins.
 */

export type Operation =
  ExecOperation | PathOperation | ConnectOperation | CredentialOperation | OpaqueOperation;

/**
 * What the tool model knows of an exec's effects. Policy speaks of traits, so that it need not know flags.
 * An exec without any trait only computes (echo, true, seq).
 */
export const traits = [
  'reads', // reads files or state, changes nothing
  'writes', // creates, changes or deletes files
  'destroys', // deletes or rewrites what cannot be had back: history, untracked files, whole trees
  'commits', // records into local version control
  'runs-code', // runs code brought by arguments, files or the repository
  'builds', // runs-code for the repository's own declared build, test or lint tasks
  'installs', // fetches dependencies as a lock file or manifest already declares them
  'dependencies', // adds, removes or updates declared dependencies, or installs undeclared ones
  'network', // opens connections
  'fetches', // gets data from outside (clone, pull, curl GET)
  'publishes', // sends something out of the machine: push, publish, upload, comment
  'configures', // changes settings that alter what later commands run (git config, hooks, npm config)
  'privileges', // asks for another user's or the system's authority (sudo, su, setcap)
  'credentials', // reads, prints or makes credentials
  'persists', // outlives the command or the task: daemons, cron, systemd, at, disown
  'signals', // signals other processes
  'system', // changes the system outside the repository (mount, useradd, iptables, apt)
  'unknown', // no tool model: effects unknown
] as const;
export type Trait = (typeof traits)[number];

/** Half-open range of UTF-16 offsets in the command text that was analysed. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface ExecOperation {
  readonly kind: 'exec';
  /** The program as named, without directories where it was found by name: `git`; else the path as written. */
  readonly target: string;
  /** Program and arguments. A word that is not static stands as its source text. */
  readonly argv: readonly string[];
  /** Indexes into `argv` of the words whose values cannot be told. */
  readonly unknown: readonly number[];
  /** `push` in `git push`, `run` in `npm run x`; null where the tool has none or it cannot be told. */
  readonly subcommand: string | null;
  readonly traits: readonly Trait[];
  /** Directory it runs in as seen by the command, null if it cannot be told. */
  readonly cwd: string | null;
  /** Environment set for this program by the text; values that are not static are null. */
  readonly environment: Readonly<Record<string, string | null>>;
  /** Wrappers that led here, outermost first: `['sudo', 'env']`. */
  readonly via: readonly string[];
  readonly span: Span;
}

/** Which part of the machine a path lies in, as seen from the command. */
export const areas = [
  'repository',
  'temporary', // /tmp
  'private-home', // the home that the command sees: its own in the sandbox, the person's without one
  'toolchain', // /usr, /bin, /lib, /opt, harmless files of /etc: programs and their data
  'system', // /etc/shadow, /boot, /sys, kernel and service configuration
  'home', // anybody's home outside the sandbox
  'credential-store',
  'guard', // Writ's own state, sockets and governance
  'device', // /dev beyond null, zero, full, random, urandom, tty, stdin, stdout, stderr
  'process', // /proc
  'outside', // anything else
] as const;
export type Area = (typeof areas)[number];

/** Files of a repository that change what runs later, or hold secrets. */
export const sensitivities = [
  'git-internals', // .git/config, .git/hooks, .gitmodules, .gitattributes
  'ci', // .github/workflows, .gitlab-ci.yml, Jenkinsfile, …
  'lock-file',
  'manifest', // package.json, pyproject.toml, Cargo.toml, go.mod, …
  'assistant-settings', // .claude, CLAUDE.md, AGENTS.md, .mcp.json, .codex, .cursor, …
  'editor-settings', // .vscode, .idea, .envrc
  'secrets', // .env, *.pem, id_*
  'governance', // governance/ of Writ
] as const;
export type Sensitivity = (typeof sensitivities)[number];

export interface PathOperation {
  readonly kind: 'read' | 'write';
  /** Absolute and normalised, as the command sees it; with `pattern`, a glob. */
  readonly target: string;
  readonly pattern: boolean;
  /** The whole tree below the target is meant. */
  readonly recursive: boolean;
  readonly area: Area;
  readonly sensitivity: Sensitivity | null;
  /** Program that does it, or `redirection`. */
  readonly by: string;
  readonly span: Span;
}

export interface ConnectOperation {
  readonly kind: 'connect';
  /** `host:port`, or `host` where the port cannot be told; lower case, no brackets lost on IPv6. */
  readonly target: string;
  readonly host: string;
  readonly port: number | null;
  /** Symbolic names of the same host, which only the guard can tell: `remote:origin`. */
  readonly also?: readonly string[];
  /** Of a plain HTTP request at the guard's proxy; a command's text does not tell it. */
  readonly request?: { readonly method: string; readonly path: string };
  readonly by: string;
  readonly span: Span;
}

export interface CredentialOperation {
  readonly kind: 'credential';
  /** The store: `ssh`, `aws`, `git`, `npm`, `docker`, `kube`, `gnupg`, `keyring`, … */
  readonly target: string;
  readonly by: string;
  readonly span: Span;
}

/** An operation whose object cannot be told from the text. Never guessed. */
export interface OpaqueOperation {
  readonly kind: 'opaque';
  /** The source text that cannot be told, at most 200 characters. */
  readonly target: string;
  /** What kind of operation it hides, as far as is known; `exec` hides everything. */
  readonly of: 'exec' | 'read' | 'write' | 'connect' | 'credential';
  /** Why it cannot be told, for people: `the command's name comes from a variable`. */
  readonly reason: string;
  readonly span: Span;
}
