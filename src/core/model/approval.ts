/** An approval is evidence given by a person: a decision signed over one exact act. */

/**
 * What the signature covers. Any change to any of it makes another act. It does not name the writ: each
 * `writ exec` has a writ of its own, and the call after the approval must be able to use it.
 */
export interface ApprovalSubject {
  readonly assistant: string;
  readonly requester: string;
  readonly job: string | null;
  readonly profile: string;
  /** The whole command as asked. */
  readonly command: string;
  readonly argv: readonly string[] | null;
  /** The program's resolved file; null where the text names several or a shell builtin. */
  readonly executable: { readonly path: string; readonly sha256: string } | null;
  readonly cwd: string;
  readonly repository: string;
  readonly commit: string | null;
  readonly policyVersion: string;
  /** Sorted evidence keys that are asked for: `['approval:maintainers']`. */
  readonly missing: readonly string[];
}

export const approvalStates = ['waiting', 'granted', 'denied', 'used', 'expired'] as const;
export type ApprovalState = (typeof approvalStates)[number];

export interface Approval {
  readonly id: string;
  /** The writ under which it was first asked. */
  readonly writ: string;
  readonly subject: ApprovalSubject;
  /** Hex SHA-256 of the subject's canonical JSON (RFC 8785). */
  readonly digest: string;
  readonly state: ApprovalState;
  /** Sentences for the approver: why it was stepped up. */
  readonly reason: string;
  readonly requestedAt: number;
  readonly expiresAt: number;
  readonly decided: {
    readonly by: string;
    readonly at: number;
    readonly reason: string | null;
    /** Armored SSH signature (PROTOCOL.sshsig) over the decision statement. */
    readonly signature: string;
  } | null;
}
