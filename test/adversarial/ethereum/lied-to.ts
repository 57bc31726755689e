// Who is lied to in these tests: a follower with the liar as its only endpoint, one with an honest endpoint beside it, and one that knows.

import assert from 'node:assert/strict'
import type { Alarm, FollowerStatus } from '../../../node/bridge/answers.ts'
import type { BridgeFollower, FollowerOptions } from '../../../node/bridge/follower.ts'
import { connectEthereum } from '../../../node/ethereum/agreeing/http-chain.ts'
import { comparable, TestFollower } from '../../support/bridge/driver.ts'
import type { MadeBlock } from '../../support/bridge/scenario.ts'
import { LiveBridge } from '../../support/chain/live-bridge.ts'
import { type Lie, LyingEndpoint } from '../../support/chain/lying-endpoint.ts'

const HOUR = 3_600n
// A hanging endpoint is asked twice, for this long.
const FAST = { timeoutMs: 400, retries: 1, backoffMs: 5 }
/** Where no endpoint is silent, a busy machine may take its time. */
export const PATIENT: typeof FAST = { ...FAST, timeoutMs: 60_000 }
/** What is said of an endpoint that a busy machine made slow for a moment: it is asked again then, as a node would. */
const SLOW = 'ethereum-silent'
const SLOW_TRIES = 20
/** A packed transaction that no state takes. */
const NOISE = `0x${'00'.repeat(7)}${'11'.repeat(120)}`

export type Victim = { readonly follower: BridgeFollower; readonly alarms: Alarm[] }

export class LiedTo implements AsyncDisposable {
  readonly live: LiveBridge
  readonly liar: LyingEndpoint
  readonly #stack: AsyncDisposableStack
  /** The final block, on which everything here is published. */
  final: MadeBlock

  private constructor(stack: AsyncDisposableStack, live: LiveBridge, liar: LyingEndpoint) {
    this.#stack = stack
    this.live = live
    this.liar = liar
    this.final = live.forge.genesis
  }

  static async open(seed: number): Promise<LiedTo> {
    const stack = new AsyncDisposableStack()
    const live = stack.use(await LiveBridge.start(seed))
    const liar = stack.use(await LyingEndpoint.start(live.anvil.url))
    // So many blocks that a lag or a reorganisation does not reach the deployment.
    await live.anvil.client.mine({ blocks: 30 })
    return new LiedTo(stack, live, liar)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync()
  }

  /** Follows through these endpoints until the test ends. */
  async follow(urls: readonly string[], options: FollowerOptions = {}, limits = FAST): Promise<Victim> {
    const chain = connectEthereum(urls, this.live.rules, limits)
    const { follower } = this.#stack.use(
      await TestFollower.start(chain, this.live.forge.network, { finalityDepth: 20n, maxPauseMs: 60_000, ...options }),
    )
    const alarms: Alarm[] = []
    follower.on('alarm', (alarm) => alarms.push(alarm))
    await assertLive(follower)
    return { follower, alarms }
  }

  /** With the liar only. */
  alone(options?: FollowerOptions): Promise<Victim> {
    return this.follow([this.liar.url], options)
  }

  /** With an honest endpoint first, and the liar. */
  pair(options?: FollowerOptions, limits = FAST): Promise<Victim> {
    return this.follow([this.live.anvil.url, this.liar.url], options, limits)
  }

  /** A block with a request of the account of the chain, final after a day. */
  async finalizeOne(): Promise<MadeBlock> {
    const { live } = this
    const block = await live.publish(this.final, {
      packed: [live.request(this.final, live.anvil.account, 50_000_000n)],
      transactions: 1,
    })
    await live.anvil.warp((await live.now()) + 24n * HOUR)
    await live.finalize(block)
    this.final = block
    return block
  }

  /** wTTX for the account of the chain: everything that can be claimed. */
  async claimAll(follower: BridgeFollower): Promise<void> {
    await assertLive(follower)
    for (const claim of await follower.claims()) await this.live.claim(claim)
  }

  async force(): Promise<void> {
    await this.live.call('force', [[NOISE]], 10n ** 15n)
  }

  /**
   * Tells the lie to a follower that was `live`: it must become `unknown`, with an alarm of one of these codes, and keep its view; after
   * the lie it must be `live` again.
   */
  async assertStandsStill({ follower, alarms }: Victim, lie: Lie, codes: readonly string[]): Promise<void> {
    const before = comparable(follower.view)
    this.liar.tell(lie)
    let past: string
    let said = wordOf(follower.status)
    let tries = 0
    do {
      past = said
      alarms.length = 0
      said = wordOf(await follower.poll())
    } while (said === SLOW && !codes.includes(SLOW) && tries++ < SLOW_TRIES)
    this.liar.tellTheTruth()
    assert.ok(codes.includes(said), `expected ${codes.join(' or ')}, got ${said}`)
    // Those who were told are not told again.
    assert.deepEqual(
      alarms.map(({ code }) => code),
      past === said ? [] : [said],
    )
    assert.deepEqual(comparable(follower.view), before)
  }

  /** That a follower has the view of one that was never lied to. */
  async assertKnowsTheTruth({ follower }: Victim): Promise<void> {
    await assertLive(follower)
    await using fresh = await this.live.follow()
    await assertLive(fresh.follower)
    assert.deepEqual(comparable(follower.view), comparable(fresh.follower.view))
  }
}

export async function assertLive(follower: BridgeFollower): Promise<void> {
  let status = await follower.poll()
  for (let tries = 0; tries < SLOW_TRIES && wordOf(status) === SLOW; tries++) status = await follower.poll()
  assert.equal(status.state, 'live', status.state === 'unknown' ? `${status.code}: ${status.problem}` : '')
}

/** Its state, and where that is unknown, why. */
function wordOf(status: FollowerStatus): string {
  return status.state === 'unknown' ? status.code : status.state
}
