// A block in blobs: what its miner says of it, the header that follows, and a replay that names the first thing that is wrong. Long, as all share one block.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BLOB_BYTES, elementAt, MAX_BLOB_STEPS } from '../../../../node/protocol/blob.ts'
import {
  type BlobBlock,
  blobHeadOf,
  blobRowsOf,
  postedIn,
  replayBlobs,
  splitHead,
  statedBy,
} from '../../../../node/protocol/blob-block.ts'
import { blobTraceRoot } from '../../../../node/protocol/blob-hash.ts'
import { readRow } from '../../../../node/protocol/blob-row.ts'
import { assembleBlock, deriveHeader, type Verdict } from '../../../../node/protocol/block.ts'
import { concat, encodeUint } from '../../../../node/protocol/bytes.ts'
import { keccak } from '../../../../node/protocol/hash.ts'
import { decodeSealed, encodeSealed } from '../../../../node/protocol/header.ts'
import { type Hash, toBytes, toHash } from '../../../../node/protocol/ids.ts'
import { replay } from '../../../../node/protocol/replay.ts'
import { stateRoot } from '../../../../node/protocol/state.ts'
import { encodeStep } from '../../../../node/protocol/step.ts'
import { entries as entriesIn } from '../../../../node/protocol/tree.ts'
import { toGwei } from '../../../../node/protocol/units.ts'
import { RULES, randomOf } from '../../../../scripts/assure/models/world.ts'
import { AT, applyAll, blockOf, bob, type Changes, parent, readerOf, stepsOfScene, TARGET } from './blob-scene.ts'

const seed = Number(process.env['FUZZ_SEED'] ?? 1)
const { steps, queue } = stepsOfScene()
const applied = applyAll(steps)
const right = blockOf(applied)
const COUNT = steps.length
const judge = (block: BlobBlock, entries = queue): Verdict => replayBlobs(RULES, parent, block, readerOf(entries))
const beginOf = (index: number) => readRow(right.blobs, COUNT, index).begin
const last = applied.at(-1)?.after

/** Byte `at` of what counts of the elements from `element` on, changed by its lowest bit. */
function flipAt(element: number, at: number): Changes {
  const [place, byte] = [element + Math.floor(at / 31), 1 + (at % 31)]
  return { byte: [place, byte, (elementAt(right.blobs, place)[byte] ?? 0) ^ 1] }
}

function setAt(element: number, at: number, value: number): Changes {
  return { byte: [element + Math.floor(at / 31), 1 + (at % 31), value] }
}

/** That the replay stops at this step for this reason, and tells what is stated there. */
function assertWrong(block: BlobBlock, step: number, problem: string, expected?: Hash): void {
  const { state: stated } = statedBy(block.sealed.header, readRow(block.blobs, COUNT, step))
  const told = expected === undefined ? {} : { expected }
  assert.deepEqual(judge(block), { verdict: 'invalid', step, problem, stated, ...told })
  assert.deepEqual(replay(RULES, parent, block, readerOf(queue)), judge(block))
}

