/** Whether a branch's name fits a pattern in which `*` stands for anything but `/` and `**` for anything. */
export function matchesRef(pattern: string, branch: string): boolean {
  const source = pattern
    .split(/(\*+)/)
    .map((part) => {
      if (part === '*') return '[^/]*';
      return part.startsWith('*') ? '.*' : part.replace(/[.+?^${}()|[\]\\/]/g, '\\$&');
    })
    .join('');
  return new RegExp(`^${source}$`, 'su').test(branch);
}
