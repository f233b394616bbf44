/** Shells of databases. */
import { named, tool } from '../tool.ts';

export const databases = named({
  'psql mysql mariadb sqlite3 mongosh mongo redis-cli pg_dump pg_restore mysqldump createdb dropdb clickhouse-client cqlsh duckdb usql':
    tool({
      traits: ['runs-code'],
      hides: 'exec',
      lenient: true,
      raw: (call) => {
        if (!/^(sqlite3|duckdb)$/.test(call.name)) {
          call.trait('network', 'publishes');
          const at = call.words.findIndex((word) => /^(-h|--host)$/.test(word.text));
          const url = call.words.find((word) => /^\w+:\/\//.test(word.prefix));
          const host = url ?? (at >= 0 ? call.words[at + 1] : undefined);
          if (host !== undefined) call.connectToField(host);
          else call.opaque('connect', call.exec.argv.join(' '), 'its settings say where it connects');
        } else {
          const file = call.words.find((word) => !word.text.startsWith('-'));
          call.trait('writes');
          if (file !== undefined && file.text !== ':memory:') call.write(file);
        }
        // Their languages and dot-commands reach files and shells.
        call.opaque('exec', call.exec.argv.join(' '), 'its statements can read files and run commands');
        if (call.name === 'dropdb') call.trait('destroys');
      },
    }),
});
