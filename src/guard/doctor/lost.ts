/** What a command cannot have, and what it can still find out, where it runs without namespaces. */
export const lostInPlace: readonly string[] = [
  'that a file of the host is there, and its size and times, can be seen; what is in it cannot',
  'a private /tmp: programs must heed TMPDIR',
  '/proc of processes, pseudo-terminals, UDP, shared memory and queues between processes',
  "what a server of the command's listens on is on the host's loopback, for other users of the machine too",
  "assistants by writ run, and the task's identity documents",
];
