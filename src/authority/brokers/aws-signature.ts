/** Signature Version 4 of AWS, for requests with a form and nothing in their query (IAM User Guide, "Signing requests"). */
import { createHash, createHmac } from 'node:crypto';

export interface Signer {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly region: string;
  readonly service: string;
}

export interface SignedRequest {
  readonly url: URL;
  readonly type: string;
  readonly body: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** Headers that go with the request. */
export function signPost(signer: Signer, { url, type, body, now }: SignedRequest): Record<string, string> {
  const time = new Date(now).toISOString().replaceAll(/[-:]|\.\d{3}/g, '');
  const day = time.slice(0, 8);
  const signed = 'content-type;host;x-amz-date';
  const request = [
    'POST',
    url.pathname,
    '',
    `content-type:${type}`,
    `host:${url.host}`,
    `x-amz-date:${time}`,
    '',
    signed,
    sha256(body),
  ].join('\n');
  const scope = `${day}/${signer.region}/${signer.service}/aws4_request`;
  const text = ['AWS4-HMAC-SHA256', time, scope, sha256(request)].join('\n');
  const key = [signer.region, signer.service, 'aws4_request'].reduce(
    hmac,
    hmac(`AWS4${signer.secretAccessKey}`, day),
  );
  const credential = `Credential=${signer.accessKeyId}/${scope}`;
  const signature = hmac(key, text).toString('hex');
  return {
    'x-amz-date': time,
    authorization: `AWS4-HMAC-SHA256 ${credential}, SignedHeaders=${signed}, Signature=${signature}`,
  };
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
