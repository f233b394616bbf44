/** Identity documents of a task, as the authority hands them to the guard. */

/** A process that asked for an identity, as the kernel and the file system know it. */
export interface Workload {
  /** As the guard numbers processes. */
  readonly pid: number;
  readonly uid: number;
  /** Real path of its executable. */
  readonly path: string;
  /** Of that file, lower-case hex. */
  readonly sha256: string;
}

export interface JwtSvid {
  /** SPIFFE ID. */
  readonly id: string;
  /** Compact JWS. */
  readonly svid: string;
  /** ms since the epoch. */
  readonly expiresAt: number;
}

export interface X509Svid {
  /** SPIFFE ID. */
  readonly id: string;
  /** DER in base64. */
  readonly certificate: string;
  /** ms since the epoch. */
  readonly expiresAt: number;
}
