// What the killed ledger does, step by step: everything here is the same in every process that imports it.

import type { Ledger } from '../../../../node/ledger/ledger.ts'
import type { Branch } from '../../../../node/ledger/types.ts'
import type { Infohash } from '../../../../node/protocol/ids.ts'
import type { VerifiedTransaction } from '../../../../node/protocol/verify.ts'
import { block, GENESIS_BLOCK, GENESIS_INFOHASH, OWNER, pay, person } from './world.ts'

export type Stage = { readonly files: readonly VerifiedTransaction[] } | { readonly branch: Branch }

const PAYEE = person('payee')
const STAGES = 24
const LINE = 30

/** Lines of payments, some backwards, each with rivals; blocks that order them, die and become final. */
export function makeScript(): Stage[] {
  const stages: Stage[] = []
  const blocks: Branch['blocks'][number][] = []
  let tip: Infohash = GENESIS_INFOHASH
  let final = GENESIS_BLOCK
  for (let stage = 0; stage < STAGES; stage++) {
    const line: VerifiedTransaction[] = []
    for (let i = 0; i < LINE; i++) {
      line.push(
        pay({ from: OWNER, to: PAYEE, tokens: 1n, prev: [line.at(-1)?.infohash ?? tip], time: stage * LINE + i }),
      )
    }
    const rival = pay({ from: OWNER, to: PAYEE, tokens: 2n, prev: [tip], time: stage })
    stages.push({ files: stage % 2 === 0 ? [...line, rival] : line.toReversed() }, { files: [rival] })
    // The block takes the first part of the line; one that takes the rival comes first and dies.
    const height = BigInt(blocks.length + 1)
    const dying = block(`dying ${stage}`, height, [rival])
    const living = block(`living ${stage}`, height, line.slice(0, 20))
    stages.push({ branch: { final, blocks: [...blocks, dying] } })
    blocks.push(living)
    if (stage % 3 === 2) final = blocks.at(-2)?.id ?? final
    stages.push({ branch: { final, blocks: [...blocks] } })
    tip = line[19]?.infohash ?? tip
  }
  return stages
}

export async function doStage(ledger: Ledger, stage: Stage): Promise<void> {
  if ('branch' in stage) await ledger.setBranch(stage.branch)
  else await Promise.all(stage.files.map(({ file }) => ledger.submit(file, 'peer')))
  await ledger.idle()
}
