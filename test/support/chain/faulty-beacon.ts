// A beacon endpoint in front of anvil's own, which does with the blobs what beacon endpoints can do: all that goes wrong in the wild, by a word.

import type { ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { BLOB_BYTES } from '../../../node/protocol/blob.ts'
import { formatHex, parseHex } from '../../../node/protocol/bytes.ts'
import { BeaconServer, respond, respondBlobs } from './beacon-server.ts'

type Blobs = readonly Uint8Array[]
/** What becomes of an answer with these blobs. */
type Fault = (response: ServerResponse, blobs: Blobs) => unknown

/** Long enough that others are asked beside it, and short enough to be waited for. */
const LATE_MS = 5_000
/** As many as are looked at, and one more than an answer may have. */
const MOST = 21

/** Those that have all blobs all the same. */
export const HARMLESS = {
  honest: respondBlobs,
  'in another order': (response, blobs) => respondBlobs(response, blobs.toReversed()),
  'behind others': (response, blobs) => respondBlobs(response, [...others(MOST - blobs.length), ...blobs]),
  'each twice': (response, blobs) => respondBlobs(response, [...blobs, ...blobs]),
  late: async (response, blobs) => {
    await delay(LATE_MS)
    respondBlobs(response, blobs)
  },
} as const satisfies Readonly<Record<string, Fault>>

/** Those from which a node alone never has all blobs of a block with several. */
export const HARMFUL = {
  'has none': (response) => respondBlobs(response, []),
  'has pruned them': (response) => respond(response, { code: 404, message: 'Block not found' }, 404),
  'knows no blobs': (response) => response.writeHead(405).end(),
  'is broken': (response) => respond(response, { code: 500, message: 'Internal error' }, 500),
  'wants a key': (response) => response.writeHead(401).end(),
  'is a web page': (response) => response.end('<!doctype html><title>It works</title>'),
  'hangs up': (response) => response.destroy(),
  'hangs up in the middle': (response, blobs) => {
    response.write('{"data":["0x')
    response.write(formatHex(blobs[0] ?? new Uint8Array()), () => response.destroy())
  },
  'says nothing': () => undefined,
  'has other ones': (response, blobs) => respondBlobs(response, others(blobs.length)),
  'has one that differs in one bit': (response, [first = new Uint8Array(), ...rest]) =>
    respondBlobs(response, [first.map((byte, i) => (i === BLOB_BYTES - 1 ? byte ^ 1 : byte)), ...rest]),
  'has one too few': (response, blobs) => respondBlobs(response, blobs.slice(1)),
  'has one in place of all': (response, [first = new Uint8Array(), ...rest]) =>
    respondBlobs(response, [first, ...rest.map(() => first)]),
  'has too many': (response, blobs) => respondBlobs(response, [...blobs, ...others(MOST + 1 - blobs.length)]),
  'has short ones': (response, blobs) =>
    respondBlobs(
      response,
      blobs.map((blob) => blob.subarray(1)),
    ),
  'has elements above the modulus': (response, blobs) =>
    respondBlobs(
      response,
      blobs.map((blob) => new Uint8Array(blob.length).fill(0xff)),
    ),
} as const satisfies Readonly<Record<string, Fault>>

export type Manner = keyof typeof HARMLESS | keyof typeof HARMFUL | 'no beacon'

const FAULTS: Readonly<Record<Exclude<Manner, 'no beacon'>, Fault>> = { ...HARMLESS, ...HARMFUL }

export class FaultyBeacon implements AsyncDisposable {
  /** `no beacon`: an endpoint that has nothing to do with the beacon API. */
  manner: Manner
  /** The URL of anvil; without it there is no beacon here. */
  target: string | undefined
  readonly #server: BeaconServer

  private constructor(server: BeaconServer, manner: Manner) {
    this.#server = server
    this.manner = manner
    server.lie = ({ pathname }, response) => {
      this.#answer(pathname, response).catch(() => response.destroy())
      return true
    }
  }

  static async start(manner: Manner): Promise<FaultyBeacon> {
    return new FaultyBeacon(await BeaconServer.start(), manner)
  }

  get url(): string {
    return this.#server.url
  }

  /** How often it was asked for blobs. */
  get asked(): number {
    return this.#server.count('/eth/v1/beacon/blob')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]()
  }

  async #answer(path: string, response: ServerResponse): Promise<void> {
    const { manner, target } = this
    if (manner === 'no beacon' || target === undefined) {
      response.writeHead(404).end('not found')
      return
    }
    const truth = await fetch(`${target}${path}`)
    if (truth.status !== 200 || !path.startsWith('/eth/v1/beacon/blobs/')) {
      response.writeHead(truth.status).end(await truth.text())
      return
    }
    const { data } = (await truth.json()) as { readonly data: readonly string[] }
    await FAULTS[manner](
      response,
      data.map((text) => parseHex(text.slice(2))),
    )
  }
}

/** Blobs that are in no transaction: each has its number in its first element. */
function others(count: number): Blobs {
  return Array.from({ length: count }, (_, i) => new Uint8Array(BLOB_BYTES).fill(i + 1, 1, 32))
}
