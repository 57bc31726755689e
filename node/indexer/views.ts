// What the explorer asks of an index: pages by cursor, each one range of an index of the database.

import { z } from 'zod'
import { address, hash, infohash, writtenAsset } from '../schema.ts'
import { isWholeAt, placeIn } from './apply.ts'
import type { Query, Row } from './sql.ts'

type IndexPage = { readonly items: readonly Row[]; readonly next?: string }
type View = {
  readonly path: RegExp
  /** Answers while the index is being made, too. */
  readonly isOfPart?: boolean
  readonly answer: (query: Query, path: string, params: URLSearchParams) => Promise<object | undefined>
}

const whole = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER)
const limit = z.coerce.number().int().min(1).max(200).default(50)
const status = z.enum(['waiting', 'accepted', 'conflicting', 'ordered', 'final'])
/** TTX is '' in the tables. */
const ofAsset = z.union([z.literal('ttx').transform(() => ''), writtenAsset])

const PAYMENT = `infohash, arrival::text, first_seen_ms::text as "firstSeenMs", kind, status, block, height::text, step,
  sender as "from", recipient as "to", asset, tokens::text, memo, bridge_to as "bridgeTo"`

/** Paths as they are asked for; a view answers undefined where there is no such thing. Throws `z.ZodError` for parameters of another form. */
export const VIEWS: readonly View[] = [
  {
    path: /^\/status$/,
    isOfPart: true,
    answer: async (query) => {
      const [row] = await query(`select value from meta where key = 'schema'`)
      const place = await placeIn({ query })
      return {
        schema: Number(row?.['value'] ?? 0),
        isWhole: place !== undefined && isWholeAt(place),
        place: place ?? null,
      }
    },
  },
  {
    path: /^\/payments$/,
    answer: async (query, _, params) => {
      const schema = z.strictObject({
        before: whole.optional(),
        limit,
        status: status.optional(),
        asset: ofAsset.optional(),
      })
      const asked = schema.parse(Object.fromEntries(params))
      const filters = new Filters()
      filters.add('arrival < ', asked.before)
      filters.add('status = ', asked.status)
      filters.add('asset = ', asked.asset)
      const text = `select ${PAYMENT} from transactions ${filters.where} order by transactions.arrival desc limit ${asked.limit}`
      return pageOf(await query(text, filters.values), asked.limit, ({ arrival }) => String(arrival))
    },
  },
  {
    path: /^\/payments\/[^/]+$/,
    answer: async (query, path, params) => {
      z.strictObject({}).parse(Object.fromEntries(params))
      const name = infohash.parse(lastOf(path))
      const [payment] = await query(`select ${PAYMENT} from transactions where infohash = $1`, [name])
      if (payment === undefined) return undefined
      const moves = await query(
        'select owner, asset, amount::text from movements where infohash = $1 order by owner, asset',
        [name],
      )
      return { ...payment, moves }
    },
  },
  {
    path: /^\/addresses\/[^/]+$/,
    answer: async (query, path, params) => {
      const asked = z.strictObject({ after: ofAsset.optional(), limit }).parse(Object.fromEntries(params))
      const filters = new Filters()
      filters.add('owner = ', address.parse(lastOf(path)))
      filters.add('asset > ', asked.after)
      const text = `select asset, amount::text from balances ${filters.where} order by asset limit ${asked.limit}`
      return pageOf(await query(text, filters.values), asked.limit, ({ asset }) => String(asset || 'ttx'))
    },
  },
  {
    path: /^\/addresses\/[^/]+\/history$/,
    answer: async (query, path, params) => {
      const before = z
        .string()
        .regex(/^\d{1,15}-(ttx|0x[0-9a-f]{40}|[0-9a-f]{40})$/)
        .optional()
      const asked = z.strictObject({ before, limit, asset: ofAsset.optional() }).parse(Object.fromEntries(params))
      const filters = new Filters()
      filters.add('m.owner = ', address.parse(path.split('/')[2]))
      filters.add('m.asset = ', asked.asset)
      if (asked.before !== undefined) {
        const [at = '', asset = ''] = asked.before.split('-')
        filters.addPair('(m.arrival, m.asset) < ', at, asset === 'ttx' ? '' : asset)
      }
      // The few movements first: a plan that walks all payments would be slow for who has none.
      const text = `select m.asset as moved, m.amount::text, ${PAYMENT.replace(/\b(infohash|arrival|asset)\b/g, 't.$1')}
        from (select * from movements m ${filters.where} order by m.arrival desc, m.asset desc limit ${asked.limit}) m
        join transactions t on t.infohash = m.infohash order by m.arrival desc, m.asset desc`
      return pageOf(
        await query(text, filters.values),
        asked.limit,
        ({ arrival, moved }) => `${arrival}-${moved || 'ttx'}`,
      )
    },
  },
  {
    path: /^\/blocks$/,
    answer: async (query, _, params) => {
      const before = z
        .string()
        .regex(/^\d{1,15}-0x[0-9a-f]{64}$/)
        .optional()
      const asked = z.strictObject({ before, limit }).parse(Object.fromEntries(params))
      const filters = new Filters()
      if (asked.before !== undefined) {
        const [height = '', id = ''] = asked.before.split('-')
        filters.add('b.height <= ', height)
        filters.addPair('(-b.height, b.id) > ', `-${height}`, id)
      }
      const text = `select ${BLOCK} ${filters.where} order by b.height desc, b.id limit ${asked.limit}`
      return pageOf(await query(text, filters.values), asked.limit, ({ height, id }) => `${height}-${id}`)
    },
  },
  {
    path: /^\/blocks\/[^/]+$/,
    answer: async (query, path, params) => {
      z.strictObject({}).parse(Object.fromEntries(params))
      return (await query(`select ${BLOCK} where b.id = $1`, [hash.parse(lastOf(path))]))[0]
    },
  },
  {
    path: /^\/blocks\/[^/]+\/steps$/,
    answer: async (query, path, params) => {
      const asked = z.strictObject({ after: whole.optional(), limit }).parse(Object.fromEntries(params))
      const filters = new Filters()
      filters.add('block = ', hash.parse(path.split('/')[2]))
      filters.add('step > ', asked.after)
      const text = `select ${PAYMENT} from transactions ${filters.where} order by step limit ${asked.limit}`
      return pageOf(await query(text, filters.values), asked.limit, ({ step }) => String(step))
    },
  },
  {
    path: /^\/assets$/,
    answer: async (query, _, params) => {
      const asked = z.strictObject({ after: ofAsset.optional(), limit }).parse(Object.fromEntries(params))
      const filters = new Filters()
      filters.add('asset > ', asked.after)
      const text = `select asset, supply::text from assets ${filters.where} order by asset limit ${asked.limit}`
      return pageOf(await query(text, filters.values), asked.limit, ({ asset }) => String(asset || 'ttx'))
    },
  },
  {
    path: /^\/assets\/[^/]+\/owners$/,
    answer: async (query, path, params) => {
      const after = z
        .string()
        .regex(/^\d{1,78}-0x[0-9a-f]{40}$/)
        .optional()
      const asked = z.strictObject({ after, limit }).parse(Object.fromEntries(params))
      const filters = new Filters()
      filters.add('asset = ', ofAsset.parse(path.split('/')[2]))
      filters.raw('amount > 0')
      if (asked.after !== undefined) {
        const [amount = '', owner = ''] = asked.after.split('-')
        filters.add('amount <= ', amount)
        filters.addPair('(-amount, owner) > ', `-${amount}`, owner)
      }
      const text = `select owner, amount::text from balances ${filters.where} order by asset, balances.amount desc, owner limit ${asked.limit}`
      return pageOf(await query(text, filters.values), asked.limit, ({ amount, owner }) => `${amount}-${owner}`)
    },
  },
  {
    path: /^\/search$/,
    answer: async (query, _, params) => {
      const q = z
        .string()
        .trim()
        .toLowerCase()
        .regex(/^(0x)?[0-9a-f]{2,64}$/)
      const asked = z
        .strictObject({ q, limit: z.coerce.number().int().min(1).max(20).default(10) })
        .parse(Object.fromEntries(params))
      const range = [asked.q, `${asked.q}~`]
      const names = async (column: string, table: string) =>
        (
          await query(
            `select distinct ${column} as name from ${table} where ${column} >= $1 and ${column} < $2 order by 1 limit ${asked.limit}`,
            range,
          )
        ).map(({ name }) => name)
      const [payments, blocks, addresses, assets] = await Promise.all([
        names('infohash', 'transactions'),
        names('id', 'blocks'),
        names('owner', 'balances'),
        names('asset', 'assets'),
      ])
      return { payments, blocks, addresses, assets }
    },
  },
]

