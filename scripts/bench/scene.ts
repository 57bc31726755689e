// What blocks of the benches are made of: a state of many outputs, and payments that spend them, a tenth of which are requests.

import type { Policy } from '../../miner/assemble.ts'
import type { Candidate } from '../../miner/ranking.ts'
import { MAX_BLOB_STEPS } from '../../node/protocol/blob.ts'
import type { ParentBlock } from '../../node/protocol/block.ts'
import { encodeUint } from '../../node/protocol/bytes.ts'
import { genesisBlock, type SealedHeader } from '../../node/protocol/header.ts'
import { toHash, toInfohash, ZERO_HASH } from '../../node/protocol/ids.ts'
import { UNIT } from '../../node/protocol/rules.ts'
import { stateOf, stateRoot } from '../../node/protocol/state.ts'
import { toGasPrice } from '../../node/protocol/units.ts'
import { type VerifiedTransaction, verifyPacked } from '../../node/protocol/verify.ts'
import { accountOf, pay, RULES } from '../assure/models/world.ts'

export const OUTPUTS = 20_000
const BLOB_CANDIDATES = 4_000
const OWNERS = 50

export const policy: Policy = {
  weiPerTtx: 10n ** 15n,
  gasPrice: toGasPrice(10n ** 9n),
  marginPercent: 10n,
  blobGasPrice: toGasPrice(1n),
  extraGas: 260_000n,
  unpaidSteps: MAX_BLOB_STEPS,
}

/** A block with `OUTPUTS` outputs, and `BLOB_CANDIDATES` payments of one input each on it. */
export function scene(): { readonly parent: ParentBlock; readonly candidates: readonly Candidate[] } {
  const owners = Array.from({ length: OWNERS }, (_, i) => accountOf(`bench ${i}`))
  const outputs = Array.from({ length: OUTPUTS }, (_, i) => ({
    infohash: toInfohash(encodeUint(i + 1, 20)),
    account: owners[i % OWNERS] ?? accountOf('bench'),
    value: 10_000n * UNIT,
  }))
  const state = stateOf(outputs.map(({ infohash, account, value }) => ({ infohash, owner: account.address, value })))
  const { header } = genesisBlock({
    ...RULES,
    easiestTarget: 2n ** 216n,
    state: stateRoot(state),
  })
  const candidates = outputs.slice(0, BLOB_CANDIDATES).map(({ infohash, account }, i): Candidate => {
    const isRequest = i % 10 === 0
    const bridge = isRequest ? { bridge: { chain: RULES.chain, to: account.address } } : {}
    const to = isRequest ? RULES.bridge : accountOf(`payee ${i % 7}`).address
    const tx = pay(account, { to, tokens: 1_000n * UNIT + BigInt(i), time: i, prev: [infohash], ...bridge })
    const asked = isRequest ? { request: tx.tx.tokens } : {}
    return { infohash: tx.infohash, packed: tx.packed, after: [], coinAge: BigInt(i), firstSeen: i, ...asked }
  })
  return { parent: { id: toHash(encodeUint(1, 32)), header, state }, candidates }
}

export function check({ packed }: Candidate): VerifiedTransaction | undefined {
  const judged = verifyPacked(RULES, packed)
  return typeof judged === 'string' ? undefined : judged
}

/** A header as if it had been found. */
export function sealed(header: SealedHeader['header']): SealedHeader {
  return { header, seal: { miner: RULES.bridge, nonce: ZERO_HASH } }
}

/** Milliseconds of this thread's own time, since others work on the machine too. */
export async function cpuMs(work: () => unknown): Promise<number> {
  const before = process.threadCpuUsage()
  await work()
  return milliseconds(process.threadCpuUsage(before))
}

/** The same of the longest time for which nothing else in this thread had a turn. */
export async function longestTurnMs(work: () => unknown): Promise<number> {
  let [longest, last, isOver] = [0, process.threadCpuUsage(), false]
  const look = () => {
    longest = Math.max(longest, milliseconds(process.threadCpuUsage(last)))
    last = process.threadCpuUsage()
  }
  const beat = () => {
    look()
    if (!isOver) setImmediate(beat)
  }
  setImmediate(beat)
  await work()
  isOver = true
  look()
  return longest
}

function milliseconds({ user, system }: NodeJS.CpuUsage): number {
  return (user + system) / 1_000
}
