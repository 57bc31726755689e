// What each call costs, against test/contract/gas.json and against the limits that the project set itself, and what it will cost after Ethereum's
// next fork, against test/contract/gas-amsterdam.json. Long, since it is one list of calls.
//
// TTX_UPDATE_GAS=1 rewrites the files, and deployments/gas.ts, in which the product finds the figures of today.

import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { after, afterEach, beforeEach, describe, it } from 'node:test'
import { encodeFunctionData, type Hex } from 'viem'
import { bridgeAbi } from '../../../deployments/bridge-abi.ts'
import { tokenAbi } from '../../../deployments/token-abi.ts'
import { proveRow, proveStep } from '../../../miner/watch/refutation.ts'
import { KzgPool } from '../../../node/ethereum/blobs/kzg-pool.ts'
import { refuteCall, refuteGas } from '../../../node/ethereum/calls.ts'
import { encodeRefutation } from '../../../node/ethereum/refute-call.ts'
import type { Asset } from '../../../node/protocol/asset.ts'
import { MAX_BLOB_STEPS, MAX_BLOBS } from '../../../node/protocol/blob.ts'
import { concat, encodeUint } from '../../../node/protocol/bytes.ts'
import { parseAddress, toBytes } from '../../../node/protocol/ids.ts'
import { LANE_SHARE, type Rules } from '../../../node/protocol/rules.ts'
import { ofAsset, type State, stateRoot } from '../../../node/protocol/state.ts'
import { postOf } from '../../../scripts/assure/models/blobs/right-blocks.ts'
import { pay } from '../../../scripts/assure/models/world.ts'
import { GAS_MODULE, renderGas } from '../../../scripts/make/gas.ts'
import { carry, publishBlobs, sendHead, someBlobHashes } from '../../support/contract/blob-stage.ts'
import {
  depositStep,
  enteredStep,
  largestTake,
  packedBytes,
  proofOf,
  someHash,
  type TestBlock,
  transactionStep,
  voidStep,
} from '../../support/contract/blocks.ts'
import { type Fork, type Receipt, readArtifact } from '../../support/contract/chain.ts'
import {
  contract,
  crowd,
  deepen,
  deepSwap,
  fund,
  hashes,
  payee,
  sender,
  touched,
} from '../../support/contract/deep-state.ts'
import { Fixture, HOUR, MIN_REQUEST } from '../../support/contract/fixture.ts'
import { Stage } from '../../support/contract/stage.ts'

const FILES = {
  osaka: new URL('../gas.json', import.meta.url),
  amsterdam: new URL('../gas-amsterdam.json', import.meta.url),
} as const
const UNIT = 10n ** 18n
const CODE_LIMIT = 24_576
const REPEATER = 'test/contract/harness/Repeater.sol/Repeater.json'
for (const fork of ['osaka', 'amsterdam'] as const) await measure(fork)

