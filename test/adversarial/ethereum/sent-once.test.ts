// Attacked: anyone who sends from the command line, by an endpoint that fails in any way before, at or after the moment in which the transaction leaves.
// What must hold: nobody is told that something failed which may be under way; the same command, run again, ends it; and nothing is ever done twice.
// Long: each way to fail has a test.

import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createPublicClient, createWalletClient, type Hex, http } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { carryOut } from '../../../node/client/ethereum/carry-out.ts'
import { deposit } from '../../../node/client/ethereum/deposit.ts'
import { depositToken } from '../../../node/client/ethereum/deposit-token.ts'
import { OperationError } from '../../../node/errors.ts'
import { EthereumAccount } from '../../../node/ethereum/account.ts'
import { claimCall, finalizeCall, forceCall, publishCall } from '../../../node/ethereum/calls.ts'
import { deployFactory } from '../../../node/ethereum/gateways/factory.ts'
import { Outbox } from '../../../node/ethereum/sending/outbox.ts'
import { TransactionSender } from '../../../node/ethereum/sending/sender.ts'
import { formatHex } from '../../../node/protocol/bytes.ts'
import { parseAddress } from '../../../node/protocol/ids.ts'
import { requestProofs, requestsIn } from '../../../node/protocol/requests.ts'
import type { Step } from '../../../node/protocol/step.ts'
import { targetCeiling } from '../../../node/protocol/target.ts'
import { splitPosted } from '../../../node/protocol/trace.ts'
import { toSeconds } from '../../../node/protocol/units.ts'
import { accountOf, pay } from '../../../scripts/assure/models/world.ts'
import { exampleToken, mintData } from '../../../scripts/devnet/example-token.ts'
import type { RpcCall } from '../../support/chain/ethereum-proxy.ts'
import { giveTokens } from '../../support/chain/give-tokens.ts'
import { type Lie, LyingEndpoint, NO_ANSWERS } from '../../support/chain/lying-endpoint.ts'
import { log } from '../../support/log.ts'
import { Author } from '../../support/miner/author.ts'
import { forge } from '../../support/miner/forge.ts'
import { EASIEST, holder, Stage } from '../../support/stage.ts'
import { during, MACHINES, once, SEND, taken } from './machines.ts'

type Act = {
  /** Once for each number. */
  readonly run: (sender: TransactionSender, i: number, patienceMs: number) => Promise<unknown>
  /** How often number `i` was done. */
  readonly done: (i: number) => Promise<number>
  /** It sends others first, which may be done without it. */
  readonly prepares?: true
}

const DAY = 86_400n
const PATIENCE_MS = 700
/** Once the endpoint is right. */
const LONG_MS = 120_000
const FAST = { timeoutMs: 150, retries: 1, backoffMs: 2, patienceMs: 300 }
/** Where the endpoint is right, a busy machine may take its time. */
const PATIENT = { ...FAST, timeoutMs: 60_000, patienceMs: 60_000 }
const PHASES: Readonly<Record<string, (isSent: boolean, call: RpcCall) => boolean>> = {
  'from the beginning': () => true,
  'from the moment of sending on': (isSent, { method }) => isSent || method === SEND,
  'after the sending': (isSent, { method }) => isSent && method !== SEND,
}
const FAULTS: Readonly<Record<string, Lie>> = {
  ...Object.fromEntries(Object.entries(NO_ANSWERS).filter(([name]) => /breaks|500|429|hangs|web page|half/.test(name))),
  'gives no result': () => ({ instead: () => undefined }),
}
/** Of a transaction that it has taken: in the words of Geth, Nethermind, Besu, Erigon, Reth and Anvil, and in nobody's. */
const WORDS = [
  'insufficient funds for transfer',
  'transaction underpriced',
  'already known',
  'AlreadyKnown, hash: 0x12',
  'Known transaction',
  'existing tx with same hash',
  'transaction already imported',
  'nonce too low',
  'OldNonce',
  'replacement transaction underpriced',
  'ReplacementNotAllowed',
  'could not replace existing tx',
  'internal error: upstream timed out, hash 0xab',
  'Ваш запрос отклонён',
]