describe('a right block in blobs', () => {
  it('is found right, and leads to the state after its last step', () => {
    const verdict = judge(right)
    assert.deepEqual(verdict, { verdict: 'valid', state: last })
    assert.equal(stateRoot(last), right.sealed.header.state)
    assert.deepEqual(replay(RULES, parent, right, readerOf(queue)), verdict)
  })

  it('counts in its rows its requests, and the entries that the state has more', () => {
    const atFirst = [...entriesIn(parent.state)].length
    const rows = blobRowsOf(applied)
    for (const [i, { state, requests, growth }] of rows.entries()) {
      const after = applied[i]?.after
      assert.equal(state, stateRoot(after))
      assert.equal(growth, [...entriesIn(after)].length - atFirst)
      assert.equal(requests, i < AT.request ? 0 : i < AT.ask ? 1 : 2)
    }
    // Each sign is among them, and so is none.
    assert.deepEqual([...new Set(applied.map(({ growth }) => Math.sign(growth)))].sort(), [-1, 0, 1])
    assert.equal(right.sealed.header.growth, rows.at(-1)?.growth)
  })

  it('says of forced transactions the hash, whether they take effect or not', () => {
    const { entries, requests } = splitHead(right)
    const forced = queue.flatMap((entry) => (entry.kind === 'forced' ? [entry] : []))
    const short = forced.map(({ fee, packed }) => {
      return encodeStep({ kind: 'void', fee, packedHash: toHash(keccak(packed)) })
    })
    assert.deepEqual(entries, [steps[AT.deposit], ...short])
    assert.deepEqual(
      entries.map(({ length }) => length),
      [37, 41, 41, 41],
    )
    assert.deepEqual(requests, [
      { step: AT.request, to: bob.address, tokens: 200n },
      { step: AT.ask, to: bob.address, tokens: 300n },
    ])
    const record = concat(encodeUint(AT.request, 2), Uint8Array.of(0), toBytes(bob.address), encodeUint(200n, 16))
    assert.deepEqual(right.requests.subarray(0, 39), record)
  })

  it('has the header of the same block in calldata, but for what names the rows, and the growth', () => {
    const states = applied.map(({ after }) => stateRoot(after))
    const { traceRoot, growth, ...same } = deriveHeader(RULES, parent, TARGET, steps, states)
    const { traceRoot: own, growth: grown, ...told } = right.sealed.header
    assert.deepEqual(told, same)
    assert.deepEqual([growth, grown, own], [0, blobRowsOf(applied).at(-1)?.growth, blobTraceRoot(right.hashes)])
    assert.notEqual(own, traceRoot)
    assert.deepEqual(decodeSealed(encodeSealed(right.sealed)), right.sealed)
  })

  it('gives back its steps and states, as calldata would have them', () => {
    const { block } = assembleBlock(RULES, parent, TARGET, applied)
    assert.deepEqual(postedIn(right), block)
  })

  it('may have one step only, of which all that is stated is in the header', () => {
    const block = blockOf(applied.slice(0, 1))
    assert.deepEqual(judge(block), { verdict: 'valid', state: applied[0]?.after })
    assert.deepEqual(postedIn(block), { steps: steps[0], states: toBytes(stateRoot(applied[0]?.after)) })
  })

  it('is the same whatever is in the bytes that do not count', () => {
    const behind = readRow(right.blobs, COUNT, AT.last).end
    for (const [element, byte] of [
      [0, 0],
      [1, 8],
      [1, 31],
      [2 * COUNT - 2, 1],
      [2 * COUNT - 1, 5],
      [behind, 1],
      [beginOf(AT.applied) - 1, 31],
    ] as const) {
      assert.equal(judge(blockOf(applied, { byte: [element, byte, 0x73] })).verdict, 'valid', `${element}, ${byte}`)
    }
  })

  it('is unknown, and never wrong, where the forced transaction of a void step is not known, or is another one', () => {
    const [deposit, ...forced] = queue
    assert(deposit)
    const place = {
      verdict: 'unknown',
      step: AT.void,
      why: 'entry 7 of the lane of forced is not known here, or is another one',
    }
    assert.deepEqual(judge(right, [deposit, ...forced.slice(0, 2)]), place)
    assert.deepEqual(judge(right, [deposit, ...forced.slice(0, 2), ...forced.slice(0, 1)]), place)
    // Of the others, which are in the rows whole, no entry is asked for.
    const blanks = [0, 1].map(() => ({ kind: 'forced', fee: toGwei(0n), packed: new Uint8Array() }) as const)
    assert.equal(judge(right, [...blanks, ...forced.slice(2)]).verdict, 'valid')
  })
})

