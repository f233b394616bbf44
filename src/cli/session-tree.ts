/** What ran in a session, as a tree: its processes under those that started them, in the order of the log. */
import type { StoredEntry } from '../authority/store/port.ts';

export interface TreeNode {
  readonly stored: StoredEntry;
  readonly children: TreeNode[];
}

/** Entries of one session, oldest first. What is no process stands at the top. */
export function treeOf(entries: readonly StoredEntry[]): readonly TreeNode[] {
  const nodes = entries.map((stored): TreeNode => ({ stored, children: [] }));
  const roots: TreeNode[] = [];
  for (const [at, node] of nodes.entries()) {
    const starter = starterOf(nodes, at);
    (starter === null ? roots : starter.children).push(node);
  }
  return roots;
}

/** A process that runs another program in its own place stands under the program that it was. */
function starterOf(nodes: readonly TreeNode[], at: number): TreeNode | null {
  const own = numbers(nodes[at]);
  if (own === null) return null;
  const earlier = nodes.slice(0, at);
  const before = lastOf(earlier, own.process);
  if (before !== null) return before;
  // Who started it may not have run a program of its own until later, as the shell of `(a; exec b)`.
  const seen = new Set<number>();
  for (let parent = own.parent; !seen.has(parent);) {
    seen.add(parent);
    const started = lastOf(earlier, parent);
    if (started !== null) return started;
    const later = nodes.slice(at + 1).find((node) => numbers(node)?.process === parent);
    parent = numbers(later)?.parent ?? parent;
  }
  return null;
}

function lastOf(nodes: readonly TreeNode[], process: number): TreeNode | null {
  return nodes.findLast((node) => numbers(node)?.process === process) ?? null;
}

function numbers(node: TreeNode | undefined): { readonly process: number; readonly parent: number } | null {
  if (node?.stored.entry.type !== 'execution.process') return null;
  const { process, parent } = node.stored.entry.data;
  return typeof process === 'number' && typeof parent === 'number' ? { process, parent } : null;
}
