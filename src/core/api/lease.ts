/** A lease as the authority tells of it: without what it keeps for itself. */
import type { Json } from '../model/entry.ts';
import type { Lease } from '../model/lease.ts';
import type { WritRefusal } from './session.ts';

export type LeaseShown = Omit<Lease, 'sealed' | 'settings'>;

export type LentAnswer =
  | { readonly lease: LeaseShown; readonly secret: Readonly<Record<string, Json>> }
  | { readonly refusal: WritRefusal };