async function measure(fork: Fork): Promise<void> {
  const isToday = fork === 'osaka'
  const measured: Record<string, number> = {}
  const fixture = await Fixture.deploy('bridge', undefined, fork)
  const { chain, genesis } = fixture
  const start = chain.time
  let back = await chain.snapshot()

  const holder = fixture.account(5)
  /** Recipients that never held anything. */
  const stranger = (i: number) => parseAddress(`0x${someHash(i + 1_000).slice(-40)}`)
  const plain = (count: number, inputs: number) =>
    Array.from({ length: count }, (_, seed) => transactionStep({ payee: stranger(seed), inputs, seed, tokens: UNIT }))

  function note(name: string, { gasUsed }: Receipt, limit: bigint): void {
    measured[name] = Number(gasUsed)
    // What was set as a limit is in gas of today.
    assert(isToday ? gasUsed <= limit : true, `${name} costs ${gasUsed} gas, more than ${limit}`)
  }

  async function publish(
    name: string,
    parent: TestBlock,
    draft: Parameters<Fixture['draft']>[1],
    limit: bigint,
    rival = false,
  ) {
    const block = fixture.draft(parent, draft)
    note(name, await fixture.publish(parent, block, { rival }), limit)
    return block
  }

  /** A final block of 500 steps, of which the first 60 ask for wTTX: 3 of them for the holder. */
  async function payingBlock(): Promise<TestBlock> {
    const payees = Array.from({ length: 60 }, (_, i) => (i < 3 ? holder : stranger(i)))
    const requests = payees.map((payee, seed) => transactionStep({ request: true, payee, tokens: 1_000n * UNIT, seed }))
    return fixture.extendFinal(genesis, { steps: [...requests, ...plain(440, 1)] })
  }

  describe(`gas by the rules of ${fork}`, () => {
    after(() => fixture[Symbol.asyncDispose]())
    beforeEach(async () => {
      back = await chain.snapshot()
      chain.time = start + HOUR
    })
    afterEach(() => back())

    it('of publish is at most 150,000 + 9,500 for each plain step', async () => {
      for (const [count, inputs] of [
        [0, 1],
        [1, 1],
        [1, 2],
        [10, 2],
        [100, 2],
        [500, 1],
        [500, 2],
      ] as const) {
        const limit = 150_000n + 9_500n * BigInt(count)
        const again = await chain.snapshot()
        await publish(`publish, ${count} steps of ${inputs} inputs`, genesis, { steps: plain(count, inputs) }, limit)
        await again()
      }
    })

    it('of publish in blobs is at most 215,000, and 3,500 for each record of the head; the gas of the blobs apart', async () => {
      await using stage = await Stage.start('blobs', undefined, fork)
      const send = async (name: string, limit: bigint, head: Parameters<typeof sendHead>[1]) => {
        const before = await stage.snapshot()
        note(name, (await sendHead(stage, head)).receipt, limit)
        await before()
      }
      const zeros = Array.from({ length: LANE_SHARE }, () => new Uint8Array(127))
      await stage.fixture.force(zeros)
      stage.fixture.pass(HOUR / 2n)
      const voids = zeros.map((packed) => voidStep(stage.fixture.forceFee(packed), packed))
      // The harness reads the hashes from storage: 2,100 gas each, and as much for their number.
      await carry(stage, someBlobHashes(1))
      await send('publish in blobs, no records', 215_000n, { stepCount: 1 })
      await send('publish in blobs, 200 requests', 900_000n, { stepCount: 200, requests: requestRecords(200) })
      const records = requestRecords(200, toBytes(contract))
      await send('publish in blobs, 200 requests of an asset', 900_000n, { stepCount: 200, requests: records })
      await send('publish in blobs, 128 void entries', 650_000n, { stepCount: LANE_SHARE, entries: concat(...voids) })
      await carry(stage, someBlobHashes(MAX_BLOBS))
      const full = { stepCount: MAX_BLOB_STEPS, requests: requestRecords(200) }
      await send('publish in six blobs, 200 requests', 900_000n, full)
    })

    it('of a race is bounded', async () => {
      const first = await publish('publish, first', genesis, {}, 150_000n)
      const harder = (by: bigint) => ({ target: genesis.header.target - by })
      const second = await publish('publish, second sibling', genesis, harder(1n), 200_000n, true)
      await publish('publish, third sibling', genesis, harder(2n), 200_000n, true)
      note('nominate', await fixture.nominate(genesis, second), 100_000n)
      fixture.pass(HOUR)
      const child = await publish('publish, child', first, {}, 150_000n)
      note('nominate another', await fixture.nominate(genesis, child), 70_000n)
      fixture.pass(48n * HOUR)
      note('finalize in a race', await fixture.finalize(first), 100_000n)
    })

    it('of a claim is at most 100,000 for a new holder, 75,000 for another, and 40,000 each for fifty', async () => {
      const block = await payingBlock()
      const again = await chain.snapshot()
      const proofs = Array.from({ length: 50 }, (_, i) => proofOf(block, 10 + i))
      note('claimMany, 50 new holders', await fixture.claimMany(block, proofs), 50n * 40_000n)
      await again()
      note('claim, new holder', await fixture.claim(block, proofOf(block, 0)), 100_000n)
      note('claim, repeat holder', await fixture.claim(block, proofOf(block, 1)), 75_000n)
      note('claim, another new holder', await fixture.claim(block, proofOf(block, 10)), 78_000n)
    })

    it('of finality is what its miner bears: the mint', async () => {
      const request = transactionStep({ request: true, payee: holder, tokens: 1_000n * UNIT })
      const empty = await fixture.extend(genesis)
      fixture.pass(24n * HOUR)
      note('finalize, no fee', await fixture.finalize(empty), 70_000n)
      const paying = await fixture.extend(empty, { steps: [request] })
      fixture.pass(24n * HOUR)
      note('finalize, fee', await fixture.finalize(paying), 150_000n)
      const next = await fixture.extend(paying, {
        steps: [transactionStep({ request: true, payee: holder, tokens: UNIT })],
      })
      fixture.pass(24n * HOUR)
      note('finalize, fee, miner has some', await fixture.finalize(next), 85_000n)
      const other = {
        miner: fixture.account(7),
        steps: [transactionStep({ request: true, payee: holder, tokens: 2n * UNIT })],
      }
      const last = await fixture.extend(next, other)
      fixture.pass(24n * HOUR)
      note('finalize, fee, new miner', await fixture.finalize(last), 90_000n)
    })

    it('of a deposit and of a forced transaction is at most 85,000', async () => {
      const request = transactionStep({ request: true, payee: fixture.account(0), tokens: 1_000n * UNIT })
      const block = await fixture.extendFinal(genesis, {
        steps: [request, transactionStep({ request: true, payee: holder, tokens: 1_000n * UNIT })],
      })
      await fixture.claim(block, proofOf(block, 0))
      await fixture.claim(block, proofOf(block, 1))
      const deadline = chain.time + HOUR
      const permit = [UNIT, stranger(1), deadline, ...(await fixture.signPermit(UNIT, deadline))] as const
      note('depositWithPermit, first', await fixture.depositWithPermit(permit, fixture.account(0)), 130_000n)
      const next = [UNIT, stranger(1), deadline, ...(await fixture.signPermit(UNIT, deadline))] as const
      note('depositWithPermit', await fixture.depositWithPermit(next, fixture.account(0)), 115_000n)
      await fixture.approve(100n * UNIT, holder)
      note('deposit, first', await fixture.deposit(UNIT, stranger(1), holder), 85_000n)
      note('deposit', await fixture.deposit(UNIT, stranger(1), holder), 85_000n)
      note('force, 1 input', await fixture.force([packedBytes({ payee: holder })]), 85_000n)
      note('force, largest', await fixture.force([largestTake()]), 85_000n)
      note('force, too much paid', await fixture.force([packedBytes({ payee: holder })], { value: UNIT }), 85_000n)
      const ten = Array.from({ length: 10 }, (_, seed) => packedBytes({ payee: holder, seed }))
      note('force, 10', await fixture.force(ten), 10n * 85_000n)
    })

    it('of an entry of an asset is at most 85,000, and of a block that consumes them at most 8,000 for each', async () => {
      note('enter, first', await fixture.enter(UNIT, stranger(1), holder), 85_000n)
      note('enter', await fixture.enter(UNIT, stranger(1), holder), 85_000n)
      note('enter, too much paid', await fixture.enter(UNIT, stranger(1), holder, UNIT), 85_000n)
      for (let i = 3; i < LANE_SHARE; i++) await fixture.enter(UNIT, stranger(1), holder)
      const steps = Array.from({ length: LANE_SHARE }, () => enteredStep(fixture.enterFee(), UNIT, stranger(1), holder))
      await publish('publish, 128 entries of an asset', genesis, { steps }, 128n * 8_000n)
    })

    it('of an entry of the queue in a flood is below 40,000, and of a block that consumes them at most 8,000 for each', async () => {
      // What a transaction may take holds 350 of them today.
      const size = isToday ? 350 : LANE_SHARE
      const zeros = Array.from({ length: size }, () => new Uint8Array(127))
      note(`force, ${size} of zeros`, await fixture.force(zeros), 350n * 40_000n)
      fixture.pass(HOUR)
      const voids = zeros.slice(0, LANE_SHARE).map((packed) => voidStep(fixture.forceFee(packed), packed))
      await publish('publish, 128 void entries', genesis, { steps: voids }, 128n * 8_000n)
      await back()
      back = await chain.snapshot()
      const repeater = parseAddress((await chain.deploy(REPEATER, [])).toLowerCase())
      const request = transactionStep({ request: true, payee: repeater, tokens: 1_000n * UNIT })
      const base = await fixture.extendFinal(genesis, { steps: [request] })
      await fixture.claim(base, proofOf(base, 0))
      const approve = encodeFunctionData({
        abi: tokenAbi,
        functionName: 'approve',
        args: [fixture.bridge, 2n ** 256n - 1n],
      })
      await repeat(repeater, fixture.token, 1, approve)
      const deposit = encodeFunctionData({ abi: bridgeAbi, functionName: 'deposit', args: [UNIT, stranger(1)] })
      // The first one pays for the first word of the queue.
      await repeat(repeater, fixture.bridge, 1, deposit)
      note('deposit, 127 in a call', await repeat(repeater, fixture.bridge, 127, deposit), 127n * 40_000n)
      fixture.pass(HOUR)
      const deposits = Array.from({ length: LANE_SHARE }, () => depositStep(UNIT, stranger(1)))
      await publish('publish, 128 deposits', base, { steps: deposits }, 128n * 8_000n)
    })

    async function repeat(repeater: Hex, target: Hex, count: number, data: Hex): Promise<Receipt> {
      const { abi } = await readArtifact(REPEATER)
      const args = [target, BigInt(count), data]
      return await chain.send(repeater, encodeFunctionData({ abi, functionName: 'act', args }))
    }

    /** Refutes step 1 of 500, the state before which is what the block says it is. Paths have no empty siblings. */
    async function refute(
      name: string,
      limit: bigint,
      { isForced = false, ...shape }: Shape & { readonly isForced?: boolean },
    ) {
      const rules = { chain: 31_337n, bridge: fixture.bridge, token: fixture.token, minRequest: MIN_REQUEST }
      const { packed, state: before } = deepCase(rules, shape)
      if (isForced) await fixture.force([packed, packed])
      const step = isForced ? voidStep(fixture.forceFee(packed), packed) : concat(Uint8Array.of(4), packed)
      const steps = [step, step, ...Array.from({ length: 498 }, (_, seed) => transactionStep({ payee, seed }))]
      const block = await fixture.extend(genesis, { steps, states: steps.map(() => stateRoot(before)) })
      const published = { sealed: block, steps: concat(...block.steps), states: concat(...block.states.map(toBytes)) }
      const proof = proveStep(rules, { parent: genesis, block: published }, before, 1, isForced ? packed : undefined)
      const receipt = await fixture.prove(proof)
      assert.equal(fixture.events(receipt, 'BlockRefuted').length, 1)
      note(name, receipt, limit)
      const data = encodeRefutation(proof)
      const expected = refuteGas(data)
      assert.ok(receipt.gasUsed <= refuteCall(data).gas, `${name}: more than goes along before anyone estimates it`)
      assert.ok(
        !isToday || receipt.gasUsed <= expected,
        `a refutation is expected to use ${expected}, and used ${receipt.gasUsed}`,
      )
      return proof.proof.witness.length
    }

    it('of a refutation is at most 800,000 for a usual step, and 5,000,000 for the worst', async (test) => {
      const back = async () => {
        await again()
        again = await chain.snapshot()
      }
      let again = await chain.snapshot()
      await refute('refute, 2 inputs, depth 20', 800_000n, { inputs: 2, depth: 20 })
      await back()
      const worst = { inputs: 8, memo: '~'.repeat(140), depth: 159, isForced: true, asset: contract }
      const bytes = await refute('refute, worst step', 5_000_000n, worst)
      await back()
      const more = await refute('refute, worst swap', 5_000_000n, { isSwap: true, depth: 159, isForced: true })
      test.diagnostic(`the worst witness has ${bytes} bytes, of a swap ${more}`)
    })

    it('of a refutation in blobs is what it takes to open a row', async (test) => {
      await using stage = await Stage.start('blobs', undefined, fork)
      const { rules } = stage
      const pool = new KzgPool()
      test.after(() => pool.stop())
      for (const [name, shape, limit] of [
        ['refuteBlobs, 2 inputs, depth 20', { inputs: 2, depth: 20 }, 1_000_000n],
        ['refuteBlobs, worst step', { inputs: 8, depth: 159, memo: '~'.repeat(140), asset: contract }, 5_000_000n],
        ['refuteBlobs, worst swap', { isSwap: true, depth: 159 }, 5_000_000n],
      ] as const) {
        const { packed, state: before } = deepCase(rules, shape)
        const step = concat(Uint8Array.of(4), packed)
        // The state after each is called the state before it.
        const post = postOf(Array.from({ length: 3 }, () => ({ step, after: before, growth: 0 })))
        const undo = await stage.snapshot()
        const known = (await pool.hashes(post.blobs)).map((hash) => hash ?? assert.fail('not a blob'))
        const { whole } = await publishBlobs(stage, post, known)
        const open = (blobs: readonly Uint8Array[], elements: readonly number[]) => pool.openings(blobs, elements)
        const proof = await proveRow(rules, { parent: stage.tip.block, block: whole }, before, 1, open)
        const receipt = await stage.fixture.prove(proof)
        assert.equal(stage.fixture.events(receipt, 'BlockRefuted').length, 1)
        const { gas } = refuteCall(encodeRefutation(proof))
        assert.ok(receipt.gasUsed <= gas, `${name}: more than goes along before anyone estimates it`)
        test.diagnostic(
          `${name}: ${proof.proof.opening.length} bytes of openings, ${proof.proof.witness.length} of witness`,
        )
        note(name, receipt, limit)
        await undo()
      }
    })

    it('of fetching money is small', async () => {
      const block = await fixture.extend(genesis)
      fixture.pass(48n * HOUR)
      note('withdrawBond', await fixture.withdrawBond(block), 60_000n)
      note('withdraw', await fixture.withdraw(fixture.account(1)), 40_000n)
    })

    it('and the size of the code are what test/contract/gas.json says', async () => {
      for (const name of ['Bridge', 'Judge', 'Reader', 'WrappedTTX']) {
        const { deployedBytecode } = await readArtifact(`contracts/${name}.sol/${name}.json`)
        const bytes = deployedBytecode.length / 2 - 1
        measured[`bytes of ${name}`] = bytes
        assert(bytes <= CODE_LIMIT)
      }
      if (process.env['TTX_UPDATE_GAS']) {
        await writeFile(FILES[fork], `${JSON.stringify(measured, undefined, 2)}\n`)
        if (isToday) await writeFile(GAS_MODULE, renderGas(measured))
      }
      assert.deepEqual(measured, JSON.parse(await readFile(FILES[fork], 'utf8')))
      if (isToday) assert.equal(await readFile(GAS_MODULE, 'utf8'), renderGas(measured))
    })
  })
}

