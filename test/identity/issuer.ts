/** The issuer on a port of its own, with two services that are registered with it, and ways to speak to it. */
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import * as client from 'openid-client';
import { createPublicApp } from '../../src/authority/http/public.ts';
import { issueJwtSvid } from '../../src/authority/services/issue-svid.ts';
import { governance, type World } from '../authority/world.ts';
import { openIdentityWorld, type Task } from './world.ts';

export const exchangeGrant = 'urn:ietf:params:oauth:grant-type:token-exchange';
export const tokenTypes = {
  jwt: 'urn:ietf:params:oauth:token-type:jwt',
  access: 'urn:ietf:params:oauth:token-type:access_token',
} as const;
/** Of `shop-api`, which heeds delegation; `old-api` does not. */
export const shopAudience = 'https://api.shop.example';
export const oldAudience = 'https://old.shop.example';

export class Issuer {
  readonly world: World;
  readonly address: string;
  /** Of the service `shop-api`. */
  readonly shopKey: KeyObject;
  /** What was reported as a fault of ours. */
  readonly faults: unknown[];
  readonly #close: () => Promise<void>;

  private constructor(
    world: World,
    address: string,
    shopKey: KeyObject,
    faults: unknown[],
    close: () => Promise<void>,
  ) {
    this.world = world;
    this.address = address;
    this.shopKey = shopKey;
    this.faults = faults;
    this.#close = close;
  }

  static async open(): Promise<Issuer> {
    const world = await openIdentityWorld();
    world.clock.now = Date.now(); // the clients have no clock of ours to turn
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const { x, y } = publicKey.export({ format: 'jwk' });
    const resources = `resources:
  shop-api: { audience: '${shopAudience}', delegation: true, keys: [{ kty: EC, crv: P-256, x: ${x}, y: ${y} }] }
  old-api: { audience: '${oldAudience}' }
groups:`;
    await world.publish(governance((text) => text.replace(/^groups:$/m, resources)));
    const faults: unknown[] = [];
    const app = createPublicApp(world.context, (error) => faults.push(error));
    const answer = getRequestListener(app.fetch);
    const server = createServer((request, response) => void answer(request, response));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    world.context.identity.listener = address;
    return new Issuer(world, address, privateKey, faults, async () => {
      server.close();
      server.closeAllConnections();
      await world.remove();
    });
  }

  close(): Promise<void> {
    return this.#close();
  }

  async shop(): Promise<client.Configuration> {
    const pkcs8 = this.shopKey.export({ format: 'der', type: 'pkcs8' });
    const algorithm = { name: 'ECDSA', namedCurve: 'P-256' };
    const key = await crypto.subtle.importKey('pkcs8', pkcs8, algorithm, false, ['sign']);
    return this.discover('shop-api', client.PrivateKeyJwt(key));
  }

  /** A task is a public client, known by the token that it shows. */
  holder(task: Task): Promise<client.Configuration> {
    return this.discover(idOf(task), client.None());
  }

  async discover(id: string, authentication: client.ClientAuth): Promise<client.Configuration> {
    const insecure = { execute: [client.allowInsecureRequests] };
    return client.discovery(new URL(this.address), id, {}, authentication, insecure);
  }

  async svid({ writ }: Task, audience: string): Promise<string> {
    const request = { writ: writ.claims.id, audience: [audience], workload: null };
    return (await issueJwtSvid(this.world.context, request)).svid;
  }

  async exchange(task: Task, parameters: Readonly<Record<string, string>>) {
    return client.genericGrantRequest(await this.holder(task), exchangeGrant, {
      subject_token: await this.svid(task, this.address),
      subject_token_type: tokenTypes.jwt,
      ...parameters,
    });
  }

  post(path: string, body: string, type = 'application/x-www-form-urlencoded'): Promise<Response> {
    return fetch(`${this.address}${path}`, { method: 'POST', body, headers: { 'content-type': type } });
  }
}

export function idOf({ writ }: Task): string {
  return `spiffe://acme.example/assistant/local/task/${writ.claims.id}`;
}

export function form(fields: Readonly<Record<string, string>>): string {
  return new URLSearchParams(fields).toString();
}
