import { describe, expect, it } from 'vitest';
import { buildEnvironment } from './environment.ts';

const request = { searchPath: ['/opt/node/bin'], caller: {}, extra: {}, session: 'ses_1', terminal: false };

describe('the environment', () => {
  it('is built from nothing', () => {
    expect(buildEnvironment(request)).toEqual({
      LANG: 'C.UTF-8',
      GIT_TERMINAL_PROMPT: '0',
      npm_config_update_notifier: 'false',
      npm_config_fund: 'false',
      PATH: '/opt/node/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      HOME: '/home/writ',
      USER: 'writ',
      LOGNAME: 'writ',
      SHELL: '/bin/bash',
      TMPDIR: '/tmp',
      WRIT_SESSION: 'ses_1',
    });
  });

  it.each([
    ['TERM', 'xterm-256color', true],
    ['TERM', '../../evil', false],
    ['TERM', 'x\u001b[2J', false],
    ['LANG', 'de_DE.UTF-8@euro', true],
    ['LC_ALL', '/tmp/locale', false],
    ['TZ', 'Europe/Berlin', true],
    ['TZ', ':/etc/shadow', false],
    ['TZ', 'a/../../etc/shadow', false],
    ['COLORTERM', 'truecolor', true],
    ['AWS_SECRET_ACCESS_KEY', 'x', false],
    ['LD_PRELOAD', '/tmp/x.so', false],
    ['SSH_AUTH_SOCK', '/tmp/agent', false],
  ])('of the caller takes %s=%j: %s', (name, value, taken) => {
    expect(buildEnvironment({ ...request, caller: { [name]: value } })[name] === value).toBe(taken);
  });

  it('keeps its places whatever the profile lets pass', () => {
    const { HOME, PATH, EDITOR } = buildEnvironment({
      ...request,
      extra: { HOME: '/root', PATH: '/evil', EDITOR: 'vi' },
    });
    expect({ HOME, EDITOR }).toEqual({ HOME: '/home/writ', EDITOR: 'vi' });
    expect(PATH).not.toContain('evil');
  });
});
