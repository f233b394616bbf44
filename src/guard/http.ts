/** The guard's routes, for launchers on this machine. */
import type { HttpBindings } from '@hono/node-server';
import { Hono } from 'hono';
import type { Socket } from 'node:net';
import { ZodError } from 'zod';
import { endSessionRequest, openSessionRequest } from '../core/api/guard.ts';
import type { SessionMessage } from './launcher/session-message.ts';
import { errorBody, WritError } from '../core/model/errors.ts';
import type { Guard } from './guard.ts';
import { endSession, openSession, type Channel } from './session.ts';

const largestRequest = 4 * 1024 * 1024;

interface Environment {
  /** Of the connection, where there is one. */
  Bindings: Partial<HttpBindings>;
}

export function guardRoutes(guard: Guard): Hono<Environment> {
  const app = new Hono<Environment>();
  app.post('/sessions', async (context) => {
    const request = openSessionRequest.parse(await readJson(context.req.raw));
    const launcher = context.env.incoming?.socket ?? null;
    return new Response(
      sessionStream(guard, launcher, (channel) => openSession(guard, request, channel)),
      {
        headers: { 'content-type': 'application/jsonl' },
      },
    );
  });
  app.post('/task-keys', (context) => context.json({ taskKey: guard.taskKeys.create() }));
  app.post('/sessions/:id/end', async (context) => {
    const end = endSessionRequest.parse(await readJson(context.req.raw));
    await endSession(guard, context.req.param('id'), end);
    return context.body(null, 204);
  });
  app.onError((error, context) => {
    if (error instanceof WritError) return context.json(errorBody(error), 409);
    if (error instanceof ZodError) {
      const [issue] = error.issues;
      const message = `${issue?.path.join('.') || 'the request'}: ${issue?.message ?? 'is not as it must be'}`;
      return context.json(errorBody(new WritError('request_invalid', message)), 400);
    }
    guard.report(error);
    return context.json(errorBody(new WritError('unexpected', 'the guard failed; nothing was started')), 500);
  });
  return app;
}

/** JSON Lines that stay open until the launcher leaves. */
function sessionStream(
  guard: Guard,
  launcher: Socket | null,
  open: (channel: Channel) => Promise<void>,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const gone = new AbortController();
  return new ReadableStream<Uint8Array>({
    async start(controller) {
      const send = (message: SessionMessage): void => {
        if (gone.signal.aborted) return;
        controller.enqueue(encoder.encode(`${JSON.stringify(message)}\n`));
      };
      try {
        await open({ send, launcher, closed: gone.signal });
      } catch (error) {
        send(faultMessage(guard, error));
      }
    },
    cancel() {
      gone.abort();
    },
  });
}

function faultMessage(guard: Guard, error: unknown): SessionMessage {
  if (error instanceof WritError) {
    return { type: 'fault', code: error.code, message: error.message, hint: error.hint };
  }
  guard.report(error);
  return {
    type: 'fault',
    code: 'unexpected',
    message: 'the guard failed; the command was not started',
    hint: 'See: writ status',
  };
}

async function readJson(request: Request): Promise<unknown> {
  const text = await request.text();
  if (text.length > largestRequest)
    throw new WritError('request_too_large', 'the request is larger than 4 MiB');
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new WritError('request_invalid', 'the request is not JSON', { cause: error });
  }
}
