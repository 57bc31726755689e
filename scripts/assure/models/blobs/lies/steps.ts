// Lies in the steps of the rows, told as an honest miner would tell the truth, or with the rest as it was.

import { concat, encodeUint } from '../../../../../node/protocol/bytes.ts'
import { keccak } from '../../../../../node/protocol/hash.ts'
import { toBytes } from '../../../../../node/protocol/ids.ts'
import { outputsOf } from '../../../../../node/protocol/state.ts'
import { encodeStep } from '../../../../../node/protocol/step.ts'
import { toGwei } from '../../../../../node/protocol/units.ts'
import { flipBit } from '../../step-cases.ts'
import { pay, type World } from '../../world.ts'
import { below, type Lies, retold, retoldStep, twoOf, withRow, withRows } from './change.ts'

const [DEPOSIT, APPLIED, VOID, TRANSACTION, ENTERED] = [1, 2, 3, 4, 5] as const
const isOfQueue = (step: Uint8Array | undefined): step is Uint8Array => step !== undefined && step[0] !== TRANSACTION

export const STEP_LIES: Lies = {
  'a bit of a step changed': (right) => withRow(right, ({ step }, world) => ({ step: flipBit(world, step) })),
  'a bit of a step changed, and all that follows': (right) =>
    retoldStep(right, [APPLIED, TRANSACTION], (step, world) => flipBit(world, step, 1)),
  'a bit of the flags of a step changed': (right) =>
    withRow(right, ({ step }, world) => ({ step: flipBit(world, step, 0, 11) })),
  'a step of no kind': (right) =>
    withRow(right, ({ step }, world) => ({ step: concat(Uint8Array.of(world.pick([0, 6, 7, 255])), step.slice(1)) })),
  'a step without bytes': (right) => withRow(right, () => ({ step: new Uint8Array() })),
  'two steps exchanged': (right) =>
    withRows(right, (rows, world) => {
      if (rows.length < 2) return undefined
      const [a, b] = twoOf(world, rows.length)
      const [first, second] = [rows[a], rows[b]]
      return first && second && rows.with(a, { ...first, step: second.step }).with(b, { ...second, step: first.step })
    }),
  'a step again': (right) => retold(right, (steps, world) => [...steps, world.pick(steps)]),
  'a plain step before those of the queue': (right) =>
    retold(right, (steps) => {
      const at = steps.findIndex((step) => !isOfQueue(step))
      const step = steps[at]
      return at > 0 && step ? [step, ...steps.toSpliced(at, 1)] : undefined
    }),
  'a plain step among those of the queue': (right) =>
    retold(right, (steps) => {
      const at = steps.findIndex((step) => !isOfQueue(step))
      const step = steps[at]
      return at > 1 && step ? [...steps.slice(0, 1), step, ...steps.slice(1).toSpliced(at - 1, 1)] : undefined
    }),
  'a step of the queue behind': (right) =>
    retold(right, (steps) => (isOfQueue(steps[0]) ? [...steps.slice(1), steps[0]] : undefined)),
  'a step of the queue left out': (right) =>
    retold(right, (steps) => (isOfQueue(steps[0]) ? steps.slice(1) : undefined)),
  'a step of the queue left out of the rows': (right) =>
    withRows(right, (rows) => (isOfQueue(rows[0]?.step) && rows.length > 1 ? rows.slice(1) : undefined)),
  'a deposit that nobody made': (right) =>
    retold(right, (steps, world) => {
      const to = toBytes(world.pick(world.accounts).address)
      return [...steps, concat(Uint8Array.of(DEPOSIT), encodeUint(10n ** 20n, 16), to)]
    }),
  'a deposit that nobody made, in the rows alone': (right) =>
    withRow(right, (_, world) => {
      const to = toBytes(world.pick(world.accounts).address)
      return { step: concat(Uint8Array.of(DEPOSIT), encodeUint(10n ** 20n, 16), to) }
    }),
  'an entry of an asset that nobody made': (right) =>
    retold(right, (steps, world) => {
      const at = steps.findIndex((step) => step[0] !== DEPOSIT && step[0] !== ENTERED)
      return steps.toSpliced(at < 0 ? steps.length : at, 0, entryOfNobody(world))
    }),
  'an entry of an asset that nobody made, in the rows alone': (right) =>
    withRow(right, (_, world) => ({ step: entryOfNobody(world) })),
  'another fee of an entry of an asset': (right) => rowOfKind(right, ENTERED, flippedAt(8)),
  'another amount of an entry of an asset': (right) => rowOfKind(right, ENTERED, flippedAt(24)),
  'another recipient of an entry of an asset': (right) => rowOfKind(right, ENTERED, flippedAt(44)),
  'another asset of an entry': (right) => rowOfKind(right, ENTERED, flipLast),
  'an entry of an asset called a deposit': (right) =>
    rowOfKind(right, ENTERED, (step) => concat(Uint8Array.of(DEPOSIT), step.slice(9, 45))),
  'a deposit called an entry of an asset': (right) =>
    rowOfKind(right, DEPOSIT, (step) =>
      concat(Uint8Array.of(ENTERED), new Uint8Array(8), step.slice(1), step.slice(17)),
    ),
  'a transfer called an issuance': (right) => withFlag(right, 0x40),
  'another asset moved than the signed one': (right) =>
    withRows(right, (rows, world) => {
      const places = rows.flatMap(({ step }, i) =>
        step[0] === TRANSACTION && ((step[1] ?? 0) & 0x20) !== 0 ? [i] : [],
      )
      const at = places.length === 0 ? -1 : world.pick(places)
      const row = rows[at]
      return row && rows.with(at, { ...row, step: flipBit(world, row.step, 109, 129) })
    }),
  'another amount of a deposit': (right) =>
    rowOfKind(right, DEPOSIT, (step) => concat(step.slice(0, 16), flipLast(step.slice(16, 17)), step.slice(17))),
  'another recipient of a deposit': (right) => rowOfKind(right, DEPOSIT, flipLast),
  'another fee of an applied transaction': (right) =>
    rowOfKind(right, APPLIED, (step) => concat(step.slice(0, 8), flipLast(step.slice(8, 9)), step.slice(9))),
  'another void transaction': (right) => rowOfKind(right, VOID, flipLast),
  'a deposit in the place of a forced transaction': (right) =>
    rowOfKind(right, VOID, (step) => concat(Uint8Array.of(DEPOSIT), step.slice(1, 37))),
  'a forced transaction in the place of a deposit': (right) =>
    rowOfKind(right, DEPOSIT, (step) => concat(Uint8Array.of(VOID), new Uint8Array(8), keccak(step))),
  'a plain transaction in the place of a forced one': (right) =>
    rowOfKind(right, APPLIED, (step) => concat(Uint8Array.of(TRANSACTION), step.slice(9))),
  'applied called void': (right) =>
    retoldStep(right, [APPLIED], (step) => concat(Uint8Array.of(VOID), step.slice(1, 9), keccak(step.slice(9)))),
  'void called applied': (right) =>
    retoldStep(right, [VOID], (step, _, at) => {
      const packed = right.forced[at]
      return packed && concat(Uint8Array.of(APPLIED), step.slice(1, 9), packed)
    }),
  'a theft': (right) =>
    retold(right, (steps, world) => {
      const outputs = outputsOf(right.scene.parent.state)
      if (outputs.length === 0) return undefined
      const { infohash } = world.pick(outputs)
      // Nobody who has something of that transaction as well.
      const owners = new Set(outputs.filter((each) => each.infohash === infohash).map((each) => each.owner))
      const thieves = world.accounts.filter(({ address }) => !owners.has(address))
      if (thieves.length === 0) return undefined
      const thief = world.pick(thieves)
      const body = { to: thief.address, tokens: 1n + BigInt(below(world, 1_000)), time: 1, prev: [infohash] }
      return [...steps, encodeStep({ kind: 'transaction', packed: pay(thief, body, world.rules).packed })]
    }),
}