describe('one changed byte of a block in blobs', () => {
  it('of a first byte takes the shape away: Malformed', () => {
    for (const index of Object.values(AT)) {
      assertWrong(blockOf(applied, setAt(beginOf(index), 0, 0)), index, 'Malformed')
    }
    // Of a take, bits 2 and 4 to 6 are zero.
    for (const flags of [0x84, 0x90, 0xa0, 0xc0])
      assertWrong(blockOf(applied, setAt(beginOf(AT.payment), 1, flags)), AT.payment, 'Malformed')
    assertWrong(blockOf(applied, setAt(beginOf(AT.payment), 2, 141)), AT.payment, 'Malformed')
  })

  it('of an end makes the step end elsewhere: WrongEnd', () => {
    for (let index = 0; index < COUNT - 1; index++) {
      for (const at of [32, 33]) assertWrong(blockOf(applied, flipAt(2 * index, at)), index, 'WrongEnd')
    }
    // The length of a memo is part of the size.
    assertWrong(blockOf(applied, setAt(beginOf(AT.memo), 2, 100)), AT.memo, 'WrongEnd')
  })

  it('of the size of the last step does not make it end elsewhere: its end is not asked for', () => {
    assertWrong(blockOf(applied, setAt(beginOf(AT.last), 2, 100)), AT.last, 'BadMemo')
  })

  it('of a step of the queue makes it another than waits there: WrongEntry', () => {
    for (const [index, places] of [
      // Gross amount and recipient; fee and transaction; fee and hash.
      [AT.deposit, [16, 36]],
      [AT.applied, [8, 9 + 91, 9 + 120]],
      [AT.request, [8, 9 + 7]],
      [AT.void, [8, 9, 40]],
    ] as const) {
      for (const at of places) assertWrong(blockOf(applied, flipAt(beginOf(index), at)), index, 'WrongEntry')
    }
    // A step of the queue behind those that the head says: the last one may have any size.
    for (const kind of [1, 3]) assertWrong(blockOf(applied, setAt(beginOf(AT.last), 0, kind)), AT.last, 'WrongEntry')
  })

  it('of a count makes it count its requests otherwise: WrongRequests', () => {
    for (let index = 0; index < COUNT - 1; index++) {
      for (const at of [34, 35]) assertWrong(blockOf(applied, flipAt(2 * index, at)), index, 'WrongRequests')
    }
    // The flag of a request: a step that did not ask does now, and one that did does not.
    assertWrong(blockOf(applied, flag(AT.payment, true)), AT.payment, 'WrongRequests')
    assertWrong(blockOf(applied, flag(AT.ask, false)), AT.ask, 'WrongRequests')
  })

  it('of the recipient or the amount of a request makes it another than the head has: OtherRequest', () => {
    for (const at of [1 + 71, 1 + 90, 1 + 106]) {
      assertWrong(blockOf(applied, flipAt(beginOf(AT.ask), at)), AT.ask, 'OtherRequest')
    }
    for (const at of [1, 3, 22, 38, 40, 42, 77]) {
      const head = { entries: right.entries, requests: right.requests.with(at, (right.requests[at] ?? 0) ^ 1) }
      assertWrong(blockOf(applied, { head }), at < 39 ? AT.request : AT.ask, 'OtherRequest')
    }
  })

  it('of a growth makes it count the entries of the state otherwise: WrongGrowth', () => {
    for (let index = 0; index < COUNT - 1; index++) {
      for (const at of [36, 37]) assertWrong(blockOf(applied, flipAt(2 * index, at)), index, 'WrongGrowth')
    }
    for (const by of [1, -1, 1_000]) {
      const growth = right.sealed.header.growth + by
      assertWrong(blockOf(applied, { growth }), AT.last, 'WrongGrowth')
    }
  })

  it('of a state makes it lead elsewhere: WrongState', () => {
    for (let index = 0; index < COUNT - 1; index++) {
      for (const at of [0, 30, 31]) {
        assertWrong(blockOf(applied, flipAt(2 * index, at)), index, 'WrongState', stateRoot(applied[index]?.after))
      }
    }
    const state = toHash(toBytes(stateRoot(last)).with(31, 0))
    assertWrong(blockOf(applied, { state }), AT.last, 'WrongState', stateRoot(last))
  })

  it('of a transaction makes the step invalid, by its own reason', () => {
    const payment = beginOf(AT.payment)
    // `s` above half of the order; the memo; the tokens, by which somebody else has signed; and a payee that is nobody's.
    assertWrong(blockOf(applied, setAt(payment, 1 + 39, 0xff)), AT.payment, 'BadSignature')
    assertWrong(blockOf(applied, setAt(beginOf(AT.memo), 1 + 127, 0x22)), AT.memo, 'BadMemo')
    assertWrong(blockOf(applied, flipAt(payment, 1 + 106)), AT.payment, 'MissingInput')
    assertWrong(blockOf(applied, flipAt(payment, 1 + 107)), AT.payment, 'MissingInput')
  })
})

