// How long a miner needs for a full block: checking signatures, choosing 500 steps, and hashing states, trace and torrent.

import { chooseSteps, type Policy, planBlock } from '../../miner/assemble.ts'
import type { Candidate } from '../../miner/ranking.ts'
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
const OWNERS = 50
const policy: Policy = {
  weiPerTtx: 10n ** 15n,
  gasPrice: toGasPrice(10n ** 9n),
  marginPercent: 10n,
  extraGas: 260_000n,
  unpaidSteps: STEP_LIMIT,
}

export const bench: Bench = {
  name: 'assembly',
  title: `a block of ${STEP_LIMIT} steps from ${CANDIDATES} candidates on a state of ${OUTPUTS.toLocaleString('en')} outputs`,
  unit: 'ms',
  rounds: 5,
  limits: [],
  prepare: () => {
    const { parent, candidates } = scene()
    const verified = new Map(candidates.map((candidate) => [candidate.infohash, check(candidate)]))
    const known = { queue: [], candidates, verify: ({ infohash }: Candidate) => verified.get(infohash) }
    const unknown = { queue: [], candidates, verify: check }
    const target = 2n ** 216n
    const whole = (supply: typeof known) => {
      planBlock(RULES, parent, chooseSteps(RULES, parent, supply, policy), target, RULES.bridge)
    }
    return {
      cases: [
        { name: 'all, signatures known', run: () => timed(() => whole(known)) },
        { name: 'all, signatures new', run: () => timed(() => whole(unknown)) },
        { name: 'choosing, signatures known', run: () => timed(() => chooseSteps(RULES, parent, known, policy)) },
        {
          // What a mere change of the target costs, too.
          name: 'block of steps chosen and hashed before',
          run: () => {
            const content = chooseSteps(RULES, parent, known, policy)
            planBlock(RULES, parent, content, target, RULES.bridge)
            return timed(() => planBlock(RULES, parent, content, target + 1n, RULES.bridge))
          },
        },
      ],
      stop: () => undefined,
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
  const candidates = outputs.slice(0, CANDIDATES).map(({ infohash, account }, i): Candidate => {
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
