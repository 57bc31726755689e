// Lies in the entries of the rows.

import { BLOB_ELEMENTS } from '../../../../../node/protocol/blob.ts'
import { concat, encodeUint } from '../../../../../node/protocol/bytes.ts'
import { toBytes, toHash, ZERO_HASH } from '../../../../../node/protocol/ids.ts'
import { outputsOf } from '../../../../../node/protocol/state.ts'
import { forge } from '../../../../devnet/drill/forge.ts'
import { flipBit } from '../../step-cases.ts'
import { postOf } from '../right-blocks.ts'
import { below, type Lies, tell, twoOf, withBytes, withEntry, withRows } from './change.ts'

/** Bytes of the two elements of an entry, and where in them the end is: behind a byte that does not count, 31 of the state, another that does not count and 1 of the state. */
const ENTRY = 64
const END = 34

export const ENTRY_LIES: Lies = {
  'a state changed': (right) =>
    withEntry(right, ({ state }, world) => ({ state: toHash(flipBit(world, toBytes(state))) })),
  'a state of zero': (right) => withEntry(right, () => ({ state: ZERO_HASH })),
  'requests of a row changed': (right) =>
    withEntry(right, ({ requests }, world) => ({ requests: requests + world.pick([1, -1, 255, 40, 500]) })),
  'growth of a row changed': (right) =>
    withEntry(right, ({ growth }, world) => ({ growth: growth + world.pick([1, -1, 256, 32_768]) })),
  'growth changed from a row on': (right) =>
    withRows(right, (rows, world) => {
      const from = below(world, rows.length)
      return rows.map((row, i) => (i < from ? row : { ...row, growth: row.growth + 1 }))
    }),
  'requests changed from a row on': (right) =>
    withRows(right, (rows, world) => {
      const from = below(world, rows.length)
      return rows.map((row, i) => (i < from ? row : { ...row, requests: row.requests + 1 }))
    }),
  'entries shifted': (right) =>
    withBytes(right, (bytes, world, stepCount) => {
      if (stepCount < 3) return false
      const at = ENTRY * below(world, stepCount - 2)
      bytes.copyWithin(at, at + ENTRY, ENTRY * (stepCount - 1))
      return true
    }),
  'two entries exchanged': (right) =>
    withBytes(right, (bytes, world, stepCount) => {
      if (stepCount < 3) return false
      const [a, b] = twoOf(world, stepCount - 1)
      const first = bytes.slice(ENTRY * a, ENTRY * (a + 1))
      bytes.copyWithin(ENTRY * a, ENTRY * b, ENTRY * (b + 1))
      bytes.set(first, ENTRY * b)
      return true
    }),
  'an end moved': (right) =>
    withBytes(right, (bytes, world, stepCount) => {
      if (stepCount < 2) return false
      const at = ENTRY * below(world, stepCount - 1) + END
      const end = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
      const other = world.pick([end + 1, end - 1, 0, 2 * stepCount, below(world, 65_536), BLOB_ELEMENTS, 65_535])
      bytes.set(encodeUint(other & 0xffff, 2), at)
      return true
    }),
  'a gap behind a step': (right) =>
    withRows(right, (rows, world) => {
      // The writer knows nothing of steps: it gives this one an element more, and says that it ends there.
      const at = below(world, rows.length)
      const row = rows[at]
      return row && rows.with(at, { ...row, step: concat(row.step, new Uint8Array(31)) })
    }),
  'money from nowhere, spent on': (right) => {
    const { steps, scene } = right
    const { world } = scene
    const at = below(world, steps.length)
    const row = steps[at]
    const [first] = row ? outputsOf(row.after) : []
    if (row === undefined || first === undefined) return undefined
    const output = world.pick(outputsOf(row.after))
    const names = world.pick([[output], [{ owner: output.owner }], [output, { owner: output.owner }]])
    const after = names.reduce((state, name) => forge(state, name, 1n + BigInt(below(world, 1_000))), row.after)
    const rest = tell(
      right,
      steps.map(({ step }) => step),
      at + 1,
      after,
    )
    return postOf([...steps.slice(0, at), { ...row, after }, ...rest])
  },
}
