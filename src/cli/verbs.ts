/** All verbs with their arguments, options and examples; the work is in one file each. */
import { Command, Option } from 'commander';
import { reportError, type OutputOptions } from './output.ts';

/** Each verb declares the options that the table here gives it. */
type Action = (args: readonly string[], options: never) => Promise<void>;

interface Verb {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly Option[];
  readonly examples: readonly string[];
  /** Everything after the first argument belongs to the governed command. */
  readonly passThrough?: boolean;
  readonly load: () => Promise<Action>;
}

const json = new Option('--json', 'answer as one JSON value on standard output');
const policy = new Option('--policy <dir>', 'governance folder (default: the one chosen by writ init)');
const repo = new Option('--repo <dir>', 'the repository (default: the current directory)');
const profile = new Option('--profile <name>', 'profile to ask for (default: develop)');
const assistant = new Option('--assistant <name>', 'registered assistant to act as');
const job = new Option('--job <id>', 'what the task is for: a ticket or a pipeline run');
const reason = new Option('--reason <text>', 'why; it is recorded').makeOptionMandatory();
const wait = new Option('--wait', 'hold until a missing approval is there');
const key = new Option('--key <file>', 'your SSH key: private key, or public key held by your agent');
const writ = new Option('--writ <id>', 'use this writ instead of asking for one');
const limit = new Option('--limit <n>', 'at most this many').argParser(Number);

