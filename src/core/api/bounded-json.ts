const deepest = 32;

/** A parsed JSON value that the log can hold: not too deep for whoever walks it, and every text well-formed. */
export function isBoundedJson(value: unknown, levels = deepest): boolean {
  if (typeof value === 'string') return value.isWellFormed();
  if (typeof value === 'number') return Number.isFinite(value);
  if (value === null || typeof value === 'boolean') return true;
  if (typeof value !== 'object' || levels === 0) return false;
  if (Array.isArray(value)) return value.every((one) => isBoundedJson(one, levels - 1));
  return Object.entries(value).every(([key, one]) => key.isWellFormed() && isBoundedJson(one, levels - 1));
}
