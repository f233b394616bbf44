/**
 * A last resort: a secret that cannot be made for one task, so that nothing ends it upstream. It is only ever put into
 * requests, and `decideCredentialUse` asks for an approval of each lease, whatever the policies permit.
 */
import type { CredentialOf } from '../../core/policy/credentials.ts';
import type { Broker } from './broker.ts';
import { inject } from './inject.ts';

export const fixed: Broker<CredentialOf<'static'>> = inject;
