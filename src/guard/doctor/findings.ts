/** What the probes came to, layer by layer. */
import { probeMark } from './probe-script.ts';

export type State = 'live' | 'not firing' | 'not tried';

export interface Finding {
  readonly layer: string;
  readonly probe: string;
  readonly state: State;
}

export interface ProbeReport {
  /** The session that was probed; null where it did not come to one. */
  readonly session: string | null;
  readonly findings: readonly Finding[];
}

/** Of every session, whatever the machine offers. */
const expected = ['files', 'network', 'credentials', 'processes'] as const;

/**
 * What was printed in the session. Whatever is missing was not tried: a probe that ended early proves nothing.
 * @param level enforcement level that the writ states: at 3, programs are decided one by one
 * @param inPlace without namespaces: programs are decided as well, and no assistant with a hook is started
 */
export function readFindings(printed: string, level: number, inPlace = false): ProbeReport {
  const decided = level >= 3 || inPlace;
  let session: string | null = null;
  const findings: Finding[] = [];
  for (const line of printed.split('\n')) {
    const [mark, layer = '', probe = '', outcome = ''] = line.split('\t');
    if (mark !== probeMark) continue;
    if (layer === 'session') session = outcome === '' ? null : outcome;
    else if (layer !== 'programs' || decided) findings.push({ layer, probe, state: stateOf(outcome) });
  }
  const wanted = [...expected, ...(inPlace ? [] : ['hook']), ...(decided ? ['programs'] : [])];
  const missing = wanted.filter((layer) => !findings.some((finding) => finding.layer === layer));
  return {
    session,
    findings: [
      ...findings,
      ...missing.map((layer): Finding => ({ layer, probe: 'any', state: 'not tried' })),
    ],
  };
}

function stateOf(outcome: string): State {
  return outcome === 'stopped' || outcome === 'answered' ? 'live' : 'not firing';
}
