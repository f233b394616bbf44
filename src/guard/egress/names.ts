/** Names to addresses. Asked once for each connection, which then goes to an address of that very answer. */
import { lookup, Resolver } from 'node:dns/promises';
import { WritError } from '../../core/model/errors.ts';

/** Addresses in the order to try them; rejects where there are none. */
export type Resolve = (name: string) => Promise<readonly string[]>;

/** Milliseconds. */
const patience = 10_000;

/** As every program of this machine resolves names, `/etc/hosts` included. */
export const asTheSystem: Resolve = async (name) => {
  const found = await lookup(name, { all: true, order: 'verbatim' });
  return found.map(({ address }) => address);
};

/**
 * @param server `address:port` of a DNS server, asked over UDP and TCP
 * @throws WritError `dns_server_invalid`
 */
export function from(server: string): Resolve {
  try {
    new Resolver().setServers([server]);
  } catch (cause) {
    throw new WritError('dns_server_invalid', 'WRIT_DNS_SERVER is not the address of a DNS server', {
      hint: 'Start Writ with it as address:port, such as 10.0.0.53:53: writ down, then writ up',
      cause,
    });
  }
  return async (name) => {
    const resolver = new Resolver({ timeout: patience / 4, tries: 2 });
    resolver.setServers([server]);
    const answers = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)]);
    const found = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
    if (found.length === 0) throw new Error(`${server} knows no address of ${name}`);
    return found;
  };
}

/** Rejects when it takes too long. */
export async function resolveInTime(resolve: Resolve, name: string): Promise<readonly string[]> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error('no answer in time')), patience);
  try {
    return await Promise.race([resolve(name), promise]);
  } finally {
    clearTimeout(timer);
  }
}
