import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalGitUrl, canonicalRemote, type RemoteErrorCode } from './canonical-remote.ts';
import { WritError } from './errors.ts';

const shop = 'github.com/acme/shop';

const named: readonly (readonly [address: string, name: string])[] = [
  ['https://github.com/acme/shop', shop],
  ['https://github.com/acme/shop.git', shop],
  ['https://github.com/acme/shop.git/', shop],
  ['https://github.com/acme/shop///', shop],
  ['https://github.com//acme//shop', shop],
  ['https://github.com/acme/shop.git.git', shop],
  ['https://github.com/acme/shop/.git', shop],
  ['https://github.com/acme/shop.GIT', shop],
  ['HTTPS://GitHub.COM/Acme/Shop', shop],
  ['https://github.com./acme/shop', shop],
  ['https://github.com:443/acme/shop', shop],
  ['https://github.com:/acme/shop', shop],
  ['https://user@github.com/acme/shop', shop],
  ['https://user:secret@github.com/acme/shop', shop],
  ['https://:secret@github.com/acme/shop', shop],
  ['https://x-access-token:ghs_abc@github.com/acme/shop.git', shop],
  ['https://evil.example:x@github.com/acme/shop', shop],
  ['https://github.com/acme/sh%6Fp', shop],
  ['http://github.com/acme/shop', shop],
  ['http://github.com:80/acme/shop', shop],
  ['http://github.com:443/acme/shop', 'github.com:443/acme/shop'],
  ['ssh://git@github.com/acme/shop.git', shop],
  ['ssh://github.com:22/acme/shop', shop],
  ['ssh://git@ssh.github.com:443/acme/shop', 'ssh.github.com:443/acme/shop'],
  ['git+ssh://git@github.com/acme/shop', shop],
  ['ssh+git://git@github.com/acme/shop', shop],
  ['git://github.com/acme/shop', shop],
  ['git://github.com:9418/acme/shop', shop],
  ['git@github.com:acme/shop.git', shop],
  ['git@github.com:/acme/shop.git', shop],
  ['github.com:acme/shop', shop],
  ['org-1234@GITHUB.com:Acme/Shop.git', shop],
  ['git@[github.com:22]:acme/shop', shop],
  ['[github.com:2222]:acme/shop', 'github.com:2222/acme/shop'],
  ['git@github.com:1234/shop', 'github.com/1234/shop'],
  ['git@[::1]:acme/shop', '[::1]/acme/shop'],
  ['ssh://git@[0:0:0:0:0:0:0:1]:2222/acme/shop', '[::1]:2222/acme/shop'],
  ['https://git.example:8443/acme/shop', 'git.example:8443/acme/shop'],
  ['https://gitlab.example/group/sub/sub/project.git', 'gitlab.example/group/sub/sub/project'],
  ['https://bücher.example/acme/shop', 'xn--bcher-kva.example/acme/shop'],
  ['https://xn--bcher-kva.example/acme/shop', 'xn--bcher-kva.example/acme/shop'],
  ['git@bücher.example:acme/shop', 'xn--bcher-kva.example/acme/shop'],
  // A Cyrillic letter is another host and another path.
  ['https://github.com/аcme/shop', 'github.com/аcme/shop'],
  ['https://gіthub.com/acme/shop', 'xn--gthub-n2e.com/acme/shop'],
  // The Kelvin sign lower-cases to k in Unicode; here it stays what it is.
  ['https://github.com/acme/\u212Ait', 'github.com/acme/\u212Ait'],
  ['https://github.com/acme/caf%C3%A9', 'github.com/acme/café'],
  ['https://127.1/acme/shop', '127.0.0.1/acme/shop'],
  ['https://0x7f.0.0.1/acme/shop', '127.0.0.1/acme/shop'],
  ['ssh://host/~ann/shop', 'host/~ann/shop'],
  ['host:~ann/shop', 'host/~ann/shop'],
  ['https://dev.azure.com/acme/Project/_git/shop', 'dev.azure.com/acme/project/_git/shop'],
  ['https://github.com/acme/.github', 'github.com/acme/.github'],
  ['https://github.com/acme/-dashes-', 'github.com/acme/-dashes-'],
  ['https://github.com/acme/shop.gitx', 'github.com/acme/shop.gitx'],
  ['https://github.com/acme/a@b', 'github.com/acme/a@b'],
  ['https://github.com/acme/a+b=c,d', 'github.com/acme/a+b=c,d'],
  ['ssh://git@git_server/acme/shop', 'git_server/acme/shop'],
  ['https://localhost:3000/acme/shop', 'localhost:3000/acme/shop'],
];

