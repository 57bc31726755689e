// What the watching commands share: a judge on the node, Ethereum without a key, and verdicts in words.

import { InvalidArgumentError } from 'commander'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { Ethereum } from '../../../../miner/ethereum.ts'
import { Judge, type Judgement, rulesOf } from '../../../../miner/watch/judge.ts'
import { OperationError } from '../../../../node/errors.ts'
import { type Hash, isHash } from '../../../../node/protocol/ids.ts'
import type { CliContext } from '../../context.ts'
import type { NodeLink } from '../../link.ts'

export function judgeOn(node: NodeLink): Judge {
  return new Judge(node, rulesOf(node.info))
}

/**
 * Ethereum for calls that send nothing: the account is made up, and its key forgotten. Close it in the end. Throws
 * `OperationError('ethereum-missing')`.
 */
export function openReader({ settings }: CliContext, node: NodeLink): Ethereum {
  const { ethereum: urls } = settings
  if (urls === undefined) {
    throw new OperationError(
      'ethereum-missing',
      'expected an Ethereum endpoint, got none; name one with --ethereum URL or TTX_ETHEREUM',
    )
  }
  const signer = privateKeyToAccount(generatePrivateKey())
  return new Ethereum({ urls, network: node.info.network, signer, now: Date.now })
}

/** Rows for people: the verdict, and both readings of a wrong step. */
export function describeJudgement(judgement: Judgement): [string, string][] {
  if (judgement.verdict === 'valid') return [['verdict', 'valid: every step was replayed']]
  if (judgement.verdict === 'doomed') {
    return [['verdict', `doomed: it stands on the wrong block ${judgement.by}, and dies with it`]]
  }
  if (judgement.verdict === 'unknown') return [['verdict', `unknown: ${judgement.why}`]]
  const { step, problem, stated, expected } = judgement
  return [
    ['verdict', `INVALID at step ${step}: ${problem}`],
    ['stated', `${stated} (state after the step)`],
    ['expected', expected ?? WITHOUT_STATE[problem] ?? 'no such step: it is invalid whatever it leads to'],
  ]
}

/** The same for programs. */
export function judgementData(judgement: Judgement): object {
  if (judgement.verdict !== 'invalid') return judgement
  const { refutation: _, ...rest } = judgement
  return rest
}

export function parseBlockId(text: string): Hash {
  const id = text.toLowerCase()
  if (isHash(id)) return id
  throw new InvalidArgumentError(
    `Expected the id of a block, 0x and 64 hex digits; got ${JSON.stringify(text.slice(0, 80))}. "ttx block list" shows them.`,
  )
}

const WITHOUT_STATE: Readonly<Record<string, string>> = {
  WrongVoid: 'the transaction applied: it is valid, and the block calls it void',
}
