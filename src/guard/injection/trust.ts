/** Whom the proxy trusts towards servers, and how programs inside are told to trust the proxy. */
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

/** These take a file in place of their own roots. */
const bundleVariables = [
  'SSL_CERT_FILE', // OpenSSL, Python, Go, Ruby, Rust's native roots, uv
  'REQUESTS_CA_BUNDLE',
  'CURL_CA_BUNDLE',
  'GIT_SSL_CAINFO',
  'PIP_CERT',
  'CARGO_HTTP_CAINFO',
  'AWS_CA_BUNDLE',
  'HTTPLIB2_CA_CERTS',
  'GRPC_DEFAULT_SSL_ROOTS_FILE_PATH',
] as const;

/** And these one that is added to them. */
const additionVariables = ['NODE_EXTRA_CA_CERTS', 'DENO_CERT'] as const;

/** @param bundle path inside of the machine's roots and the session's @param own of the session's alone */
export function trustVariables(bundle: string, own: string): Record<string, string> {
  return Object.fromEntries([
    ...bundleVariables.map((name) => [name, bundle] as const),
    ...additionVariables.map((name) => [name, own] as const),
  ]);
}
