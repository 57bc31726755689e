// The two Ethereum endpoints of the honest processes. `a` never lies, but may fall silent; `b` does whatever an endpoint can do.

import type { Address } from '../../../node/protocol/ids.ts'
import { LANES } from '../../../node/protocol/queue.ts'
import { blobPoolRules } from '../../support/chain/blob-pool.ts'
import {
  baseFee,
  changeEvent,
  changeLogs,
  estimates,
  everythingReverts,
  everythingSucceeds,
  flip,
  frozenAt,
  inventedReceipts,
  jumpingBack,
  type Lie,
  LyingEndpoint,
  lagging,
  NO_ANSWERS,
  noMoney,
  nonceOff,
  noReceipts,
  otherChain,
  otherChildren,
  otherHashes,
  otherLength,
  recordsLie,
  SENSELESS,
  senseless,
  swallows,
  timesOff,
  turnedReceipts,
} from '../../support/chain/lying-endpoint.ts'
import type { Stage } from '../../support/stage.ts'
import type { Chance } from './chance.ts'

const PUBLICATIONS = ['BlockPublished', 'BlobsPublished'] as const
/** Names of ways to lie or to fail, each as of now. */
const LIES: Readonly<Record<string, (chance: Chance, newest: bigint) => Lie>> = {
  ...Object.fromEntries(Object.entries(NO_ANSWERS).map(([name, lie]) => [name, () => lie])),
  'makes no sense': (chance) => senseless(chance.pick(SENSELESS)),
  'makes no sense of calls': (chance) => senseless(chance.pick(SENSELESS), 'eth_call'),
  'makes no sense of logs': (chance) => senseless(chance.pick(SENSELESS), 'eth_getLogs'),
  lags: (chance) => lagging(chance.size(1, 40)),
  'is stuck': (_, newest) => frozenAt(newest),
  'jumps back': (chance) => jumpingBack(chance.size(1, 10)),
  'has other times': (chance) => timesOff(BigInt(chance.whole(-100_000, 100_000))),
  'has another base fee': (chance) => baseFee(10n ** BigInt(chance.whole(0, 14))),
  'has other hashes': () => otherHashes,
  'hides publications': () => changeEvent(PUBLICATIONS, () => []),
  'hides refutations': () => changeEvent('BlockRefuted', () => []),
  'hides the queue': () => changeEvent(['Forced', 'Deposited'], () => []),
  'hides all logs': () => changeLogs(() => []),
  'alters publications': (chance) => {
    const at = chance.whole(0, 2_000)
    return changeEvent(PUBLICATIONS, (log) => [{ ...log, data: flip(log.data, at % ((log.data.length - 2) / 2)) }])
  },
  'repeats logs': () => changeLogs((logs) => [...logs, ...logs]),
  'calls the dead alive, and the living dead': () => recordsLie,
  'names other children': () => otherChildren,
  'has a longer lane': (chance) => otherLength(chance.oneOf(...LANES)),
  'says that all succeeds': () => everythingSucceeds,
  'says that all reverts': () => everythingReverts,
  'is of another chain': () => otherChain,
  'swallows transactions': () => swallows,
  'invents receipts': () => inventedReceipts,
  'turns receipts round': () => turnedReceipts,
  'has no receipts': () => noReceipts,
  'is wrong about nonces': (chance) => nonceOff(chance.oneOf(-1, 1, 5)),
  'wants all gas': () => estimates(10n ** 9n),
  'has no money': () => noMoney,
}

const SILENCES: Readonly<Record<string, Lie>> = NO_ANSWERS

type Fault = { readonly name: string; readonly untilMove: number }

export class Endpoints {
  readonly #stage: Stage
  readonly #a: LyingEndpoint
  readonly #b: LyingEndpoint
  /** Whose transactions their mempools look at as real ones do. */
  #publisher: Address | undefined
  #faultOfA: Fault | undefined
  #faultOfB: Fault | undefined

  private constructor(stage: Stage, a: LyingEndpoint, b: LyingEndpoint) {
    this.#stage = stage
    this.#a = a
    this.#b = b
  }

  static async start(stage: Stage): Promise<Endpoints> {
    const [a, b] = [await LyingEndpoint.start(stage.anvil.url), await LyingEndpoint.start(stage.anvil.url)]
    stage.stack.use(a)
    stage.stack.use(b)
    return new Endpoints(stage, a, b)
  }

  get a(): string {
    return this.#a.url
  }

  get b(): string {
    return this.#b.url
  }

  get isASilent(): boolean {
    return this.#faultOfA !== undefined
  }

  get isBWrong(): boolean {
    return this.#faultOfB !== undefined
  }

  /** From now on their mempools hold either blob transactions of this account or others, as long as they tell the truth. */
  reserve(publisher: Address): void {
    this.#publisher = publisher
    for (const endpoint of [this.#a, this.#b]) this.#tellTheTruth(endpoint)
  }

  describe(): string {
    return `endpoint a: ${this.#faultOfA?.name ?? 'fine'}; endpoint b: ${this.#faultOfB?.name ?? 'fine'}`
  }

  /** Ends what was to last until this move: by default of both. */
  tick(move: number, which?: 'a'): void {
    if (this.#faultOfA !== undefined && this.#faultOfA.untilMove <= move) {
      this.#faultOfA = undefined
      this.#tellTheTruth(this.#a)
    }
    if (which === undefined && this.#faultOfB !== undefined && this.#faultOfB.untilMove <= move) {
      this.#faultOfB = undefined
      this.#tellTheTruth(this.#b)
    }
    // Nobody counts them here, and there are many.
    for (const { proxy } of [this.#a, this.#b]) proxy.calls.length = 0
  }

  /** Answers how it fails from now on. */
  silence(chance: Chance, untilMove: number): string {
    const [name, lie] = chance.pick(Object.entries(SILENCES)) ?? ['hangs', () => 'silence' as const]
    this.#a.tell(lie)
    this.#faultOfA = { name, untilMove }
    return name
  }

  /** Answers how it lies from now on. */
  async lie(chance: Chance, untilMove: number): Promise<string> {
    const [name, make] = chance.pick(Object.entries(LIES)) ?? ['hides all logs', () => changeLogs(() => [])]
    this.#b.tell(make(chance, await this.#stage.anvil.client.getBlockNumber()))
    this.#faultOfB = { name, untilMove }
    return name
  }

  #tellTheTruth({ proxy }: LyingEndpoint): void {
    proxy.tamper = async (call) => (this.#publisher ? await blobPoolRules(proxy, this.#publisher, call) : undefined)
  }
}
