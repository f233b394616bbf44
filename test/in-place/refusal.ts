/** A machine that refuses user namespaces, as the kernel itself does it: within one namespace no other can be made. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { User } from '../sandbox/workshop.ts';

export class Refusal implements Disposable {
  readonly #holder: ChildProcess;
  /** What to put before a command so that it runs there, as the user. */
  readonly prefix: readonly string[];

  private constructor(holder: ChildProcess, { uid, prefix }: Pick<User, 'uid' | 'prefix'>) {
    this.#holder = holder;
    const enter = ['nsenter', '--target', String(holder.pid), '--user', '--preserve-credentials', '--'];
    // Whoever enters has all rights in there, of which only root keeps what root has.
    const asBefore = uid === 0 ? [] : ['setpriv', '--inh-caps=-all', '--ambient-caps=-all', '--'];
    this.prefix = [...prefix, ...enter, ...asBefore];
  }

  static async for(user: Pick<User, 'uid' | 'prefix'>): Promise<Refusal> {
    const refuse = 'echo 0 >/proc/sys/user/max_user_namespaces && echo refused && exec sleep infinity';
    const make = ['unshare', '--user', '--map-current-user', '--keep-caps', 'sh', '-c', refuse];
    const [program = '', ...args] = [...user.prefix, ...make];
    const holder = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(holder.stdout, 'data');
    holder.stdout.destroy();
    holder.unref();
    return new Refusal(holder, user);
  }

  [Symbol.dispose](): void {
    this.#holder.kill('SIGKILL');
  }
}
