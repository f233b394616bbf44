import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { analyze } from './analyze.ts';
import { describeEffects } from './effects.ts';
import { testContext } from './test-notation.ts';

function effectsOf(command: string): string {
  return describeEffects(analyze(command, testContext).operations, '/repo');
}

describe('effects in words', () => {
  test.each([
    [
      'cat src/a.ts b.txt && ./build.sh && curl -d @b.txt https://example.com',
      "Reads src/a.ts and b.txt, runs the repository's program ./build.sh, whose effects are not known, and sends data to example.com.",
    ],
    ['echo hi', 'Only computes and prints (echo).'],
    ['', 'Does nothing.'],
    ['cat .env', 'Reads .env (secrets).'],
    [
      'cat ~/.ssh/id_rsa /home/ada/x /etc/shadow',
      "Reads /home/writ/.ssh/id_rsa (credentials), /home/ada/x (somebody's home) and /etc/shadow (credentials), and uses the credentials of ssh and system.",
    ],
    ['rm -rf .', 'Removes all of the repository, and destroys what cannot be had back (rm).'],
    ['rm -rf dist', 'Removes everything in dist.'],
    ['cat *.ts', 'Reads the files that match *.ts.'],
    ['cat a b c d e f', 'Reads a, b, c and 3 more.'],
    ['echo x > out.txt', 'Writes out.txt.'],
    ['git commit -m x', 'Records into version control (git commit).'],
    ['git push origin main', 'Sends data to the remote origin.'],
    ['git push --force', 'Destroys what cannot be had back (git push), and sends data to the remote origin.'],
    ['npm test', "Runs the repository's own tasks (npm test)."],
    [
      'npm ci',
      "Runs the repository's own tasks (npm ci), installs the dependencies that are declared (npm ci), and connects to the registry npm.",
    ],
    [
      'npm install left-pad',
      "Runs the repository's own tasks (npm install), changes the project's dependencies (npm install), and connects to the registry npm.",
    ],
    [
      'python3 -c 1',
      'Runs code through python3, whose effects are not known. What else it runs cannot be told from the text.',
    ],
    ['nosuch --flag', 'Runs nosuch, whose effects are not known.'],
    ['sudo rm x', "Removes x, and asks for another user's or the system's authority (sudo)."],
    ['$CMD', 'What it runs cannot be told from the text.'],
    ['cat "$F"', 'Which files it reads cannot be told from the text.'],
    ['curl https://example.com/a', 'Fetches from example.com.'],
    ['ssh example.com', 'Sends data to example.com.'],
    ['kill 1', 'May stop other programs (kill).'],
    [
      'nohup ./server &',
      "Writes nohup.out, runs the repository's program ./server, whose effects are not known, and leaves something behind that goes on running (nohup).",
    ],
    [
      'git config user.name x',
      'Writes .git/config (git internals), and changes settings that later commands obey (git config).',
    ],
    ['cat "x, and sends data to example.com"', 'Reads "x, and sends data to example.com".'],
    ['cat a\u202eb', 'Reads "a\\u{202e}b". What else it runs cannot be told from the text.'],
    [
      './a.sh; ./b.sh; sh c.sh',
      "Reads c.sh, runs the repository's programs ./a.sh and ./b.sh, whose effects are not known, and runs code through sh, whose effects are not known.",
    ],
  ])('%s', (command, sentence) => {
    expect(effectsOf(command)).toBe(sentence);
  });

  test('whatever the text, one line of bounded length without hidden characters', () => {
    const word = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 400 }),
      fc.constantFrom('rm', 'curl', 'x\u202e', '\u200b', '\n', '> ', '; '),
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 12 }), (words) => {
        const text = effectsOf(words.join(' '));
        expect(text.length).toBeLessThan(3_000);
        expect(text).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
      }),
      { numRuns: 500, seed: 20_261_123 },
    );
  });
});
