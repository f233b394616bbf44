import type { Bundle } from '../../core/policy/bundle.ts';
import { registered, type Profile } from '../../core/policy/organisation.ts';

export function profileOf({ organisation }: Bundle, name: string): Profile | null {
  return registered(organisation.profiles, name);
}
