/** The starting governance, with a database that `develop` may be lent. */
const section = `
credentials:
  shop-db:
    broker: postgres
    description: The shop's database, reading
    host: db.example
    database: shop
    admin: { user: writ, password: { environment: SHOP_DB } }
    grants: [{ schema: public, tables: '*', privileges: [select] }]
`;

export function withDatabase(organisation: string): string {
  return organisation
    .replace(/^profiles: \{\}$/m, 'profiles:\n  develop: { credentials: [shop-db] }')
    .concat(section);
}
