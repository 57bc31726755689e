// The tables of an index, by numbered migrations: the same in PGlite and PostgreSQL. Amounts are base units; '' as an asset is TTX.

import { OperationError } from '../errors.ts'
import type { Infohash } from '../protocol/ids.ts'
import type { Sql } from './sql.ts'

/** Each is applied once, in order, and never changed afterwards. */
const MIGRATIONS: readonly (readonly string[])[] = [
  [
    `create table transactions (
      infohash text collate "C" primary key,
      arrival bigint not null,
      first_seen_ms bigint not null,
      kind text not null,
      status text not null,
      block text,
      height bigint,
      step int,
      sender text,
      recipient text,
      asset text collate "C" not null,
      tokens numeric(78) not null,
      memo text,
      bridge_to text
    )`,
    'create index transactions_by_arrival on transactions (arrival desc)',
    'create index transactions_by_status on transactions (status, arrival desc)',
    'create index transactions_by_asset on transactions (asset, arrival desc)',
    'create index transactions_by_block on transactions (block, step)',
    `create table movements (
      owner text collate "C" not null,
      asset text collate "C" not null,
      arrival bigint not null,
      infohash text collate "C" not null,
      amount numeric(78) not null,
      primary key (owner, asset, arrival, infohash)
    )`,
    'create index movements_by_transaction on movements (infohash)',
    'create index movements_by_owner on movements (owner, arrival desc, asset desc)',
    `create table base_outputs (
      infohash text collate "C" not null,
      owner text collate "C" not null,
      asset text collate "C" not null,
      amount numeric(78) not null,
      primary key (infohash, owner, asset)
    )`,
    `create table balances (
      owner text collate "C" not null,
      asset text collate "C" not null,
      amount numeric(78) not null,
      primary key (owner, asset)
    )`,
    'create index balances_by_amount on balances (asset, amount desc, owner)',
    'create table assets (asset text collate "C" primary key, supply numeric(78) not null)',
    `create table blocks (
      id text collate "C" primary key,
      height bigint not null,
      parent text not null,
      miner text not null,
      published_at bigint not null,
      torrent text,
      verdict text not null,
      refuted boolean not null,
      final boolean not null
    )`,
    'create index blocks_by_height on blocks (height desc, id)',
    'create table branch (height bigint primary key, id text collate "C" not null, published_at bigint not null)',
  ],
]

/** For a statement: an index of a large table takes long. */
const MIGRATION_MS = 3_600_000

/** Brings the tables up to what this version knows. Throws `OperationError('index-newer')`. */
export async function migrate(sql: Sql): Promise<void> {
  await sql.query('create table if not exists meta (key text primary key, value text not null)')
  await sql.query(`insert into meta values ('schema', '0') on conflict do nothing`)
  for (const [i, statements] of MIGRATIONS.entries()) {
    await sql.transaction(async (query) => {
      const [row] = await query(`select value from meta where key = 'schema' for update`)
      if (Number(row?.['value']) !== i) return
      for (const statement of statements) await query(statement)
      await query(`update meta set value = $1 where key = 'schema'`, [`${i + 1}`])
    }, MIGRATION_MS)
  }
  const [row] = await sql.query(`select value from meta where key = 'schema'`)
  const found = Number(row?.['value'])
  if (found <= MIGRATIONS.length) return
  throw new OperationError(
    'index-newer',
    `expected an index of schema ${MIGRATIONS.length} or older, got ${found}: a newer version wrote it; use that, or another database`,
    { facts: { expected: MIGRATIONS.length, found } },
  )
}

/** Since an index is emptied where it does not fit the feed of its node. Throws `OperationError('index-other-network')`. */
export async function bindTo(sql: Sql, genesis: Infohash): Promise<void> {
  await sql.query(`insert into meta values ('genesis', $1) on conflict do nothing`, [genesis])
  const [row] = await sql.query(`select value from meta where key = 'genesis'`)
  const found = String(row?.['value'])
  if (found === genesis) return
  throw new OperationError(
    'index-other-network',
    `expected an index of the network with genesis ${genesis}, got one of ${found}: name another database, or another node with --node`,
    { facts: { expected: genesis, found } },
  )
}