describe('a block in blobs that is wrong in more than a byte', () => {
  it('calls a forced transaction void that takes effect: WrongVoid', () => {
    const [entry, forced] = queue
    assert(entry && forced?.kind === 'forced')
    const step = encodeStep({ kind: 'void', fee: forced.fee, packedHash: toHash(keccak(forced.packed)) })
    const rows = applyAll([steps[AT.deposit] ?? step, step])
    const block = blockOf(rows)
    const stated = stateRoot(rows[1]?.after)
    assert.deepEqual(judge(block), { verdict: 'invalid', step: 1, problem: 'WrongVoid', stated })
    assert.equal(judge(block, [entry]).verdict, 'unknown')
  })

  it('calls a forced transaction applied that has no effect, with the head of a right one', () => {
    const forced = queue.at(-1)
    assert(forced?.kind === 'forced')
    const step = encodeStep({ ...forced, kind: 'applied' })
    const lie = applyAll(steps.with(AT.void, step))
    assert.deepEqual(blobHeadOf(lie.map((each) => each.step)), blobHeadOf(steps))
    const verdict = judge(blockOf(lie))
    assert(verdict.verdict === 'invalid')
    assert.deepEqual([verdict.step, verdict.problem], [AT.void, 'MissingInput'])
  })

  it('has fewer or more entries of the queue in its head than steps that consume them: WrongEntry', () => {
    const { entries } = splitHead(right)
    const fewer = { entries: concat(...entries.slice(0, -1)), requests: right.requests }
    assertWrong(blockOf(applied, { head: fewer }), AT.void, 'WrongEntry')
    const more = { entries: concat(...entries, ...entries.slice(-1)), requests: right.requests }
    assertWrong(blockOf(applied, { head: more }), AT.payment, 'WrongEntry')
  })

  it('has fewer or more requests in its head than steps that ask: WrongRequests', () => {
    const { entries, requests } = right
    // The second request is above the count of the header, whatever its own entry says.
    assertWrong(blockOf(applied, { head: { entries, requests: requests.slice(0, 39) } }), AT.ask, 'WrongRequests')
    const more = { entries, requests: concat(requests, requests.slice(0, 39)) }
    assertWrong(blockOf(applied, { head: more }), AT.last, 'WrongRequests')
  })

  it('is wrong by its first wrong row, whatever follows', () => {
    const { byte } = setAt(beginOf(AT.request), 0, 0)
    const block = blockOf(applied, { ...(byte ? { byte } : {}), growth: 0 })
    assertWrong(block, AT.request, 'Malformed')
  })

  it('is judged whatever is in its blobs: nothing is thrown', () => {
    const random = randomOf(seed)
    const any = (most: number) => Math.floor(random() * most)
    for (let run = 0; run < 40; run++) {
      const kinds = run % 2 === 0 ? 7 : 256
      const blobs = Array.from({ length: any(3) }, () => new Uint8Array(BLOB_BYTES).map(() => any(kinds)))
      const stepCount = 1 + any(MAX_BLOB_STEPS)
      const sealed = { ...right.sealed, header: { ...right.sealed.header, stepCount } }
      const verdict = judge({ ...right, sealed, blobs })
      assert.equal(verdict.verdict, 'invalid')
    }
    // Right bytes here and there, so that it gets further than the first row.
    for (let run = 0; run < 400; run++) {
      const element = any(readRow(right.blobs, COUNT, AT.last).end)
      const verdict = judge(blockOf(applied, { byte: [element, any(32), any(256)] }))
      assert(['valid', 'invalid'].includes(verdict.verdict))
    }
    assert.deepEqual(judge({ ...right, blobs: [] }).verdict, 'invalid')
    assert.deepEqual(judge({ ...right, blobs: [new Uint8Array()] }).verdict, 'invalid')
  })
})

/** Bit 4 of the flags of a transaction, by which it asks. */
function flag(index: number, asks: boolean): Changes {
  const flags = elementAt(right.blobs, beginOf(index))[2] ?? 0
  return setAt(beginOf(index), 1, asks ? flags | 0x10 : flags & ~0x10)
}
