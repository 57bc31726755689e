// Where moves are made: the chain and its clock, the honest processes, the model of all that was published, and the driver's own keys.

import { genesisInfohash } from '../../../node/protocol/genesis.ts'
import type { Address, Infohash } from '../../../node/protocol/ids.ts'
import type { Rules } from '../../../node/protocol/rules.ts'
import { type GasPrice, toGasPrice } from '../../../node/protocol/units.ts'
import type { World } from '../../../scripts/assure/models/world.ts'
import type { Stage } from '../../support/stage.ts'
import type { Blobs } from './blobs.ts'
import { Caller } from './calls.ts'
import { FINALITY_DEPTH, type Honest } from './honest.ts'
import type { Model } from './model.ts'
import type { RowsMode } from './rows.ts'
import type { Users } from './users.ts'

/** How much one move may do. */
export type Bounds = { readonly siblings: number; readonly branch: number; readonly flood: number }

type Parts = Pick<Ground, 'honest' | 'model' | 'world' | 'users' | 'bounds' | 'without' | 'rows' | 'kzg'>

/** Seconds: how old a wrong block may get before time stops until it is dead. Ethereum takes a refutation within a day. */
const PATIENCE = 12n * 3_600n
/** Seconds: in this many Ethereum has more blocks than may be reorganised. */
const BURYING = 600n

export class Ground {
  readonly honest: Honest
  readonly model: Model
  /** Accounts whose keys the driver has. */
  readonly world: World
  readonly users: Users
  readonly bounds: Bounds
  /** What is left out, to find what hides behind the fault that it finds. */
  readonly without: ReadonlySet<string>
  readonly rows: RowsMode
  readonly kzg: Blobs
  readonly caller: Caller
  /** Outputs of the liar that some block has spent. */
  readonly spent = new Set<Infohash>()
  reorganisations = 0
  /** Resolves once the honest processes have done all that there is to do. Set by the one that watches. */
  settle: () => Promise<void> = async () => undefined

  constructor({ honest, model, world, users, bounds, without, rows, kzg }: Parts) {
    this.honest = honest
    this.model = model
    this.world = world
    this.users = users
    this.bounds = bounds
    this.without = without
    this.rows = rows
    this.kzg = kzg
    this.caller = new Caller(honest.arena.stage)
  }

  get stage(): Stage {
    return this.honest.arena.stage
  }

  get rules(): Rules {
    return this.stage.definition.rules
  }

  get genesis(): Infohash {
    return genesisInfohash(this.stage.definition.genesis)
  }

  /** Those who lie where there is something to lie about. */
  get liar(): Address {
    const [first] = this.world.accounts
    if (first === undefined) throw new RangeError('the world has no accounts')
    return first.address
  }

  /** The newest block of Ethereum; `next` is the least time of another one, and `price` more than the bridge counts gas at there. */
  async head(): Promise<{
    readonly number: bigint
    readonly time: bigint
    readonly next: bigint
    readonly price: GasPrice
  }> {
    const { number, timestamp, baseFeePerGas } = await this.stage.anvil.client.getBlock()
    return {
      number,
      time: timestamp,
      next: timestamp + 1n,
      price: toGasPrice(2n * (baseFeePerGas ?? 0n) + this.stage.definition.floorPrice),
    }
  }

  /**
   * Lets time pass on Ethereum; first waits until all is settled where a wrong block would grow too old. As many blocks as may be
   * reorganised come along with a while, so that a reorganisation takes back seconds and never hours.
   */
  async pass(seconds: bigint): Promise<void> {
    await this.await(seconds)
    await this.stage.skip(seconds)
    if (seconds >= BURYING) await this.bury()
  }

  /** Waits until no wrong block would be too old after this many seconds. */
  async await(seconds: bigint): Promise<void> {
    await this.model.sync()
    const { time } = await this.head()
    const isTooOld = this.model.livingWrong().some((id) => {
      return time + seconds - this.model.standing(id).publishedAt > PATIENCE
    })
    if (isTooOld) await this.settle()
  }

  async bury(): Promise<void> {
    await this.stage.anvil.client.mine({ blocks: FINALITY_DEPTH })
  }
}
