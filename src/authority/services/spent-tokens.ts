/** Names under which tokens are remembered that serve no more, though their time is not over. */

export function spentSvid(jti: string): string {
  return `token ${jti}`;
}

export function spentAssertion(client: string, jti: string): string {
  return `assertion ${client} ${jti}`;
}
