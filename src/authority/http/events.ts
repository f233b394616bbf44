/** Ended writs and policy changes as JSON Lines: what a guard needs to know at once. */
import type { AuthorityEvent } from '../../core/api/authority.ts';
import type { AuthorityContext, SessionKilled, WritEnded } from '../context.ts';

const aliveEveryMs = 10_000;
/** A reader that lets more than this many lines wait is cut off: it reconnects and looks again. */
const mostWaiting = 10_000;

/** Ends when the reader goes, or falls too far behind. */
export function eventStream({ events, policy }: AuthorityContext): ReadableStream<Uint8Array> {
  let stop = () => {};
  return new ReadableStream<Uint8Array>(
    {
      start(reader) {
        const tell = (event: AuthorityEvent) => {
          if ((reader.desiredSize ?? 0) <= 0) {
            stop();
            reader.error(new Error('the reader of the events fell too far behind'));
          } else {
            reader.enqueue(Buffer.from(`${JSON.stringify(event)}\n`));
          }
        };
        const ended = (one: WritEnded) => tell({ type: 'ended', ...one });
        const killed = (one: SessionKilled) => tell({ type: 'killed', ...one });
        const published = (version: string) => tell({ type: 'policy', version });
        const alive = setInterval(() => tell({ type: 'alive' }), aliveEveryMs);
        alive.unref();
        events.on('ended', ended).on('killed', killed).on('policy', published);
        stop = () => {
          clearInterval(alive);
          events.off('ended', ended).off('killed', killed).off('policy', published);
        };
        tell({ type: 'policy', version: policy.bundle?.version ?? null });
      },
      cancel: () => stop(),
    },
    { highWaterMark: mostWaiting },
  );
}
