/**
 * The SPIFFE Workload API for one attested connection. Whoever is nobody is told so by the specification's own
 * errors; documents are the task's alone, and every stream sends its full state again when something changed.
 */
import {
  Metadata,
  Server,
  ServerCredentials,
  status,
  type handleServerStreamingCall,
  type handleUnaryCall,
  type sendUnaryData,
  type StatusObject,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { trustDomainId } from '../../core/identity/spiffe-id.ts';
import { verifyJwtSvid } from '../../core/identity/jwt-svid.ts';
import { WritError } from '../../core/model/errors.ts';
import type { Workload } from '../../core/model/svid.ts';
import type { AuthorityPort, TrustAnchors } from '../authority-port.ts';
import type { TaskKey } from './task-keys.ts';
import {
  protobufStruct,
  workloadService,
  type Bundles,
  type Empty,
  type WorkloadHandlers,
  type X509State,
} from './workload-proto.ts';

export interface TaskAccess {
  readonly authority: AuthorityPort;
  readonly writ: string;
  /** SPIFFE ID of the task. */
  readonly id: string;
  /** Null where its private half is not this guard's: then there is no X.509-SVID. */
  readonly key: TaskKey | null;
  readonly workload: Workload;
  readonly clock: () => number;
  /** Throws when the session asks for more documents than anything sensible needs. */
  readonly spend: () => void;
}

/** What a change of keys takes to reach every stream. */
const lookEveryMs = 2_000;
/** Where a writ is about to end, what it gives lives hardly at all. */
const leastPauseMs = 250;
const securityHeader = 'workload.spiffe.io';

/**
 * Speaks gRPC over the connection until it closes.
 * @param access null: nobody that an identity is issued to
 */
export function serveWorkloadApi(
  connection: Socket,
  access: TaskAccess | null,
  report: (error: unknown) => void,
): void {
  const server = new Server({ 'grpc.max_concurrent_streams': 100, 'grpc.enable_channelz': 0 });
  server.addService(workloadService, handlers(access, report) as unknown as UntypedServiceImplementation);
  connection.once('close', () => server.forceShutdown());
  server.createConnectionInjector(ServerCredentials.createInsecure()).injectConnection(connection);
  // Whoever attested it kept it from being read.
  connection.resume();
}

function handlers(access: TaskAccess | null, report: (error: unknown) => void): WorkloadHandlers {
  const admitted = (metadata: Metadata): TaskAccess => {
    const [header, ...more] = metadata.get(securityHeader);
    if (header !== 'true' || more.length > 0) {
      throw fault(status.INVALID_ARGUMENT, `the header ${securityHeader}: true is missing`);
    }
    if (access === null) throw fault(status.PERMISSION_DENIED, 'no identity is issued to this process');
    return access;
  };

  const reply = async <O>(answer: () => Promise<O>, callback: sendUnaryData<O>): Promise<void> => {
    let result: O;
    try {
      result = await answer();
    } catch (error) {
      return callback(statusOf(error, report));
    }
    callback(null, result);
  };

  const unary =
    <I, O>(answer: (access: TaskAccess, request: I) => Promise<O>): handleUnaryCall<I, O> =>
    (call, callback) => {
      void reply(() => answer(admitted(call.metadata), call.request), callback);
    };

  const streaming =
    <O>(
      follow: (access: TaskAccess, send: (state: O) => void, gone: AbortSignal) => Promise<void>,
    ): handleServerStreamingCall<Empty, O> =>
    (call) => {
      const gone = new AbortController();
      call.once('cancelled', () => gone.abort()).once('close', () => gone.abort());
      Promise.resolve()
        .then(() => follow(admitted(call.metadata), (state) => call.write(state), gone.signal))
        .catch((error: unknown) => {
          if (!gone.signal.aborted) call.emit('error', statusOf(error, report));
        });
    };

  return {
    FetchX509SVID: streaming(followX509Svid),
    FetchX509Bundles: streaming(followBundles(x509Authorities)),
    FetchJWTBundles: streaming(followBundles(jwtKeySet)),
    FetchJWTSVID: unary(fetchJwtSvid),
    ValidateJWTSVID: unary(validateJwtSvid),
  };
}

/** A new certificate when the last one is half spent, or when the bundle changed. */
async function followX509Svid(
  access: TaskAccess,
  send: (state: X509State) => void,
  gone: AbortSignal,
): Promise<void> {
  const { authority, writ, key, workload, clock } = access;
  if (key === null) throw fault(status.PERMISSION_DENIED, "the task's key is not held by this guard");
  let sequence = -1;
  let renewAt = 0;
  while (!gone.aborted) {
    const anchors = await authority.trustAnchors();
    if (anchors.bundle.spiffe_sequence !== sequence || clock() >= renewAt) {
      access.spend();
      const begun = clock();
      const { id, certificate, expiresAt } = await authority.issueX509Svid({
        writ,
        publicKey: key.publicKey,
        workload,
      });
      send({
        svids: [
          {
            spiffe_id: id,
            x509_svid: Buffer.from(certificate, 'base64'),
            x509_svid_key: key.privateKey.export({ format: 'der', type: 'pkcs8' }),
            bundle: x509Authorities(anchors),
          },
        ],
      });
      sequence = anchors.bundle.spiffe_sequence;
      renewAt = begun + (expiresAt - begun) / 2;
    }
    await pause(Math.min(lookEveryMs, Math.max(renewAt - clock(), leastPauseMs)), gone);
  }
}

function followBundles(contentOf: (anchors: TrustAnchors) => Uint8Array) {
  return async (
    { authority, writ }: TaskAccess,
    send: (state: Bundles) => void,
    gone: AbortSignal,
  ): Promise<void> => {
    let sequence = -1;
    while (!gone.aborted) {
      const anchors = await authority.trustAnchors();
      if (anchors.bundle.spiffe_sequence !== sequence) {
        if (sequence === -1) await assertActive(authority, writ);
        send({ bundles: { [trustDomainId(anchors.trustDomain)]: contentOf(anchors) } });
        sequence = anchors.bundle.spiffe_sequence;
      }
      await pause(lookEveryMs, gone);
    }
  };
}

async function fetchJwtSvid(
  access: TaskAccess,
  { audience, spiffe_id: wanted }: { readonly audience: readonly string[]; readonly spiffe_id: string },
) {
  if (
    audience.length === 0 ||
    audience.length > 10 ||
    audience.some((one) => one === '' || one.length > 500)
  ) {
    throw fault(status.INVALID_ARGUMENT, 'one to ten audiences are needed');
  }
  if (wanted !== '' && wanted !== access.id) {
    throw fault(status.PERMISSION_DENIED, 'that identity is not the one of this task');
  }
  access.spend();
  const { authority, writ, workload } = access;
  const { id, svid } = await authority.issueJwtSvid({ writ, audience, workload });
  return { svids: [{ spiffe_id: id, svid }] };
}

async function validateJwtSvid(
  { authority, writ, clock }: TaskAccess,
  { audience, svid }: { readonly audience: string; readonly svid: string },
) {
  if (audience === '' || svid === '') {
    throw fault(status.INVALID_ARGUMENT, 'an audience and a token are needed');
  }
  await assertActive(authority, writ);
  const { trustDomain, keys } = await authority.trustAnchors();
  const claims = verifyJwtSvid(svid, trustDomain, audience, keys, clock());
  return { spiffe_id: claims.sub, claims: protobufStruct(claims) };
}

async function assertActive(authority: AuthorityPort, id: string): Promise<void> {
  const { state } = await authority.writ(id);
  if (state !== 'active') throw fault(status.PERMISSION_DENIED, `the writ of this task is ${state}`);
}

function x509Authorities({ bundle }: TrustAnchors): Buffer {
  const certificates = bundle.keys.filter(({ use }) => use === 'x509-svid').flatMap(({ x5c }) => x5c ?? []);
  return Buffer.concat(certificates.map((one) => Buffer.from(one, 'base64')));
}

function jwtKeySet({ bundle }: TrustAnchors): Buffer {
  return Buffer.from(JSON.stringify({ keys: bundle.keys.filter(({ use }) => use === 'jwt-svid') }));
}

async function pause(ms: number, gone: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal: gone, ref: false }).catch(() => {});
}

function fault(code: status, details: string): Error & StatusObject {
  return Object.assign(new Error(details), { code, details, metadata: new Metadata() });
}

/** Refusals by the authority mean that there is no identity; what else fails may work at the next try. */
function statusOf(error: unknown, report: (error: unknown) => void): StatusObject {
  if (isStatus(error)) return error;
  if (error instanceof WritError) {
    if (error.code.startsWith('token_')) return fault(status.INVALID_ARGUMENT, error.message);
    if (/^(writ|task)_/.test(error.code)) return fault(status.PERMISSION_DENIED, error.message);
    if (error.code === 'identity_too_often') return fault(status.RESOURCE_EXHAUSTED, error.message);
    return fault(status.UNAVAILABLE, error.message);
  }
  report(error);
  return fault(status.UNAVAILABLE, 'the guard failed');
}

function isStatus(error: unknown): error is StatusObject {
  return typeof error === 'object' && error !== null && 'code' in error && 'metadata' in error;
}
