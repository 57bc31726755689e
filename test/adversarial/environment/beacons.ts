// The two beacon endpoints of the honest processes. `a` delivers what it has, but may be down, behind or forgetful; `b` does whatever an endpoint
// can do. What is older than blobs live, neither has.

import { BLOB_BYTES } from '../../../node/protocol/blob.ts'
import { BeaconProxy, blockIn } from '../../support/chain/beacon-proxy.ts'
import { aboutBlobs, type BeaconLie, respond, respondBlobs } from '../../support/chain/beacon-server.ts'
import type { Stage } from '../../support/stage.ts'
import type { Chance } from './chance.ts'

const SPACES = ' '.repeat(1 << 20)

const absent: BeaconLie = (_, response) => respond(response, { code: 404, message: 'Block not found' }, 404)

/** Neither has what is asked of these blocks of Ethereum. */
function without(isGone: (block: bigint) => boolean): BeaconLie {
  return (asked, response, request) => {
    const block = blockIn(asked)
    return block !== undefined && isGone(block) ? absent(asked, response, request) : undefined
  }
}

function body(write: string): BeaconLie {
  return (_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(write)
    return true
  }
}

function status(code: number): BeaconLie {
  return (_, response) => respond(response, { code, message: 'no' }, code)
}

/** Ways to fail without a lie, each as of now. */
const FAILURES: Readonly<Record<string, (chance: Chance, newest: bigint) => BeaconLie>> = {
  'is down': () => (_, response) => {
    response.destroy()
    return true
  },
  hangs: () => () => true,
  'answers with status 500': () => status(500),
  'answers with status 429': () => status(429),
  'sends a web page': () => body('<html>Bad gateway</html>'),
  'sends half an answer': () => body('{"data":["0x00'),
  'sends an answer without end': () => (_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    const more = () => {
      while (!response.destroyed && response.write(SPACES));
    }
    response.on('drain', more)
    more()
    return true
  },
  'is stuck': (_, newest) => without((block) => block > newest),
  'has pruned': (chance, newest) => without((block) => block <= newest - BigInt(chance.whole(0, 40))),
  'has no blobs': () => without(() => true),
}

/** Ways to lie, the failures among them. */
const LIES: Readonly<Record<string, (chance: Chance, newest: bigint) => BeaconLie>> = {
  ...FAILURES,
  'delivers others': () => aboutBlobs((_, response) => respondBlobs(response, [garbage()])),
  'delivers many others': () =>
    aboutBlobs((_, response) => respondBlobs(response, Array.from({ length: 21 }, garbage))),
  'delivers what is not a blob': () =>
    aboutBlobs((_, response) => respondBlobs(response, [new Uint8Array(BLOB_BYTES).fill(0xff)])),
  'delivers empty ones': () => aboutBlobs((_, response) => respondBlobs(response, [new Uint8Array(BLOB_BYTES)])),
  'delivers short ones': () => aboutBlobs((_, response) => respondBlobs(response, [new Uint8Array(31)])),
  'delivers none': () => aboutBlobs((_, response) => respondBlobs(response, [])),
  'makes no sense': (chance) =>
    body(JSON.stringify(chance.oneOf<unknown>(null, [], {}, { data: null }, { data: [[]] }))),
  'is of another chain': () => (asked, response) => {
    if (asked.pathname !== '/eth/v1/beacon/genesis') return undefined
    const data = { genesis_time: '1606824023', genesis_validators_root: `0x${'4b'.repeat(32)}` }
    return respond(response, { data })
  },
}

type Fault = { readonly name: string; readonly untilMove: number; readonly sinceMs: number }

export class Beacons implements AsyncDisposable {
  readonly #a: BeaconProxy
  readonly #b: BeaconProxy
  #stage: Stage | undefined
  #faultOfA: Fault | undefined
  #faultOfB: Fault | undefined
  /** Milliseconds that the longest failure of `a` took since this was last set to 0: those who searched in vain may pause for as long. */
  longestFailureMs = 0

  private constructor(a: BeaconProxy, b: BeaconProxy) {
    this.#a = a
    this.#b = b
  }

  static async start(): Promise<Beacons> {
    return new Beacons(await BeaconProxy.start(), await BeaconProxy.start())
  }

  /** From now on they have what this chain has. */
  serve(stage: Stage): void {
    this.#stage = stage
    for (const proxy of [this.#a, this.#b]) proxy.target = stage.anvil.url
  }

  get a(): string {
    return this.#a.url
  }

  get b(): string {
    return this.#b.url
  }

  /** Blobs need not be there for those who ask it alone. */
  get isAFailing(): boolean {
    return this.#faultOfA !== undefined
  }

  get isBWrong(): boolean {
    return this.#faultOfB !== undefined
  }

  describe(): string {
    const { pruned } = this.#a
    return `beacon a: ${this.#faultOfA?.name ?? 'fine'}; beacon b: ${this.#faultOfB?.name ?? 'fine'}; blobs up to block ${pruned} are gone`
  }

  /** Ends what was to last until this move: by default of both. */
  tick(move: number, which?: 'a'): void {
    if (this.#faultOfA !== undefined && this.#faultOfA.untilMove <= move) {
      this.longestFailureMs = Math.max(this.longestFailureMs, performance.now() - this.#faultOfA.sinceMs)
      this.#faultOfA = undefined
      this.#a.lie = () => undefined
    }
    if (which === undefined && this.#faultOfB !== undefined && this.#faultOfB.untilMove <= move) {
      this.#faultOfB = undefined
      this.#b.lie = () => undefined
    }
  }

  /** Answers how `a` fails from now on. */
  async fail(chance: Chance, untilMove: number): Promise<string> {
    const [name, make] = chance.pick(Object.entries(FAILURES)) ?? ['has no blobs', () => absent]
    this.#a.lie = make(chance, await this.#newest())
    this.#faultOfA = { name, untilMove, sinceMs: performance.now() }
    return name
  }

  /** Answers how `b` lies from now on. */
  async lie(chance: Chance, untilMove: number): Promise<string> {
    const [name, make] = chance.pick(Object.entries(LIES)) ?? ['has no blobs', () => absent]
    this.#b.lie = make(chance, await this.#newest())
    this.#faultOfB = { name, untilMove, sinceMs: performance.now() }
    return name
  }

  /** What was published up to this block of Ethereum is older than blobs live: neither has it ever again. */
  prune(block: bigint): void {
    for (const proxy of [this.#a, this.#b]) proxy.pruned = block
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#a[Symbol.asyncDispose]()
    await this.#b[Symbol.asyncDispose]()
  }

  async #newest(): Promise<bigint> {
    return (await this.#stage?.anvil.client.getBlockNumber()) ?? 0n
  }
}

let garbled = 0

/** A blob of nobody, another one each time. */
function garbage(): Uint8Array {
  garbled += 1
  const blob = new Uint8Array(BLOB_BYTES)
  new DataView(blob.buffer).setUint32(4, garbled)
  return blob
}
