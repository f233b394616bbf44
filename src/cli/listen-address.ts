/** Where the public endpoints may be offered. */
import { statSync } from 'node:fs';
import { isIP } from 'node:net';
import { WritError } from '../core/model/errors.ts';
import type { Configuration } from './configuration.ts';

export type Listening = NonNullable<Configuration['listen']>;

/** Everybody on the way could read tokens and change keys. @throws WritError `listen_refused` */
export function assertListenable({ address, certificate, key }: Listening): void {
  const { host } = parseAddress(address);
  if ((certificate === undefined) !== (key === undefined)) {
    throw refused(
      'a certificate needs its key, and a key its certificate',
      'Give both: --tls-certificate and --tls-key',
    );
  }
  const loopback = host === '::1' || host === 'localhost' || (isIP(host) === 4 && host.startsWith('127.'));
  if (certificate === undefined && !loopback) {
    throw refused(
      `${host} is not this machine alone, and without TLS`,
      'Give --tls-certificate and --tls-key, or listen on 127.0.0.1',
    );
  }
  if (key !== undefined && (statSync(key).mode & 0o077) !== 0) {
    throw refused(`${key} can be read by other people`, `Make it yours alone: chmod 600 ${key}`);
  }
}

export function parseAddress(address: string): { readonly host: string; readonly port: number } {
  const [, bracketed, plain, digits = ''] =
    /^(?:\[([0-9a-fA-F:]+)\]|([A-Za-z0-9.-]+)):(\d{1,5})$/.exec(address) ?? [];
  const [host, port] = [bracketed ?? plain, Number(digits)];
  if (host !== undefined && port <= 65_535) return { host, port };
  throw refused(`"${address}" is no HOST:PORT`, 'For example: writ up --listen 127.0.0.1:8443');
}

function refused(fault: string, hint: string): WritError {
  return new WritError('listen_refused', fault, { hint });
}
