/** Identity documents per second: signed and on record, beside the bare signatures of node:crypto in the same run. */
import { generateKeyPairSync, sign } from 'node:crypto';
import { issueJwtSvid, issueX509Svid } from '../src/authority/services/issue-svid.ts';
import { verifyJwtSvid } from '../src/core/identity/jwt-svid.ts';
import { keysInForce } from '../src/authority/services/signing-keys.ts';
import { openIdentityWorld, startTask } from '../test/identity/world.ts';

const secondsEach = 2;
const atOnce = [1, 64];

const world = await openIdentityWorld();
const task = await startTask(world, 'SHOP-142');
const writ = task.writ.claims.id;
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const message = Buffer.alloc(600, 'x');

const bare = (): void => void sign('sha256', message, { key: privateKey, dsaEncoding: 'ieee-p1363' });
const jwt = () => issueJwtSvid(world.context, { writ, audience: ['https://sts.example'], workload: null });
const x509 = () => issueX509Svid(world.context, { writ, publicKey: task.publicKey, workload: null });
const { svid } = await jwt();
const validate = (): void =>
  void verifyJwtSvid(
    svid,
    'acme.example',
    'https://sts.example',
    keysInForce(world.context),
    world.clock.now,
  );

/** Per second. */
async function rate(group: number, act: () => unknown): Promise<number> {
  for (let n = 0; n < 20; n += 1) await act();
  const start = performance.now();
  let done = 0;
  while (performance.now() - start < secondsEach * 1000) {
    await Promise.all(Array.from({ length: group }, act));
    done += group;
  }
  return Math.round((done / (performance.now() - start)) * 1000);
}

const signatures = await rate(1, bare);
const rows: { what: string; atOnce: number; perSecond: number; ratioToBareSignature: number }[] = [];
for (const group of atOnce) {
  for (const [what, act] of [
    ['JWT-SVID', jwt],
    ['X.509-SVID', x509],
  ] as const) {
    note(what, group, await rate(group, act));
  }
}
note('validation of a JWT-SVID', 1, await rate(1, validate));
await world.remove();
console.table(rows);
process.stdout.write(`${JSON.stringify({ bench: 'identity', signatures, rows })}\n`);

function note(what: string, group: number, perSecond: number): void {
  const ratioToBareSignature = Number((perSecond / signatures).toFixed(3));
  rows.push({ what, atOnce: group, perSecond, ratioToBareSignature });
}
