import { expect, it } from 'vitest';
import { hostEtc } from './etc.ts';

it('of the host’s configuration, nothing is in view that may hold a login, nor a folder of which it is part', () => {
  const shown = hostEtc().map(({ path }) => path);
  const logins = [
    '/etc/gitconfig',
    '/etc/maven/settings.xml',
    '/etc/npmrc',
    '/etc/pip.conf',
    '/etc/shadow',
    '/etc/ssh/ssh_host_ed25519_key',
    '/etc/ssl/private/key.pem',
    '/etc/sudoers',
    '/etc/wgetrc',
  ];
  expect(shown).toContain('/etc/ssl/certs');
  expect(logins.filter((path) => shown.some((one) => path === one || path.startsWith(`${one}/`)))).toEqual(
    [],
  );
});
