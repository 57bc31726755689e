// A sender whose endpoint lies to it, and what really became of its transactions.

import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { encodeFunctionData } from 'viem'
import { bridgeAbi } from '../../../deployments/bridge-abi.ts'
import { OperationError } from '../../../node/errors.ts'
import { EthereumAccount } from '../../../node/ethereum/account.ts'
import type { BridgeCall } from '../../../node/ethereum/calls.ts'
import type { Attempt } from '../../../node/ethereum/sending/attempt.ts'
import type { Outcome } from '../../../node/ethereum/sending/pending-call.ts'
import { TransactionSender } from '../../../node/ethereum/sending/sender.ts'
import { type Lie, LyingEndpoint } from '../../support/chain/lying-endpoint.ts'
import { log } from '../../support/log.ts'
import { Stage } from '../../support/stage.ts'

/** A packed transaction that no state takes; the queue takes it, again and again: what is sent twice counts twice. */
const NOISE = `0x${'00'.repeat(7)}${'11'.repeat(120)}` as const
/** The bond is what the entry pays, several times what it must. */
const FORCE: BridgeCall = {
  name: 'force',
  data: encodeFunctionData({ abi: bridgeAbi, functionName: 'force', args: [[NOISE]] }),
  gas: 300_000n,
  bondGas: 50_000n,
}
/** So often the liar is asked something before it may stop lying. */
const CHANCES = 5
const CONFIRMATIONS = 2
const BLOCKS = 400

type End = { readonly outcome: Outcome } | { readonly error: unknown }

export class LiedToSender {
  readonly stage: Stage
  readonly liar: LyingEndpoint

  private constructor(stage: Stage, liar: LyingEndpoint) {
    this.stage = stage
    this.liar = liar
  }

  static async open(t: TestContext): Promise<LiedToSender> {
    const stage = await Stage.open(t)
    const liar = stage.stack.use(await LyingEndpoint.start(stage.anvil.url))
    await stage.anvil.client.mine({ blocks: 30 })
    return new LiedToSender(stage, liar)
  }