const names: readonly (readonly [address: string, name: string])[] = [
  ['github.com/acme/shop', shop],
  ['GitHub.com/Acme/Shop.git/', shop],
  ['git.example:8443/acme/shop', 'git.example:8443/acme/shop'],
  ['[::1]:2222/acme/shop', '[::1]:2222/acme/shop'],
];

const refused: readonly (readonly [address: string, code: RemoteErrorCode])[] = [
  ['file:///srv/shop.git', 'remote_local'],
  ['FILE://localhost/srv/shop', 'remote_local'],
  ['/srv/shop.git', 'remote_local'],
  ['./github.com/acme/shop', 'remote_local'],
  ['../shop', 'remote_local'],
  ['~/shop', 'remote_local'],
  ['shop', 'remote_local'],
  ['', 'remote_local'],
  ['.', 'remote_local'],
  ['./git@github.com:acme/shop', 'remote_local'],
  ['C:/src/shop', 'remote_local'],
  ['c:shop', 'remote_local'],
  ['C:\\work\\shop', 'remote_hostile'],
  ['ext::sh -c touch% /tmp/x', 'remote_hostile'],
  ['ext::sh', 'remote_hostile'],
  ['fd::17', 'remote_hostile'],
  ['::github.com/acme/shop', 'remote_hostile'],
  ['https::github.com/acme/shop', 'remote_hostile'],
  ['-oProxyCommand=x:acme/shop', 'remote_hostile'],
  ['ssh://-oProxyCommand=x/acme/shop', 'remote_hostile'],
  ['ssh://-oProxyCommand=x@github.com/acme/shop', 'remote_hostile'],
  ['-oProxyCommand=x@github.com:acme/shop', 'remote_hostile'],
  ['git@github.com:-oProxyCommand=x', 'remote_hostile'],
  ['ssh://github.com/-upload-pack', 'remote_hostile'],
  ['https://github.com/acme/../evil/shop', 'remote_hostile'],
  ['https://github.com/acme/%2e%2e/shop', 'remote_hostile'],
  ['https://github.com/./acme/shop', 'remote_hostile'],
  ['git@github.com:../acme/shop', 'remote_hostile'],
  ['https://github.com/acme%2Fshop', 'remote_hostile'],
  ['https://github.com/acme/%2573hop', 'remote_hostile'],
  ['https://github.com/acme/shop%00', 'remote_hostile'],
  ['https://github.com/acme/shop%0a', 'remote_hostile'],
  ['https://github.com/acme/shop%20', 'remote_hostile'],
  ['https://github.com/acme/shop\n', 'remote_hostile'],
  ['https://github.com/acme/shop\0', 'remote_hostile'],
  [' https://github.com/acme/shop', 'remote_hostile'],
  ['https://github.com/acme/sh\u202Eop', 'remote_hostile'],
  ['https://github.com/acme/sh\u200Bop', 'remote_hostile'],
  ['https://github.com/acme/shop\u{E0061}', 'remote_hostile'],
  ['https://github.com/acme/\uD800', 'remote_hostile'],
  ['https://github.com/acme/shop?x=1', 'remote_hostile'],
  ['https://github.com/acme/shop#evil', 'remote_hostile'],
  ['https://github.com#@evil.example/acme/shop', 'remote_hostile'],
  ['https://github.com\\@evil.example/acme/shop', 'remote_hostile'],
  ['https://a@github.com@evil.example/acme/shop', 'remote_hostile'],
  ['https://git%68ub.com/acme/shop', 'remote_hostile'],
  ['https://github.com/acme/%zz', 'remote_invalid'],
  ['https://github.com/acme/%ff', 'remote_invalid'],
  ['https://github.com', 'remote_invalid'],
  ['https://github.com/', 'remote_invalid'],
  ['https://github.com/.git', 'remote_invalid'],
  ['https:///acme/shop', 'remote_invalid'],
  ['https://github..com/acme/shop', 'remote_invalid'],
  ['https://.github.com/acme/shop', 'remote_invalid'],
  ['https://github.com:0/acme/shop', 'remote_invalid'],
  ['https://github.com:65536/acme/shop', 'remote_invalid'],
  ['https://github.com:22x/acme/shop', 'remote_invalid'],
  ['https://[::1/acme/shop', 'remote_invalid'],
  ['https://[zz]/acme/shop', 'remote_invalid'],
  ['git@github.com:', 'remote_invalid'],
  ['ftp://github.com/acme/shop', 'remote_unsupported'],
  ['javascript://github.com/acme/shop', 'remote_unsupported'],
  ['__proto__://github.com/acme/shop', 'remote_unsupported'],
  [`https://github.com/${'a'.repeat(3000)}`, 'remote_too_long'],
];