for (const name of ['deposit', 'deposit of a token', 'force', 'claim'] as const) {
  test(`${name}: an endpoint fails in every way at every moment`, async (t) => {
    const scene = await open(t)
    const act: Act = scene.acts[name]
    let number = 0
    const play = async (title: string, lie: Lie) => {
      const i = number++
      await t.test(title, async () => {
        scene.endpoint.tell(lie)
        const first = await attempt(async () => act.run(await scene.sender(FAST), i, PATIENCE_MS))
        scene.endpoint.tellTheTruth()
        const isSent = (await scene.nonce()) > scene.sent
        // A permit by the word of a machine that is behind fails in its block, and an endpoint that says so is right.
        const isTrueFailure = async (end: typeof first) =>
          end !== 'done' && end.code === 'transaction-failed' && (await act.done(i)) === 0
        if (first !== 'done' && first.code !== 'transaction-under-way' && !(await isTrueFailure(first))) {
          const isDone = act.prepares ? (await act.done(i)) > 0 : isSent
          assert.ok(!isDone, `it was sent, and is called ${first.code}: ${first.message}`)
        }
        let end = first
        for (let runs = 1; end !== 'done' && runs <= 3; runs++) {
          if (runs > 1) assert.ok(await isTrueFailure(end), `${end.message}`)
          end = await attempt(async () => act.run(await scene.sender(PATIENT), i, LONG_MS))
        }
        assert.equal(end, 'done')
        assert.equal(await act.done(i), 1)
        scene.sent = await scene.nonce()
      })
    }
    for (const [phase, isOn] of Object.entries(PHASES)) {
      for (const [fault, lie] of Object.entries(FAULTS)) await play(`${fault}, ${phase}`, during(isOn, lie))
    }
    for (const [fault, make] of Object.entries(MACHINES)) await play(fault, make())
    for (const words of WORDS) await play(`takes it, and says: ${words}`, taken({ code: -32000, message: words }))
    await play('takes it, and breaks the connection', taken('reset'))
    await play('says that it took it, and did not', once({ instead: () => `0x${'ab'.repeat(32)}` }))
  })
}

async function open(t: Parameters<typeof Stage.open>[0]) {
  const stage = await Stage.open(t)
  const endpoint = stage.stack.use(await LyingEndpoint.start(stage.anvil.url))
  const folder = await mkdtemp(join(tmpdir(), 'ttx-sent-once-'))
  t.after(() => rm(folder, { recursive: true }))
  const { rules } = stage.definition
  const key: Hex = `0x${'5'.repeat(64)}`
  const signer = privateKeyToAccount(key)
  const user = parseAddress(signer.address)
  const { client } = stage.anvil
  await client.setBalance({ address: user, value: 10n ** 21n })
  const wealth = 10n ** 12n
  await giveTokens(stage, user, wealth)
  const claims = await finalRequests(stage, 50)
  const transport = http(stage.anvil.url)
  const reader = createPublicClient({ transport, pollingInterval: 10, cacheTime: 0 })
  const deployer = createWalletClient({ account: await stage.signer(), transport })
  const factory = await deployFactory(deployer, reader, rules.bridge)
  const token = await exampleToken(join(folder, 'token'), deployer, reader)
  const mint = await deployer.sendTransaction({ to: token, data: mintData(user, wealth), chain: null })
  await reader.waitForTransactionReceipt({ hash: mint })
  const all = { ...stage.bridge, fromBlock: 0n, strict: true } as const
  const scene = {
    endpoint,
    sent: 0,
    nonce: () => client.getTransactionCount({ address: user, blockTag: 'pending' }),
    /** As another process of the same user opens it. */
    sender: async (limits: typeof FAST) => {
      const ethereum = new EthereumAccount({ urls: [endpoint.url], network: rules, signer, now: Date.now }, limits)
      stage.stack.defer(() => ethereum.close())
      const outbox = new Outbox(join(folder, 'outbox.json'))
      await outbox.load()
      return new TransactionSender({ ethereum, log, now: Date.now, outbox }, { confirmations: 1, pollMs: 20 })
    },
    acts: {
      deposit: {
        run: (sender, i, patienceMs) => deposit(sender, 1_000_000n + BigInt(i), user, AbortSignal.timeout(patienceMs)),
        done: async (i) => {
          const logs = await client.getContractEvents({ ...all, eventName: 'Deposited' })
          return logs.filter(({ args }) => args.amount === 1_000_000n + BigInt(i)).length
        },
      },
      'deposit of a token': {
        run: (sender, i, patienceMs) => {
          const what = { factory, token, amount: 1_000_000n + BigInt(i), to: user }
          return depositToken(sender, what, undefined, AbortSignal.timeout(patienceMs)).catch(asGivenUp)
        },
        done: async (i) => {
          const logs = await client.getContractEvents({ ...all, eventName: 'Entered' })
          return logs.filter(({ args }) => args.amount === 1_000_000n + BigInt(i)).length
        },
        prepares: true,
      },
      force: {
        run: (sender, i, patienceMs) => carryOut(sender, forceCall([noise(i)]), undefined, patienceMs),
        done: async (i) => {
          const logs = await client.getContractEvents({ ...all, eventName: 'Forced' })
          return logs.filter(({ args }) => args.transaction === hex(noise(i))).length
        },
      },
      claim: {
        run: (sender, i, patienceMs) => {
          const proof = claims[i]
          assert(proof)
          return carryOut(sender, claimCall(proof.sealed, [proof]), undefined, patienceMs)
        },
        done: async (i) => {
          const logs = await client.getContractEvents({ ...all, eventName: 'Claimed' })
          return logs.filter(({ args }) => args.number === BigInt(i)).length
        },
      },
    } satisfies Record<'deposit' | 'deposit of a token' | 'force' | 'claim', Act>,
  }
  scene.sent = await scene.nonce()
  return scene
}

