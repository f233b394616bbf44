/** The guard's routes, for the verbs of the command line. Launchers have a socket of their own (launcher/server.ts). */
import { Hono } from 'hono';
import type { Guard } from './guard.ts';

export function guardRoutes(guard: Guard): Hono {
  const app = new Hono();
  app.post('/task-keys', (context) => context.json({ taskKey: guard.taskKeys.create() }));
  return app;
}
