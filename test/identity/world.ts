/** The authority's test organisation with a task under way, and a key pair of that task's. */
import { generateKeyPairSync } from 'node:crypto';
import { activateWrit } from '../../src/authority/services/activate-writ.ts';
import { ecThumbprint, jwkOf, type EcPublicJwk } from '../../src/core/identity/ec-key.ts';
import type { Writ } from '../../src/core/model/writ.ts';
import { openWorld, type World } from '../authority/world.ts';

export interface Task {
  readonly writ: Writ;
  readonly publicKey: EcPublicJwk;
  readonly privateKeyPem: string;
}

export async function openIdentityWorld(): Promise<World> {
  const world = await openWorld();
  await world.enable();
  return world;
}

export async function startTask(world: World, job: string | null = null): Promise<Task> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = jwkOf(publicKey);
  const issued = await world.issue({ taskKey: ecThumbprint(jwk), job });
  const writ = await activateWrit(world.context, issued.claims.id);
  return {
    writ,
    publicKey: jwk,
    privateKeyPem: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
  };
}