const BLOCK = `b.id, b.height::text, b.parent, b.miner, b.published_at::text as "publishedAt", b.torrent, b.verdict, b.refuted, b.final,
  r.id is not null as "isOnBranch" from blocks b left join branch r on r.height = b.height and r.id = b.id`

/** Conditions that all hold, with their values. */
class Filters {
  readonly values: unknown[] = []
  readonly #conditions: string[] = []

  /** Left out where the value is. */
  add(condition: string, value: unknown): void {
    if (value === undefined) return
    this.values.push(value)
    this.#conditions.push(`${condition}$${this.values.length}`)
  }

  addPair(condition: string, first: string, second: string): void {
    this.values.push(first, second)
    this.#conditions.push(`${condition}($${this.values.length - 1}, $${this.values.length})`)
  }

  raw(condition: string): void {
    this.#conditions.push(condition)
  }

  get where(): string {
    return this.#conditions.length === 0 ? '' : `where ${this.#conditions.join(' and ')}`
  }
}

function pageOf(items: readonly Row[], limit: number, cursor: (last: Row) => string): IndexPage {
  const last = items.at(-1)
  return items.length < limit || last === undefined ? { items } : { items, next: cursor(last) }
}

function lastOf(path: string): string {
  return path.split('/').at(-1) ?? ''
}
