/** How programs with roots of their own are told whom to trust. */

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

/** @param bundle path inside of all roots @param added of those alone that no distribution has */
export function trustVariables(bundle: string, added: string): Record<string, string> {
  return Object.fromEntries([
    ...bundleVariables.map((name) => [name, bundle] as const),
    ...additionVariables.map((name) => [name, added] as const),
  ]);
}
