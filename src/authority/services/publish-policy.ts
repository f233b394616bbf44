/** A governance folder becomes the policy in force, or is refused whole while the last good one stays. */
import { createHash } from 'node:crypto';
import { loadBundle, type PolicyProblem } from '../../core/policy/bundle.ts';
import { entry, type AuthorityContext } from '../context.ts';

export interface Publication {
  readonly outcome: 'published' | 'unchanged' | 'rejected';
  /** Of the policy that is in force afterwards; null when there never was a good one. */
  readonly version: string | null;
  readonly problems: readonly PolicyProblem[];
}

const problemsRecorded = 20;

/** @param by the person, or null when a changed folder was noticed */
export async function publishPolicy(
  context: AuthorityContext,
  files: Readonly<Record<string, string>>,
  by: string | null,
): Promise<Publication> {
  const { bundle, problems } = loadBundle(files, context.stock);
  const inForce = context.policy.bundle?.version ?? null;
  if (bundle === null) {
    await recordRejection(context, files, problems, by);
    context.policy.problems = problems.length;
    return { outcome: 'rejected', version: inForce, problems };
  }
  context.policy.problems = 0;
  if (bundle.version === inForce) return { outcome: 'unchanged', version: inForce, problems };
  await context.store.commit(async (unit) => {
    await unit.setCurrentPolicy({ version: bundle.version, files, publishedAt: context.clock() });
    unit.append(
      entry(context, 'policy.published', {
        person: by,
        data: {
          version: bundle.version,
          previous: inForce,
          files: digests(files),
          warnings: problems.length,
        },
      }),
    );
  });
  context.policy.bundle = bundle;
  context.policy.files = files;
  context.events.emit('policy', bundle.version);
  return { outcome: 'published', version: bundle.version, problems };
}

/** What was in force when this authority last ran. */
export async function restorePolicy(context: AuthorityContext): Promise<void> {
  const stored = await context.store.currentPolicy();
  if (stored === null) return;
  const { bundle } = loadBundle(stored.files, context.stock);
  context.policy.bundle = bundle;
  context.policy.files = stored.files;
}

async function recordRejection(
  context: AuthorityContext,
  files: Readonly<Record<string, string>>,
  problems: readonly PolicyProblem[],
  by: string | null,
): Promise<void> {
  const told = problems.slice(0, problemsRecorded).map(({ code, message, place }) => ({
    code,
    message: message.slice(0, 300),
    place: `${place.file}:${place.line}:${place.column}`,
  }));
  await context.store.commit((unit) => {
    unit.append(
      entry(context, 'policy.rejected', {
        person: by,
        data: {
          stays: context.policy.bundle?.version ?? null,
          files: digests(files),
          problems: told,
          count: problems.length,
        },
      }),
    );
  });
}

function digests(files: Readonly<Record<string, string>>): Record<string, string> {
  const named = Object.entries(files).slice(0, 200);
  return Object.fromEntries(
    named.map(([name, text]) => [name, createHash('sha256').update(text).digest('hex')]),
  );
}
