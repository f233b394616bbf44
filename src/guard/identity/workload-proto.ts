/**
 * The interface of the SPIFFE Workload API (SPIFFE Workload API specification, appendix A), as data: the standard's
 * names, types and field numbers, for the X.509 and JWT profiles.
 */
import { fromJSON, type MethodDefinition, type PackageDefinition } from '@grpc/proto-loader';
import type { handleServerStreamingCall, handleUnaryCall, ServiceDefinition } from '@grpc/grpc-js';

type Fields = Readonly<Record<string, readonly [id: number, type: string]>>;

/** `repeated T` and `map<string, T>` as in a .proto file. */
function message(fields: Fields) {
  const described = Object.entries(fields).map(([name, [id, type]]) => {
    const [, rule, map, plain] = /^(?:(repeated) |(map) )?(\S+)$/.exec(type) ?? [];
    const only = { id, type: plain ?? type };
    const shape = rule === undefined ? only : { ...only, rule };
    return [name, map === undefined ? shape : { ...only, keyType: 'string' }];
  });
  return { fields: Object.fromEntries(described) as Record<string, { id: number; type: string }> };
}

function method(requestType: string, responseType: string, responseStream: boolean) {
  return { requestType, responseType, responseStream };
}

/** Of google/protobuf/struct.proto, for the claims of a validated token. */
const struct = {
  Struct: message({ fields: [1, 'map Value'] }),
  Value: {
    oneofs: {
      kind: { oneof: ['nullValue', 'numberValue', 'stringValue', 'boolValue', 'structValue', 'listValue'] },
    },
    ...message({
      nullValue: [1, 'NullValue'],
      numberValue: [2, 'double'],
      stringValue: [3, 'string'],
      boolValue: [4, 'bool'],
      structValue: [5, 'Struct'],
      listValue: [6, 'ListValue'],
    }),
  },
  NullValue: { values: { NULL_VALUE: 0 } },
  ListValue: message({ values: [1, 'repeated Value'] }),
};

const interfaceDefinition = {
  nested: {
    google: { nested: { protobuf: { nested: struct } } },
    SpiffeWorkloadAPI: {
      methods: {
        FetchX509SVID: method('X509SVIDRequest', 'X509SVIDResponse', true),
        FetchX509Bundles: method('X509BundlesRequest', 'X509BundlesResponse', true),
        FetchJWTSVID: method('JWTSVIDRequest', 'JWTSVIDResponse', false),
        FetchJWTBundles: method('JWTBundlesRequest', 'JWTBundlesResponse', true),
        ValidateJWTSVID: method('ValidateJWTSVIDRequest', 'ValidateJWTSVIDResponse', false),
      },
    },
    X509SVIDRequest: message({}),
    X509SVIDResponse: message({
      svids: [1, 'repeated X509SVID'],
      crl: [2, 'repeated bytes'],
      federated_bundles: [3, 'map bytes'],
    }),
    X509SVID: message({
      spiffe_id: [1, 'string'],
      x509_svid: [2, 'bytes'],
      x509_svid_key: [3, 'bytes'],
      bundle: [4, 'bytes'],
      hint: [5, 'string'],
    }),
    X509BundlesRequest: message({}),
    X509BundlesResponse: message({ crl: [1, 'repeated bytes'], bundles: [2, 'map bytes'] }),
    JWTSVIDRequest: message({ audience: [1, 'repeated string'], spiffe_id: [2, 'string'] }),
    JWTSVIDResponse: message({ svids: [1, 'repeated JWTSVID'] }),
    JWTSVID: message({ spiffe_id: [1, 'string'], svid: [2, 'string'], hint: [3, 'string'] }),
    JWTBundlesRequest: message({}),
    JWTBundlesResponse: message({ bundles: [1, 'map bytes'] }),
    ValidateJWTSVIDRequest: message({ audience: [1, 'string'], svid: [2, 'string'] }),
    ValidateJWTSVIDResponse: message({ spiffe_id: [1, 'string'], claims: [2, 'google.protobuf.Struct'] }),
  },
};

const definitions: PackageDefinition = fromJSON(interfaceDefinition as never, {
  keepCase: true,
  defaults: true,
  arrays: true,
});

export const workloadService = definitions['SpiffeWorkloadAPI'] as unknown as ServiceDefinition &
  Record<string, MethodDefinition<object, object>>;

interface X509SvidMessage {
  readonly spiffe_id: string;
  readonly x509_svid: Uint8Array;
  readonly x509_svid_key: Uint8Array;
  readonly bundle: Uint8Array;
}

export interface X509State {
  readonly svids: readonly X509SvidMessage[];
}

export type Bundles = { readonly bundles: Readonly<Record<string, Uint8Array>> };
export type Empty = Readonly<Record<string, never>>;

/** Handlers of the service, with the messages as they arrive and leave. */
export interface WorkloadHandlers {
  readonly FetchX509SVID: handleServerStreamingCall<Empty, X509State>;
  readonly FetchX509Bundles: handleServerStreamingCall<Empty, Bundles>;
  readonly FetchJWTSVID: handleUnaryCall<
    { readonly audience: readonly string[]; readonly spiffe_id: string },
    { readonly svids: readonly { readonly spiffe_id: string; readonly svid: string }[] }
  >;
  readonly FetchJWTBundles: handleServerStreamingCall<Empty, Bundles>;
  readonly ValidateJWTSVID: handleUnaryCall<
    { readonly audience: string; readonly svid: string },
    { readonly spiffe_id: string; readonly claims: object }
  >;
}

/** JSON as a google.protobuf.Value. */
function protobufValue(value: unknown): object {
  switch (typeof value) {
    case 'string':
      return { stringValue: value };
    case 'number':
      return { numberValue: value };
    case 'boolean':
      return { boolValue: value };
    case 'object':
      if (value === null) return { nullValue: 0 };
      if (Array.isArray(value)) return { listValue: { values: value.map(protobufValue) } };
      return { structValue: protobufStruct(value) };
    default:
      return { nullValue: 0 };
  }
}

export function protobufStruct(value: object): { fields: Record<string, object> } {
  return {
    fields: Object.fromEntries(Object.entries(value).map(([name, one]) => [name, protobufValue(one)])),
  };
}