/** Requests as the head of a block in blobs has them, of TTX or of an asset that was entered. */
function requestRecords(count: number, asset?: Uint8Array): Uint8Array {
  const record = (step: number) => {
    const what = [toBytes(someHash(step)).subarray(12), encodeUint(10n ** 18n + BigInt(step), 16)]
    const head = concat(encodeUint(step, 2), Uint8Array.of(asset ? 2 : 0))
    return concat(head, ...what, asset ?? new Uint8Array())
  }
  return concat(...Array.from({ length: count }, (_, i) => record(i)))
}

type Shape =
  | { readonly inputs: number; readonly memo?: string; readonly depth: number; readonly asset?: Asset }
  | { readonly isSwap: true; readonly depth: number }

/** A transaction of that shape, and a state in which it is valid, whose paths have no empty siblings. */
function deepCase(rules: Rules, shape: Shape): { readonly packed: Uint8Array; readonly state: State } {
  const { depth } = shape
  if ('isSwap' in shape) return deepSwap(rules, depth)
  const { inputs, memo, asset } = shape
  const body = { to: payee, tokens: 10n ** 20n, time: 2 ** 40 - 1, prev: hashes(inputs), ...(memo ? { memo } : {}) }
  const { packed, infohash } = pay(sender, ofAsset(body, asset), rules)
  const names = touched(body.prev, infohash, asset)
  return { packed, state: deepen(crowd(fund(inputs, 10n ** 20n, asset), names, depth), names, depth) }
}
