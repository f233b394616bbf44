/** Whether JSON text names no member of an object twice: readers differ in which of the two they heed (RFC 8259 section 4). */

const token = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

/** @param text valid JSON */
export function hasUniqueMembers(text: string): boolean {
  const open: (Set<string> | null)[] = [];
  let before: string | null = null;
  for (const [part] of text.matchAll(token)) {
    if (part === '{') open.push(new Set());
    else if (part === '[') open.push(null);
    else if (part === '}' || part === ']') open.pop();
    else if (part === ':' && before !== null) {
      const members = open.at(-1);
      const name = JSON.parse(before) as string;
      if (members?.has(name) !== false) return false;
      members.add(name);
    }
    before = part.startsWith('"') ? part : null;
  }
  return true;
}
