/**
 * A client of the Workload API that knows nothing of Writ but what SPIFFE publishes. Run as a program of its own, in a
 * sandbox or outside: `client ADDRESS STEP…`, each step a JSON object; prints one JSON line for each answer.
 */
import { createInterface } from 'node:readline';
import { credentials, loadPackageDefinition, Metadata, type ServiceError } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

interface Step {
  readonly method: string;
  readonly request?: object;
  /** Of a stream: how many messages to wait for. */
  readonly messages?: number;
  /** Instead of the one given for all. */
  readonly address?: string;
  /** Values of the security header; `['true']` unless given. */
  readonly header?: readonly string[];
}

const [proto = '', address = '', ...steps] = process.argv.slice(2);
const definition = loadPackageDefinition(loadSync(proto, { keepCase: true })) as unknown as {
  SpiffeWorkloadAPI: new (target: string, credential: object) => Record<string, (...args: unknown[]) => Call>;
};
interface Call {
  on(event: 'error', listener: (error: ServiceError) => void): Call;
  on(event: 'data', listener: (reply: unknown) => void): Call;
  cancel(): void;
}
const endpoint = address === 'env' ? (process.env['SPIFFE_ENDPOINT_SOCKET'] ?? '') : address;
const clients = new Map<string, InstanceType<typeof definition.SpiffeWorkloadAPI>>();

function clientOf(target: string) {
  const client =
    clients.get(target) ?? new definition.SpiffeWorkloadAPI(target, credentials.createInsecure());
  clients.set(target, client);
  return client;
}

const tell = (value: unknown) => process.stdout.write(`${JSON.stringify(value)}\n`);

async function take({
  method,
  request = {},
  messages,
  address: target = endpoint,
  header = ['true'],
}: Step): Promise<void> {
  const metadata = new Metadata();
  for (const value of header) metadata.add('workload.spiffe.io', value);
  const client = clientOf(target);
  const call = client[method]?.bind(client);
  if (call === undefined) throw new Error(`no method ${method}`);
  await new Promise<void>((resolve) => {
    const failed = (error: ServiceError) => {
      tell({ method, code: error.code, details: error.details });
      resolve();
    };
    if (messages === undefined) {
      call(request, metadata, (error: ServiceError | null, reply: unknown) => {
        if (error !== null) return failed(error);
        tell({ method, reply });
        resolve();
      });
      return;
    }
    let left = messages;
    const stream = call(request, metadata);
    stream.on('error', (error: ServiceError) => {
      if (left > 0) failed(error);
    });
    stream.on('data', (reply: unknown) => {
      tell({ method, reply });
      left -= 1;
      if (left > 0) return;
      resolve();
      stream.cancel();
    });
  });
}

for (const step of steps) await take(JSON.parse(step) as Step);
// `--follow`-like use: more steps, a line each, as long as standard input stays open.
if (steps.length === 0) {
  for await (const line of createInterface({ input: process.stdin })) await take(JSON.parse(line) as Step);
}
for (const client of clients.values()) client['close']?.bind(client)();
