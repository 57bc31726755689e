// Makes one move after another, as the seed says, and then lets the honest bring everything to its end.

import type { TestContext } from 'node:test'
import { World } from '../../../scripts/assure/models/world.ts'
import type { Report } from '../../../scripts/assure/soak/report.ts'
import type { Stage } from '../../support/stage.ts'
import { Blobs } from './blobs.ts'
import { Caller } from './calls.ts'
import { Chance } from './chance.ts'
import { type Bounds, Ground } from './ground.ts'
import { Honest } from './honest.ts'
import { Model } from './model.ts'
import { MOVES } from './moves.ts'
import { makePast } from './past.ts'
import { makePeace } from './peace.ts'
import { ROWS_MODES, type RowsMode } from './rows.ts'
import { Users, userAccounts } from './users.ts'
import { Watchful } from './watchful.ts'

export type Order = {
  readonly seed: number
  readonly moves: number
  readonly bounds: Bounds
  /** Names of moves that are left out (and `other torrents`), to find what hides behind the fault that they find. */
  readonly without: ReadonlySet<string>
  /** Where rows are posted. Default: what the seed says. */
  readonly rows?: RowsMode
  /** Hears of each move, milliseconds after the start. */
  readonly say?: (text: string) => void
}

/** Final blocks that a network has: hardly any, some, or more than a node would replay. */
const AGES = [1, 3, 40, 270] as const
const ACCOUNTS = 6
/** How often everybody is waited for between two moves. */
const SETTLED = 0.35
const LAST_MOVES = 40

export class Driver {
  readonly #order: Order
  readonly #ground: Ground
  readonly #watchful: Watchful
  readonly #startedMs = performance.now()
  readonly #log: string[] = []
  readonly #made: Record<string, number> = {}

  private constructor(order: Order, ground: Ground) {
    this.#order = order
    this.#ground = ground
    this.#watchful = new Watchful(ground)
    ground.settle = () => this.#watchful.settle()
  }

  /** Everything runs, and nothing has happened. Ends with the test. */
  static async open(t: TestContext, order: Order): Promise<Driver> {
    const chance = new Chance(order.seed, 0)
    const age = chance.oneOf<number>(...AGES)
    const seeded = chance.oneOf(...ROWS_MODES)
    const { rows = seeded } = order
    const parts = Promise.withResolvers<{ readonly model: Model; readonly world: World }>()
    const kzg = new Blobs()
    t.after(() => kzg[Symbol.asyncDispose]())
    const honest = await Honest.start(t, rows, async ({ stage }) => {
      parts.resolve(await prepare(stage, kzg, { rows, age, seed: order.seed }))
    })
    const { model, world } = await parts.promise
    const users = new Users(honest.arena, [honest.nodes['node-0'], honest.nodes['node-1']])
    const driver = new Driver(order, new Ground({ honest, model, world, users, kzg, ...order, rows }))
    driver.#note(`a network of ${age} blocks, rows in ${rows}`)
    return driver
  }

  /** Throws where something does not hold, with all that one needs to look into it. */
  async run(): Promise<Report> {
    try {
      await this.#ground.settle()
      for (let i = 1; i <= this.#order.moves; i++) await this.#make(i)
      this.#note('peace')
      return this.#report(await makePeace(this.#ground))
    } catch (error) {
      throw new Error(this.#describe(error), { cause: error })
    }
  }

  async #make(number: number): Promise<void> {
    const chance = new Chance(this.#order.seed, number)
    const { rows } = this.#ground
    const moves = MOVES.filter(({ name, isOfBlobs }) => {
      return !this.#order.without.has(name) && (rows !== 'calldata' || isOfBlobs === undefined)
    })
    const { name, make } = chance.weighted(moves)
    const isSettled = chance.isLucky(SETTLED)
    const { honest } = this.#ground
    honest.endpoints.tick(number)
    honest.beacons.tick(number)
    await honest.tick(number)
    this.#log.push(`${number} ${name}`)
    await this.#ground.model.sync()
    const done = await make(this.#ground, chance, number)
    this.#log.pop()
    this.#note(`${number} ${name}: ${done ?? 'not possible'}`)
    if (done !== undefined) this.#made[name] = (this.#made[name] ?? 0) + 1
    await this.#watchful.observe()
    if (isSettled) await this.#ground.settle()
  }

  #note(line: string): void {
    this.#log.push(line)
    this.#order.say?.(`${Math.round(performance.now() - this.#startedMs)} ms, ${line}`)
  }

  #report(paid: number): Report {
    const { model, users, honest, caller, reorganisations } = this.#ground
    const verdicts = [...model.tree.keys()].map((id) => model.of(id).verdict)
    const count = (verdict: string) => verdicts.filter((each) => each === verdict).length
    return {
      seed: this.#order.seed,
      rows: [this.#ground.rows],
      seconds: Math.round((performance.now() - this.#startedMs) / 1_000),
      moves: this.#made,
      blocks: {
        right: count('right'),
        wrong: count('wrong'),
        baseless: count('baseless'),
        inBlobs: [...model.tree.keys()].filter((id) => 'blobs' in model.of(id).body).length,
        final: model.finals.length,
      },
      killed: this.#watchful.killed.size,
      longestKillMs: Math.round(this.#watchful.longestKillMs),
      longestLiveMs: Math.round(this.#watchful.longestLiveMs),
      requests: users.requests.length,
      paid,
      reorganisations,
      restarts: honest.restarts,
      refusals: Object.fromEntries(caller.refusals),
    }
  }

  #describe(error: unknown): string {
    const { seed, moves, without } = this.#order
    const { honest } = this.#ground
    const seconds = Math.round((performance.now() - this.#startedMs) / 1_000)
    const variables = [`FUZZ_SEED=${seed}`, `FUZZ_RUNS=${moves}`, `FUZZ_ROWS=${this.#ground.rows}`]
    if (without.size > 0) variables.push(`FUZZ_WITHOUT='${[...without].join(',')}'`)
    return [
      `${error instanceof Error ? error.message : error}`,
      `seed ${seed}, after ${seconds} s; the last moves:`,
      ...this.#log.slice(-LAST_MOVES).map((line) => `  ${line}`),
      honest.endpoints.describe(),
      honest.beacons.describe(),
      ...honest.names.map((name) => honest.tail(name)),
      `again by: ${variables.join(' ')} npx node --test test/adversarial/environment.test.ts`,
    ].join('\n')
  }
}

async function prepare(
  stage: Stage,
  kzg: Blobs,
  { rows, age, seed }: { readonly rows: RowsMode; readonly age: number; readonly seed: number },
): Promise<{ readonly model: Model; readonly world: World }> {
  const world = new World(seed, ACCOUNTS, stage.definition.rules)
  const model = new Model(stage)
  const caller = new Caller(stage)
  for (const address of [caller.account, ...world.accounts.map((account) => account.address)]) {
    await stage.anvil.client.setBalance({ address, value: 10n ** 27n })
  }
  await model.sync()
  const accounts = [...world.accounts, ...userAccounts()].map(({ address }) => address)
  const data = rows === 'both' ? 'blobs' : rows
  await makePast({ stage, model, caller, kzg, data }, accounts, age)
  return { model, world }
}
