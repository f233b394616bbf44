/** Shells of databases: their statements reach files, other programs and whatever the server may do. */
import type { Call } from '../call.ts';
import { dropFirst, type Field } from '../field.ts';
import { hasOption, optionValue, type OptionEntries, type ParsedOptions } from '../options.ts';
import { named, tool, type ToolModel } from '../tool.ts';

const statements = 'its statements can read files and run commands';

/** Connects to the host of an address or an option, else to what its settings say. */
function server(options: OptionEntries, port: number): ToolModel {
  return tool({
    traits: ['network', 'publishes', 'runs-code'],
    hides: 'exec',
    lenient: true,
    options,
    apply: (call, parsed) => {
      connects(call, parsed, port);
      call.opaque('exec', call.exec.argv.join(' '), statements);
      if (/^drop/.test(call.name) || call.words.some((word) => destroysData.test(word.text)))
        call.trait('destroys');
      call.keepsToLoopback();
    },
  });
}

const destroysData =
  /\b(drop\s+(table|database|schema|user|role|tablespace)|truncate|dropDatabase|flushall|flushdb)\b|\bdelete\s+from\s+[\w."]+\s*(;|$)|\bdeleteMany\(\s*\{\s*\}/i;

function connects(call: Call, parsed: ParsedOptions, port: number): void {
  const address = [...parsed.operands, ...parsed.seen.flatMap(({ value }) => value ?? [])].find((word) =>
    /^[a-z][a-z+]*:\/\//.test(word.prefix),
  );
  const named = parsed.operands.map(hostOfSettings).find((one) => one !== null);
  const host = address ?? named ?? optionValue(parsed, '-h');
  if (host === null) {
    // Mostly the machine itself; that it is, cannot be told.
    call.exec.traits.splice(call.exec.traits.indexOf('publishes'), 1);
    call.opaque('connect', call.exec.argv.join(' '), 'its settings say where it connects');
  }
  if (host !== null && !/^\/|^$/.test(host.text)) call.connectToField(host, port);
}

/** `host=…` of a connection string. */
function hostOfSettings(word: Field): Field | null {
  const at = /(?:^|\s)host=([^\s]+)/.exec(word.text);
  return at === null || !word.known ? null : { ...word, text: at[1] ?? '', prefix: at[1] ?? '' };
}

/** One file that holds the data. */
const embedded = tool({
  traits: ['runs-code'],
  hides: 'exec',
  lenient: true,
  style: { singleDash: true },
  options: {
    '-init': 'load',
    '-cmd -c -s': 'value',
    '-separator -nullvalue -newline -mmap -vfs -maxsize -lookaside -pagecache': 'value',
    '-readonly': 'mark',
  },
  apply: (call, parsed) => {
    const [file] = parsed.operands;
    if (file !== undefined && file.text !== ':memory:') {
      const path = file.text.startsWith('file:') ? dropFirst(file, 5) : file;
      call.read(path);
      if (!hasOption(parsed, '-readonly')) {
        call.trait('writes');
        call.write(path);
      }
    }
    call.opaque('exec', call.exec.argv.join(' '), statements);
    if (call.words.some((word) => destroysData.test(word.text))) call.trait('destroys');
  },
});

const postgres: OptionEntries = {
  '-h --host': 'keep',
  '-f --file': 'load',
  '-o --output -L --log-file': 'write',
  '-p --port -U --username -d --dbname -c --command -v --set --variable -F --field-separator -P --pset -R -T -t --table -n --schema -N -j --jobs -O --owner -D -E --role':
    'value',
};

export const databases = named({
  'pg_dump pg_dumpall pg_restore pg_basebackup': server(
    { ...postgres, '-f --file -D --pgdata': 'write-tree' },
    5432,
  ),
  'psql pgbench pg_isready createdb dropdb createuser dropuser vacuumdb reindexdb usql': server(
    postgres,
    5432,
  ),
  'mysql mariadb mysqldump mysqladmin mycli': server(
    {
      '-h --host': 'keep',
      '-P --port -u --user -D --database -e --execute -S --socket --protocol': 'value',
      '-p --password': 'maybe',
      '--defaults-file --defaults-extra-file': { takes: 'value', effect: 'read', hides: 'exec' },
      '--tee -r --result-file': 'write',
      '--init-command --plugin-dir --pager': 'hides-exec',
    },
    3306,
  ),
  'redis-cli valkey-cli': server(
    {
      '-h': 'keep',
      '-u': 'keep',
      '-p -a -n -s -r -i --user --pass': 'value',
      '--rdb --functions-rdb': 'write',
      '--eval': 'load',
    },
    6379,
  ),
  'mongosh mongo mongodump mongorestore mongoexport mongoimport': server(
    {
      '-h --host': 'keep',
      '--eval -p --password -u --username --port -d --db -c --collection -q --query': 'value',
      '-f --file': 'load',
      '-o --out --archive': 'write-tree',
    },
    27017,
  ),
  'clickhouse-client clickhouse cqlsh influx sqlcmd tsql sqlplus mclient cockroach': server(
    {
      '-h --host -H -S': 'keep',
      '-q --query -e --execute -u --user -p --password -d --database --port': 'value',
    },
    9000,
  ),
  'sqlite3 sqlite duckdb litecli': embedded,
});