function entryOfNobody(world: World): Uint8Array {
  const [to, asset] = [world.pick(world.accounts).address, world.contract()]
  const entry = { kind: 'entered', fee: toGwei(7n), amount: 10n ** 20n, to, asset } as const
  return encodeStep({ kind: 'entered', entry })
}

/** A transfer of TTX gets a flag more, which makes it another transaction. */
function withFlag(right: Parameters<typeof withRows>[0], flag: number) {
  return withRows(right, (rows, world) => {
    const places = rows.flatMap(({ step }, i) => (step[0] === TRANSACTION && (step[1] ?? 0) < 0x10 ? [i] : []))
    const at = places.length === 0 ? -1 : world.pick(places)
    const row = rows[at]
    return row && rows.with(at, { ...row, step: row.step.with(1, (row.step[1] ?? 0) | flag) })
  })
}

/** With one bit of byte `at` turned over. */
function flippedAt(at: number) {
  return (step: Uint8Array) => concat(flipLast(step.slice(0, at + 1)), step.slice(at + 1))
}

/** Changes a row of a kind in the blobs alone, if there is any. */
function rowOfKind(right: Parameters<typeof withRows>[0], kind: number, change: (step: Uint8Array) => Uint8Array) {
  return withRows(right, (rows, world) => {
    const places = rows.flatMap(({ step }, i) => (step[0] === kind ? [i] : []))
    if (places.length === 0) return undefined
    const at = world.pick(places)
    const row = rows[at]
    return row && rows.with(at, { ...row, step: change(row.step) })
  })
}

function flipLast(bytes: Uint8Array): Uint8Array {
  return concat(bytes.slice(0, -1), Uint8Array.of((bytes.at(-1) ?? 0) ^ 1))
}