  /** With an account of its own. */
  async #sender(): Promise<TransactionSender> {
    const { stage, liar } = this
    const deps = { urls: [liar.url], network: stage.definition.rules, signer: await stage.signer(), now: Date.now }
    const ethereum = new EthereumAccount(deps, { timeoutMs: 600, retries: 0 })
    stage.stack.defer(() => ethereum.close())
    return new TransactionSender(
      { ethereum, log, now: Date.now },
      { confirmations: CONFIRMATIONS, pollMs: 10, stuckMs: 500 },
    )
  }

  /**
   * Sends under a lie, which begins `before` anything is sent or when it is `sent`, sees blocks come, and ends. Whatever the sender says
   * meanwhile must be true, and in the end the call must have counted exactly once.
   */
  async endure(lie: Lie, begins: 'before' | 'sent'): Promise<End | undefined> {
    const { anvil } = this.stage
    const sender = await this.#sender()
    await using _ = { [Symbol.asyncDispose]: () => this.#calm(sender) }
    const before = await this.#count()
    await anvil.client.setAutomine(false)
    if (begins === 'before') this.liar.tell(lie)
    const attempts: Attempt[] = []
    let end: End | undefined
    const sending = sender
      .send(FORCE, { onAttempt: async (attempt) => void attempts.push(attempt) })
      .then((outcome): End => ({ outcome }))
      .catch((error: unknown): End => ({ error }))
      .then((each) => {
        end = each
      })
    if (begins === 'sent') {
      await this.stage.until('it to be sent', async () => end !== undefined || (await this.#isKnown(attempts)))
      this.liar.tell(lie)
    }
    await this.#chances(() => end !== undefined)
    // Whatever is out there gets into blocks, lie or no lie.
    await anvil.client.mine({ blocks: 1 })
    await this.#chances(() => end !== undefined)
    await anvil.client.mine({ blocks: 3 })
    await this.#chances(() => end !== undefined)
    const said = end
    if (said !== undefined) await this.#assertTrue(said, attempts)
    this.liar.tellTheTruth()
    await this.#mineUntil('the end of it', () => end !== undefined)
    await sending
    await anvil.client.setAutomine(true)
    if (end !== undefined) await this.#assertTrue(end, attempts)
    if (!isDone(end)) await this.#again(sender)
    const after = await this.#count()
    assert.equal(after.entries - before.entries, 1n, 'it must count exactly once')
    return said
  }

  /** Sends under a lie after which nothing can be done but to say why; then only the signal ends the wait. */
  async stall(lie: Lie, code: string): Promise<void> {
    const sender = await this.#sender()
    await using _ = { [Symbol.asyncDispose]: () => this.#calm(sender) }
    this.liar.tell(lie)
    const stop = new AbortController()
    const sending = sender.send(FORCE, { signal: stop.signal })
    const ended = assert.rejects(sending, { code: 'interrupted' })
    await this.stage.until('it to be sent', () => this.liar.asked('eth_sendRawTransaction') > 0)
    this.liar.tellTheTruth()
    await this.stage.until('it to say so', () => sender.problem?.code === code)
    assert.equal(await sender.ethereum.nonce('pending'), 0)
    stop.abort(new OperationError('interrupted', 'the test has seen enough'))
    await ended
  }

  /** Whatever happened, the next one starts afresh. */
  async #calm(sender: TransactionSender): Promise<void> {
    sender.ethereum.close()
    this.liar.tellTheTruth()
    await this.stage.anvil.client.setAutomine(true)
    await this.stage.anvil.client.mine({ blocks: 1 })
  }

  /** Once the liar says the truth, the one who wanted it asks for it again. */
  async #again(sender: TransactionSender): Promise<void> {
    let isOver = false
    const sending = sender.send(FORCE).finally(() => {
      isOver = true
    })
    await this.#mineUntil('the second try', () => isOver)
    assert.equal((await sending).status, 'done')
  }

  async #assertTrue(end: End, attempts: readonly Attempt[]): Promise<void> {
    if ('error' in end) {
      assert.ok(end.error instanceof OperationError, `expected an error of ours, got ${end.error}`)
      assert.equal(await this.#isKnown(attempts), false, `it gave up (${end.error.code}) on what is out there`)
      return
    }
    const { outcome } = end
    if (outcome.status === 'lost') {
      assert.equal(await this.#isKnown(attempts), false, 'it calls lost what is out there')
      return
    }
    const { anvil } = this.stage
    const receipt = await anvil.client.getTransactionReceipt({ hash: outcome.receipt.hash })
    assert.equal(receipt.status, outcome.status === 'reverted' ? 'reverted' : 'success')
    assert.equal(outcome.receipt.block, receipt.blockNumber)
  }

  /** Whether Ethereum has any of them, pending or in a block. */
  async #isKnown(attempts: readonly Attempt[]): Promise<boolean> {
    for (const { hash } of attempts) {
      const found = await this.liar.proxy.ask('eth_getTransactionByHash', [hash])
      if (found !== null) return true
    }
    return false
  }

  async #chances(isOver: () => boolean): Promise<void> {
    const { calls } = this.liar.proxy
    const enough = calls.length + CHANCES
    await this.stage.until('the liar to be asked', () => isOver() || calls.length >= enough)
  }

  async #mineUntil(what: string, isTrue: () => boolean): Promise<void> {
    // Counted in blocks, since all of this is quick: only what hangs sees this many.
    for (let blocks = 0; !isTrue(); blocks++) {
      if (blocks === BLOCKS) throw new Error(`waited ${BLOCKS} blocks of Ethereum in vain for ${what}`)
      await this.stage.anvil.client.mine({ blocks: 1 })
      await delay(10)
    }
  }

  async #count(): Promise<{ readonly entries: bigint }> {
    return { entries: await this.stage.laneLength('forced') }
  }
}

function isDone(end: End | undefined): boolean {
  return end !== undefined && 'outcome' in end && end.outcome.status === 'done'
}