function codeOf(run: () => string): string {
  try {
    return `accepted as ${run()}`;
  } catch (error) {
    if (error instanceof WritError) return error.code;
    throw error;
  }
}

describe('canonicalRemote', () => {
  test.each([...named, ...names])('%j is %s', (address, name) => {
    expect(canonicalRemote(address)).toBe(name);
  });

  test.each(refused)('%j is refused: %s', (address, code) => {
    expect(codeOf(() => canonicalRemote(address))).toBe(code);
  });

  test('says nothing of a secret in its errors', () => {
    expect(() => canonicalRemote('https://u:hunter2@github.com/../x')).toThrow(/^(?!.*hunter2)/);
  });

  const pieces =
    'https:// ssh:// git@ github.com K \u212A : :22 :443/ / // .git .. %2f %41 %25 [::1] @ - ~ acme shop ü １ 。 . \u0000 ß 0x7f';
  const piece = fc.constantFrom(...pieces.split(' '), ' ');
  const address = fc.oneof(
    fc.array(piece, { maxLength: 9 }).map((pieces) => pieces.join('')),
    fc.tuple(fc.webUrl(), fc.constantFrom('', '.git', '/')).map((parts) => parts.join('')),
    fc.string({ unit: 'binary', maxLength: 40 }).map((path) => `https://host.example/a${path}`),
    fc.string({ unit: 'binary', maxLength: 40 }),
  );

  test('names itself, and fails in its own way only', () => {
    let accepted = 0;
    fc.assert(
      fc.property(address, (text) => {
        let name: string;
        try {
          name = canonicalRemote(text);
        } catch (error) {
          if (error instanceof WritError) return;
          throw error;
        }
        accepted += 1;
        expect(canonicalRemote(name)).toBe(name);
        expect(name).not.toMatch(/[A-Z\s\\%]|\/\/|\.git$|\/$/);
      }),
      { numRuns: 20_000 },
    );
    expect(accepted).toBeGreaterThan(1000);
  });
});

describe('canonicalGitUrl', () => {
  test.each(named)('%j is %s', (address, name) => {
    expect(canonicalGitUrl(address)).toBe(name);
  });

  test.each([
    ...refused,
    ['github.com/acme/shop', 'remote_local'], // to git a folder in the working tree
    ['git.example:8443/acme/shop', 'remote_hostile'],
    ['[::1]:2222/acme/shop', 'remote_hostile'],
  ] as const)('%j is refused: %s', (address, code) => {
    expect(codeOf(() => canonicalGitUrl(address))).toBe(code);
  });
});
