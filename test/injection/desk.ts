/** The proxy of one session in this process, with one credential for one host, and programs' side of its tunnels. */
import { once } from 'node:events';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import type { Injection } from '../../src/core/policy/injection.ts';
import type { AuthorityPort } from '../../src/guard/authority-port.ts';
import { WritError } from '../../src/core/model/errors.ts';
import { LeaseHolder } from '../../src/guard/credentials/lease-holder.ts';
import type { Patience } from '../../src/guard/egress/tunnel.ts';
import { SeenSecrets } from '../../src/guard/injection/seen-secrets.ts';
import {
  createSessionAuthority,
  type SessionAuthority,
} from '../../src/guard/injection/session-authority.ts';
import { terminating } from '../../src/guard/injection/terminate.ts';
import { clientContext } from '../../src/guard/injection/trust.ts';
import { readFileSync } from 'node:fs';
import { collect, Desk } from '../egress/desk.ts';
import { Api } from './api.ts';

export const host = 'api.example';
/** Of the same server, and its TLS passes unread. */
export const unreadHost = 'unread.example';
export const secret = 'sk-live/4711+not&to=be-seen';
export const placeholder = 'writ-placeholder-of-this-session';

/** What another host's credential says is nothing to this one. */
const elsewhere: Injection = {
  hosts: ['elsewhere.example'],
  place: { header: 'x-own', prefix: '' },
  requests: [{ methods: ['POST'], paths: ['/v1/**'] }],
};

export class InjectingDesk implements AsyncDisposable {
  readonly desk = new Desk();
  readonly api = new Api([host, unreadHost]);
  injection: Injection = {
    hosts: [],
    place: { header: 'authorization', prefix: 'Bearer ' },
    requests: [{ methods: ['GET', 'POST'], paths: ['/v1/**', '/echo'] }],
  };
  port = 0;
  patience: Partial<Patience> = {};
  /** Why the authority lends nothing; null where it does. */
  refusal: string | null = null;
  uses = 0;
  #authority: SessionAuthority | null = null;

  /** @param trusted whether the proxy trusts the API's certificate */
  async open(trusted = true): Promise<this> {
    this.port = await this.api.listen();
    this.injection = { ...this.injection, hosts: [`${host}:${this.port}`] };
    const authority = await createSessionAuthority([host], Date.now());
    this.#authority = authority;
    const holder = this.#holder();
    const roots = clientContext(trusted ? readFileSync(this.api.certified.authority, 'utf8') : null);
    const carry = terminating({
      inward: authority.contextFor,
      outward: async () => roots,
      placed: async () => [
        { name: 'tracker', placeholder, injection: this.injection, holder },
        { name: 'elsewhere', placeholder: `${placeholder}-elsewhere`, injection: elsewhere, holder },
      ],
      seen: new SeenSecrets(),
    });
    await this.desk.open({
      patience: this.patience,
      terminate: (endpoint) => (endpoint.host === host ? carry : null),
    });
    return this;
  }

  /** As the authority would: the upstream's own part is tested with it. */
  #holder(): LeaseHolder {
    const lent = async () => {
      this.uses += 1;
      if (this.refusal !== null) throw new WritError('lease_ended', this.refusal);
      return { lease: { id: 'lse_1', expiresAt: Date.now() + 3600_000 }, secret: { value: secret } };
    };
    const authority = { requestLease: lent, useLease: lent } as unknown as AuthorityPort;
    const facts = { writ: 'wrt_1', session: 'ses_1', credential: 'tracker', renews: false };
    return new LeaseHolder({ authority, clock: Date.now, ...facts });
  }

  async secure(servername = host, to = host): Promise<TLSSocket> {
    const { socket } = await this.desk.tunnel(`${to}:${this.port}`);
    const ca = to === host ? this.#authority?.certificate : readFileSync(this.api.certified.authority);
    const secure = connectTls({ socket, servername, ca, ALPNProtocols: ['h2', 'http/1.1'] });
    await once(secure, 'secureConnect');
    return secure;
  }

  /** Raw bytes inside one tunnel, and all that comes back until the end. */
  async say(bytes: string | readonly string[]): Promise<string> {
    const socket = await this.secure();
    socket.on('error', () => {});
    for (const part of [bytes].flat()) socket.write(part, 'latin1');
    return (await collect(socket)).toString('latin1');
  }

  /** One whole request, after which the connection ends. */
  async ask(what: string, headers: Readonly<Record<string, string>> = {}, body = ''): Promise<string> {
    const all = { host: `${host}:${this.port}`, connection: 'close', ...headers };
    const length = body === '' ? [] : [`content-length: ${Buffer.byteLength(body)}`];
    const fields = [...Object.entries(all).map(([name, value]) => `${name}: ${value}`), ...length];
    return this.say(`${what} HTTP/1.1\r\n${fields.join('\r\n')}\r\n\r\n${body}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.desk[Symbol.asyncDispose]();
    await this.api[Symbol.asyncDispose]();
  }
}

export const filled = { authorization: `Bearer ${placeholder}` };
