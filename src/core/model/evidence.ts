/**
 * Evidence is a typed, verifiable fact that policy may require. A person's approval is the first kind;
 * policy sees only keys (`approval:maintainers`), whoever verifies a kind yields them.
 */
export type EvidenceKey = `${string}:${string}`;

export interface Evidence {
  readonly key: EvidenceKey;
  /** Who or what vouches: a person for an approval. */
  readonly by: string;
  /** Reference to the record that holds the proof, such as an approval's id. */
  readonly reference: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}
