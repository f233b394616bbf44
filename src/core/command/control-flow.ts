/** Ways through the text: on each the state of the shell is followed, and where they meet only what both know is kept. */
import type { AndOr, Case, CommandNode, For, If, Pipeline, Select, Statement } from 'unbash';
import { limits } from './limits.ts';
import type { Shell } from './shell.ts';
import type { ShellState } from './shell-state.ts';
import { noteAssignment } from './variables.ts';
import { expandSingle, expandWord } from './words.ts';

interface Flow extends Shell {
  node(node: CommandNode | Pipeline | AndOr): void;
  list(statements: readonly Statement[]): void;
  /** Runs what `break`, `continue` and `return` may leave early. */
  withEscapes(run: () => void): void;
}

export function followAndOr({ commands, operators }: AndOr, flow: Flow): void {
  const [first] = commands;
  if (first === undefined) return;
  flow.node(first);
  let [ok, failed] = flow.state.split();
  operators.forEach((operator, index) => {
    const command = commands[index + 1];
    if (command === undefined) return;
    flow.state = (operator === '&&' ? ok : failed).fork();
    flow.node(command);
    const [nextOk, nextFailed] = flow.state.split();
    if (operator === '&&') {
      failed = failed.join(nextFailed);
      ok = nextOk;
    } else {
      ok = ok.join(nextOk);
      failed = nextFailed;
    }
  });
  flow.state = ok.join(failed);
}

export function followIf(node: If, flow: Flow): void {
  flow.list(node.clause.commands);
  const ends: ShellState[] = [];
  let [ok, failed] = flow.state.split();
  failed = failed === ok ? ok.fork() : failed;
  const branch = (from: ShellState, body: readonly Statement[]): void => {
    flow.state = from;
    flow.list(body);
    ends.push(flow.state);
  };
  branch(ok, node.then.commands);
  for (const { clause, then } of node.elif) {
    flow.state = failed;
    flow.list(clause.commands);
    [ok, failed] = flow.state.split();
    failed = failed === ok ? ok.fork() : failed;
    branch(ok, then.commands);
  }
  if (node.else === undefined) ends.push(failed);
  else branch(failed, node.else.commands);
  flow.state = ends.reduce((joined, end) => joined.join(end));
}

export function followForEach(node: For | Select, flow: Flow): void {
  const name = node.name.text;
  const words = node.wordlist?.flatMap((word) => expandWord(word, 'argument', flow));
  const known =
    words?.every((word) => word.known && !word.pattern) === true && words.length <= limits.loopWords;
  if (node.type === 'For' && known && words !== undefined) {
    flow.withEscapes(() => {
      let end = flow.state;
      for (const word of words) {
        if (flow.findings.exhausted) break;
        flow.state = flow.state.fork();
        flow.assign(name, { text: word.text });
        noteAssignment(flow, name, word.text, word.span);
        flow.list(node.body.commands);
        end = end.join(flow.state);
        flow.state = end;
      }
    });
    return;
  }
  followLoop(flow, () => {
    flow.assign(name, 'unknown');
    noteAssignment(flow, name, null, flow.spanOf(node.name));
    flow.list(node.body.commands);
  });
}

/** Follows the body until nothing new is learnt: what holds then holds in every round. */
export function followLoop(flow: Flow, body: () => void): void {
  flow.withEscapes(() => {
    for (let round = 0; ; round += 1) {
      const before = flow.state;
      flow.state = before.fork();
      body();
      const after = before.join(flow.state);
      flow.state = after;
      if (flow.findings.exhausted || after.equals(before)) return;
      if (round > 8) {
        flow.state.forget();
        body();
        flow.state.forget();
        return;
      }
    }
  });
}

export function followCase(node: Case, flow: Flow): void {
  expandSingle(node.word, flow);
  const start = flow.state;
  let end = start;
  let falling: ShellState | null = null;
  for (const item of node.items) {
    flow.state = start.fork();
    for (const pattern of item.pattern) expandSingle(pattern, flow);
    if (falling !== null) flow.state = flow.state.join(falling);
    flow.list(item.body.commands);
    end = end.join(flow.state);
    falling = item.terminator === ';&' || item.terminator === ';;&' ? flow.state : null;
  }
  flow.state = end;
}
