/** A real PostgreSQL where everybody but its superuser needs a password, with a shop and an administrator of roles. */
import { Client } from 'pg';
import { startPostgres } from '../store/postgres-server.ts';

export interface ShopDatabase {
  /** Folder of the server's socket. */
  readonly host: string;
  readonly database: string;
  readonly adminPassword: string;
  /** As superuser. */
  query(sql: string): Promise<readonly Record<string, unknown>[]>;
  /** Whether this user is let in, or the SQLSTATE with which it is refused. */
  login(user: string, password: string): Promise<string>;
  connect(user: string, password: string): Promise<Client>;
  stop(): Promise<void>;
}

export async function startShopDatabase(): Promise<ShopDatabase> {
  const server = await startPostgres();
  const url = await server.createDatabase();
  const { searchParams, pathname } = new URL(url);
  const host = searchParams.get('host') ?? '';
  const database = pathname.slice(1);
  const adminPassword = 'the administrator’s own';
  const superuser = new Client({ connectionString: url });
  await superuser.connect();
  const query = async (sql: string) => (await superuser.query<Record<string, unknown>>(sql)).rows;
  await query(`
    create role writ_admin login createrole password '${adminPassword}';
    create role "shop ""readers""";
    grant create on database ${database} to writ_admin;
    set role writ_admin;
    create schema "shop ""s""";
    create table "shop ""s"""."Order lines" (id int primary key, what text);
    create table "shop ""s""".invoices (id int primary key);
    insert into "shop ""s"""."Order lines" values (1, 'tea');
    reset role;
    copy (values ('local all writ trust'), ('local all all scram-sha-256')) to '${await setting('hba_file')}';
    select pg_reload_conf();
  `);
  async function setting(name: string): Promise<string> {
    return String((await query(`select current_setting('${name}') as value`))[0]?.['value']);
  }
  async function connect(user: string, password: string): Promise<Client> {
    const client = new Client({ host, database, user, password });
    client.on('error', () => {});
    await client.connect();
    return client;
  }
  return {
    host,
    database,
    adminPassword,
    query,
    connect,
    login: async (user, password) => {
      try {
        await (await connect(user, password)).end();
        return 'let in';
      } catch (error) {
        return String((error as { code?: unknown }).code);
      }
    },
    stop: async () => {
      await superuser.end();
      await server.remove();
    },
  };
}
