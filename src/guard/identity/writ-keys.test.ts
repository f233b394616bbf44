import { expect, it } from 'vitest';
import { publicJwk, signingKey } from '../../core/identity/keys.ts';
import { signWrit } from '../../core/identity/writ-token.ts';
import type { WritClaims } from '../../core/model/writ.ts';
import { WritKeys } from './writ-keys.ts';

const now = 1_790_000_000_000;
const [first, second, stranger] = [7, 8, 9].map((byte) => signingKey(Buffer.alloc(32, byte))) as [
  ReturnType<typeof signingKey>,
  ReturnType<typeof signingKey>,
  ReturnType<typeof signingKey>,
];
const claims: WritClaims = {
  id: 'writ_01k4m8c0z7x3v9q2t5w8y1b4d',
  assistant: 'claude',
  requester: 'maria',
  job: null,
  profile: 'develop',
  repository: {
    remote: 'github.com/acme/shop',
    commit: 'a'.repeat(40),
    branch: 'main',
    worktree: '/home/maria/shop',
    worktreeId: '64:1234',
    proof: 'claimed',
    proven: 'The clone says so.',
  },
  enforcement: 2,
  taskKey: 'x'.repeat(43),
  policyVersion: 'f'.repeat(64),
  issuedAt: now,
  expiresAt: now + 900_000,
};

it('asks for keys once, again for one that is new, and takes no writ of a stranger', async () => {
  let asked = 0;
  let inForce = [first];
  const keys = new WritKeys({
    keys: async () => {
      asked += 1;
      return { keys: inForce.map(publicJwk) };
    },
  });
  expect(await keys.verify(signWrit(claims, first), now)).toEqual(claims);
  expect(await keys.verify(signWrit(claims, first), now)).toEqual(claims);
  expect(asked).toBe(1);

  inForce = [first, second];
  expect(await keys.verify(signWrit(claims, second), now)).toEqual(claims);
  expect(asked).toBe(2);

  await expect(keys.verify(signWrit(claims, stranger), now)).rejects.toMatchObject({
    code: 'token_key_unknown',
  });
  await expect(keys.verify(signWrit(claims, first), now + 900_000)).rejects.toMatchObject({
    code: 'token_expired',
  });
});
