/** Held against what AWS's own signer (@smithy/signature-v4 5) makes of the same request. */
import { expect, test } from 'vitest';
import { signPost } from './aws-signature.ts';

const signer = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  region: 'us-east-1',
  service: 'iam',
};

test('a form is signed as AWS’s own signer does it', () => {
  const signed = signPost(signer, {
    url: new URL('https://iam.amazonaws.com'),
    type: 'application/x-www-form-urlencoded',
    body: 'Action=ListUsers&Version=2010-05-08',
    now: Date.UTC(2015, 7, 30, 12, 36),
  });
  expect(signed).toEqual({
    'x-amz-date': '20150830T123600Z',
    authorization:
      'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, ' +
      'SignedHeaders=content-type;host;x-amz-date, ' +
      'Signature=1a07cb0ccdd608fadb49e083a5172c4bb753074a560101ac716b6ac317a9eba7',
  });
});