const verbs: readonly Verb[] = [
  {
    name: 'init',
    summary: 'write a commented, working governance for the current repository',
    options: [
      new Option('--yes', 'ask nothing'),
      new Option('--policy <dir>', 'folder to write (default: governance)'),
      json,
    ],
    examples: ['writ init --yes'],
    load: async () => (await import('./init.ts')).init,
  },
  {
    name: 'exec -- <command...>',
    summary: 'run one command under a writ, in the sandbox',
    options: [profile, assistant, job, writ, wait, json],
    examples: [
      'writ exec -- npm test',
      'writ exec --profile observe -- git log -3',
      'writ exec --wait -- git push',
    ],
    passThrough: true,
    load: async () => (await import('./exec.ts')).exec,
  },
  {
    name: 'run -- <assistant...>',
    summary: 'run a whole assistant under a writ; each of its commands is decided',
    options: [profile, assistant, job, writ, wait, json],
    examples: ['writ run --job SHOP-142 -- claude', "writ run -- claude -p 'fix the failing test'"],
    passThrough: true,
    load: async () => (await import('./exec.ts')).run,
  },
  {
    name: 'check [command]',
    summary: 'decide a command without running it',
    options: [
      new Option(
        '--batch',
        'read JSON Lines {"id","command","cwd"} from standard input, answer one line each',
      ),
      new Option('--explain', 'say for a person what it would do, and which rules decided'),
      new Option('--enforcement <level>', 'what will stand behind the decision')
        .choices(['0', '1', '2', '3'])
        .default('2'),
      profile,
      repo,
      policy,
      assistant,
      json,
    ],
    examples: [
      "writ check 'git push --force'",
      "writ check --explain 'rm -rf build && make'",
      'writ check --batch < commands.jsonl',
    ],
    load: async () => (await import('./check.ts')).check,
  },
  {
    name: 'policy <check> [dir]',
    summary: 'validate a governance folder: every fault with its file, line and column',
    options: [json],
    examples: ['writ policy check', 'writ policy check ./governance --json'],
    load: async () => (await import('./policy.ts')).policy,
  },
  {
    name: 'assistant <action> [name]',
    summary: 'list assistants, or enable or suspend the execution of one',
    options: [new Option('--reason <text>', 'why; it is recorded'), json],
    examples: [
      'writ assistant list',
      "writ assistant enable claude --reason 'pilot, SEC-12'",
      "writ assistant suspend claude --reason 'odd pushes'",
    ],
    load: async () => (await import('./assistant.ts')).assistant,
  },
  {
    name: 'issue',
    summary: 'ask for a writ for the current repository, to be used with --writ',
    options: [profile, assistant, job, repo, json],
    examples: ['writ issue --profile develop --job SHOP-142'],
    load: async () => (await import('./writs.ts')).issue,
  },
  {
    name: 'show <writ-or-session>',
    summary: 'show a writ and its history, or a session: the tree of what ran, and what was decided',
    options: [json],
    examples: ['writ show writ_01j…', 'writ show ses_01j…'],
    load: async () => (await import('./writs.ts')).show,
  },
  {
    name: 'replay <session>',
    summary: 'play the recording of a terminal session, verified against the log',
    options: [new Option('--speed <factor>', 'how much faster').argParser(Number).default(1), json],
    examples: ['writ replay ses_01j…', 'writ replay ses_01j… --speed 4'],
    load: async () => (await import('./replay.ts')).replay,
  },
  {
    name: 'list',
    summary: 'list writs, newest first',
    options: [new Option('--all', 'also those that have ended'), limit, json],
    examples: ['writ list', 'writ list --all --limit 50'],
    load: async () => (await import('./writs.ts')).list,
  },
  {
    name: 'revoke [writ]',
    summary:
      'end a writ now, or all of an assistant or repository; what runs is killed, what was lent revoked',
    options: [
      new Option('--assistant <name>', 'every live writ of this assistant'),
      new Option('--repository <remote>', 'every live writ in this repository'),
      reason,
      json,
    ],
    examples: [
      "writ revoke writ_01j… --reason 'wrong branch'",
      "writ revoke --assistant claude --reason 'odd pushes'",
    ],
    load: async () => (await import('./writs.ts')).revoke,
  },
  {
    name: 'lease <action> [lease]',
    summary: 'list what is lent and what waits for its revocation, or revoke one lease',
    options: [
      new Option('--all', 'also those that have ended (list)'),
      writ,
      limit,
      new Option('--reason <text>', 'why; it is recorded (revoke)'),
      json,
    ],
    examples: ['writ lease list', "writ lease revoke lse_01j… --reason 'odd queries'"],
    load: async () => (await import('./lease.ts')).lease,
  },
  {
    name: 'kill [session-or-writ]',
    summary:
      'end what runs, the whole tree at once: one session, or all of an assistant, a repository, or everything',
    options: [
      new Option('--assistant <name>', 'everything of this assistant; its writs are revoked'),
      new Option('--repository <remote>', 'everything in this repository; its writs are revoked'),
      new Option('--all', 'everything; all writs are revoked'),
      reason,
      json,
    ],
    examples: [
      "writ kill ses_01j… --reason 'runs away'",
      "writ kill --assistant claude --reason 'odd pushes'",
      "writ kill --all --reason 'incident 7'",
    ],
    load: async () => (await import('./kill.ts')).kill,
  },
  {
    name: 'approvals',
    summary: 'list what waits for approval: who asks, why, and exactly what',
    options: [new Option('--all', 'also decided and expired ones'), json],
    examples: ['writ approvals'],
    load: async () => (await import('./approvals.ts')).approvals,
  },
  {
    name: 'approve <id>',
    summary: 'grant an approval, signed with your own SSH key',
    options: [key, new Option('--reason <text>', 'why; it is signed and recorded'), json],
    examples: ['writ approve apr_01j…', 'writ approve apr_01j… --key ~/.ssh/id_ed25519'],
    load: async () => (await import('./approvals.ts')).approve,
  },
  {
    name: 'deny <id>',
    summary: 'refuse an approval, signed with your own SSH key',
    options: [key, reason, json],
    examples: ["writ deny apr_01j… --reason 'not before the release'"],
    load: async () => (await import('./approvals.ts')).deny,
  },
  {
    name: 'log [action] [argument]',
    summary: 'read the log: tail, search, verify [DIR], prove N, export DIR',
    options: [
      assistant,
      new Option('--repository <remote>', 'only this repository'),
      new Option('--writ <id>', 'only this writ'),
      new Option('--session <id>', 'only this session'),
      new Option('--decision <verdict>', 'only these decisions').choices(['allow', 'deny', 'step-up']),
      new Option('--command <text>', 'only commands that contain this text'),
      new Option('--type <type...>', 'only entries of these types'),
      new Option('--since <time>', 'ISO time, or an age such as 30m, 12h, 7d'),
      new Option('--until <time>', 'ISO time, or an age'),
      new Option('--key <vkey>', "the log's verifier key (for verify; default: this machine's own)"),
      new Option('--follow', 'keep printing new entries (tail)'),
      limit,
      json,
    ],
    examples: [
      'writ log tail --follow',
      'writ log search --decision deny --since 7d',
      'writ log verify',
      'writ log prove 42 > entry-42.tlog-proof',
      'writ log export ./evidence',
    ],
    load: async () => (await import('./log.ts')).log,
  },
  {
    name: 'keys [action] [use]',
    summary: 'the keys that identities of tasks are signed with: list, or rotate them',
    options: [json],
    examples: ['writ keys', 'writ keys rotate', 'writ keys rotate jwt-svid --json'],
    load: async () => (await import('./svid-keys.ts')).keys,
  },
  {
    name: 'doctor',
    summary: 'fire what must be denied through every layer of a real session, and say which layers are live',
    options: [profile, assistant, json],
    examples: ['writ doctor', 'writ doctor --profile observe --json'],
    load: async () => (await import('./doctor.ts')).doctor,
  },
  {
    name: 'up',
    summary: 'start the embedded Writ',
    options: [
      new Option('--foreground', 'stay attached until Ctrl-C'),
      policy,
      new Option(
        '--database <file>',
        'file that holds a PostgreSQL URL, or sqlite (default: the one chosen before)',
      ),
      new Option(
        '--listen <address>',
        'HOST:PORT for the public endpoints: keys, token exchange, introspection; or off (default: the one chosen before, at first off)',
      ),
      new Option('--tls-certificate <file>', 'PEM, with --listen: needed anywhere but on loopback'),
      new Option('--tls-key <file>', 'its key'),
      json,
    ],
    examples: [
      'writ up',
      'writ up --policy ./governance --foreground',
      'writ up --database ~/.config/writ-database-url',
      'writ up --listen 127.0.0.1:8443',
    ],
    load: async () => (await import('./up.ts')).up,
  },
  {
    name: 'down',
    summary: 'stop the embedded Writ; running commands are killed, their writs closed',
    options: [json],
    examples: ['writ down'],
    load: async () => (await import('./up.ts')).down,
  },
  {
    name: 'status',
    summary: 'say what runs, under which policy, and how far the log reaches',
    options: [json],
    examples: ['writ status'],
    load: async () => (await import('./up.ts')).status,
  },
];

export function addVerbs(program: Command): void {
  for (const verb of verbs) addVerb(program, verb);
}

function addVerb(program: Command, verb: Verb): void {
  const [name = '', ...rest] = verb.name.split(' ');
  const command = program.command(name).summary(verb.summary).description(verb.summary);
  for (const argument of rest.filter((part) => part !== '--')) command.argument(argument);
  if (verb.passThrough === true) command.usage('[options] -- COMMAND [ARGUMENT…]').passThroughOptions();
  for (const option of verb.options) command.addOption(option);
  command.addHelpText('after', `\nExamples:\n${verb.examples.map((example) => `  $ ${example}`).join('\n')}`);
  command.action(async () => {
    const options = command.opts<OutputOptions & Record<string, unknown>>();
    try {
      const action = await verb.load();
      await action(command.args, options as never);
    } catch (error) {
      reportError(error, options);
    }
  });
}
