/** Whom the proxy trusts towards servers. */
import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls';

/** Of this machine; Node's own where the machine has none. */
export function machineRoots(): readonly string[] {
  // One that the system names in several places is told several times.
  const system = [...new Set(getCACertificates('system'))];
  return system.length > 0 ? system : getCACertificates('bundled');
}

const known = new Map<string, SecureContext>();

/** @param authorities PEM, to trust instead of the machine's; null for those */
export function clientContext(authorities: string | null): SecureContext {
  const key = authorities ?? '';
  const context =
    known.get(key) ?? createSecureContext({ ca: authorities ?? [...machineRoots()], minVersion: 'TLSv1.2' });
  known.set(key, context);
  return context;
}
