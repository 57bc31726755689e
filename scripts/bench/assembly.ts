// How long a miner needs for a full block: checking signatures, choosing 500 steps, and hashing states and trace; the same of 3,500 steps in blobs.

import { chooseSteps, type Policy } from '../../miner/assemble.ts'
import { planBlock, postCalldata, postContent } from '../../miner/plan.ts'
import type { Candidate } from '../../miner/ranking.ts'
import type { Rows } from '../../miner/rows.ts'
import { KzgPool } from '../../node/ethereum/blobs/kzg-pool.ts'
import { MAX_BLOB_STEPS, writeBlobs } from '../../node/protocol/blob.ts'
import { blobRowsOf } from '../../node/protocol/blob-block.ts'
import type { ParentBlock } from '../../node/protocol/block.ts'
import { encodeUint } from '../../node/protocol/bytes.ts'
import { genesisBlock } from '../../node/protocol/header.ts'
import { toHash, toInfohash } from '../../node/protocol/ids.ts'
import { STEP_LIMIT, UNIT } from '../../node/protocol/rules.ts'
import { stateOf, stateRoot } from '../../node/protocol/state.ts'
import { toGasPrice } from '../../node/protocol/units.ts'
import { type VerifiedTransaction, verifyPacked } from '../../node/protocol/verify.ts'
import { accountOf, pay, RULES } from '../assure/models/world.ts'
import type { Bench } from './measure.ts'

const OUTPUTS = 20_000
const CANDIDATES = 600
const BLOB_CANDIDATES = 4_000
const OWNERS = 50
const policy: Policy = {
  weiPerTtx: 10n ** 15n,
  gasPrice: toGasPrice(10n ** 9n),
  marginPercent: 10n,
  blobGasPrice: toGasPrice(1n),
  extraGas: 260_000n,
  unpaidSteps: MAX_BLOB_STEPS,
}

export const bench: Bench = {
  name: 'assembly',
  title: `a block of ${STEP_LIMIT} steps from ${CANDIDATES} candidates on a state of ${OUTPUTS.toLocaleString('en')} outputs`,
  unit: 'ms',
  rounds: 5,
  limits: [],
  prepare: () => {
    const { parent, candidates } = scene()
    const few = candidates.slice(0, CANDIDATES)
    const verified = new Map(candidates.map((candidate) => [candidate.infohash, check(candidate)]))
    const verify = ({ infohash }: Candidate) => verified.get(infohash)
    const choose = (rows: Rows, isKnown = true) =>
      chooseSteps(
        RULES,
        parent,
        {
          queue: [],
          candidates: rows === 'blobs' ? candidates : few,
          verify: isKnown ? verify : check,
        },
        policy,
        rows,
      )
    const target = 2n ** 216n
    const whole = (isKnown: boolean) => {
      const content = choose('calldata', isKnown)
      planBlock(RULES, parent, content, postCalldata(content), target, RULES.bridge)
    }
    const kzg = new KzgPool()
    return {
      cases: [
        { name: 'all, signatures known', run: () => timed(() => whole(true)) },
        { name: 'all, signatures new', run: () => timed(() => whole(false)) },
        { name: 'choosing, signatures known', run: () => timed(() => choose('calldata')) },
        {
          // What a mere change of the target costs, too.
          name: 'block of steps chosen and hashed before',
          run: () => {
            const content = choose('calldata')
            const body = postCalldata(content)
            return timed(() => planBlock(RULES, parent, content, body, target + 1n, RULES.bridge))
          },
        },
        {
          name: `${MAX_BLOB_STEPS} signatures`,
          run: () => timed(() => candidates.slice(0, MAX_BLOB_STEPS).map(check)),
        },
        { name: `choosing ${MAX_BLOB_STEPS} steps, signatures known`, run: () => timed(() => choose('blobs')) },
        {
          name: `states after ${MAX_BLOB_STEPS} steps, and blobs of them`,
          run: () => {
            const { steps } = choose('blobs')
            return timed(() => writeBlobs(blobRowsOf(steps)))
          },
        },
        {
          name: 'the same with commitments, on another thread',
          run: async () => {
            const content = choose('blobs')
            const start = performance.now()
            await postContent(content, kzg)
            return performance.now() - start
          },
        },
        {
          name: 'header, target changed',
          run: async () => {
            const content = choose('blobs')
            const body = await postContent(content, kzg)
            return timed(() => planBlock(RULES, parent, content, body, target + 1n, RULES.bridge))
          },
        },
      ],
      stop: () => kzg.stop(),
    }
  },
}

function scene(): { readonly parent: ParentBlock; readonly candidates: readonly Candidate[] } {
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

function check({ packed }: Candidate): VerifiedTransaction | undefined {
  const judged = verifyPacked(RULES, packed)
  return typeof judged === 'string' ? undefined : judged
}

function timed(work: () => void): number {
  const start = performance.now()
  work()
  return performance.now() - start
}