/** Who gives up while nobody can know what became of it has seen neither an end nor a failure. */
function asGivenUp(error: unknown): never {
  if (!(error instanceof DOMException && error.name === 'TimeoutError')) throw error
  throw new OperationError('transaction-under-way', 'given up', {
    facts: { call: 'deposit', transaction: '' },
    retry: true,
    cause: error,
  })
}

async function attempt(act: () => Promise<unknown>): Promise<'done' | OperationError> {
  try {
    await act()
    return 'done'
  } catch (error) {
    assert.ok(error instanceof OperationError, String(error))
    return error
  }
}

/** Requests of one block that is final, which anybody may have paid. */
async function finalRequests(stage: Stage, count: number) {
  const { rules } = stage.definition
  const { genesis, sender } = await Author.open(stage)
  let { last } = genesis
  const steps = Array.from({ length: count }, (_, i): Step => {
    const to = accountOf(`recipient ${i}`).address
    const body = { to: rules.bridge, tokens: 5_000n, time: i, prev: [last], bridge: { chain: rules.chain, to } }
    const { packed, infohash } = pay(holder, body, rules)
    last = infohash
    return { kind: 'transaction', packed }
  })
  await stage.skip(DAY)
  const target = targetCeiling(genesis.next.header.target, toSeconds(DAY), EASIEST)
  const block = forge(rules, genesis.next, steps, target, sender.ethereum.account)
  assert.equal((await sender.send(publishCall(genesis.sealedBytes, block))).status, 'done')
  await stage.skip(DAY)
  assert.equal((await sender.send(finalizeCall(block.sealedBytes))).status, 'done')
  const requests = requestsIn(splitPosted(block).steps)
  const proofs = requestProofs(requests)
  return requests.map(({ step, to, tokens }, i) => {
    return {
      number: BigInt(i),
      step,
      recipient: to,
      gross: tokens,
      siblings: proofs[i] ?? [],
      sealed: block.sealedBytes,
    }
  })
}

/** A packed transaction that no state takes. */
function noise(i: number): Uint8Array {
  return Uint8Array.from({ length: 127 }, (_, at) => (at < 7 ? 0 : i))
}

function hex(bytes: Uint8Array): Hex {
  return `0x${formatHex(bytes)}`
}
