// What the watching commands share: a judge on the node, Ethereum without a key, and verdicts in words.

import { InvalidArgumentError } from 'commander'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { Ethereum } from '../../../../miner/ethereum.ts'
import { describeDoubt, Judge, type Judgement, rulesOf } from '../../../../miner/watch/judge.ts'
import { OperationError } from '../../../../node/errors.ts'
import { type Hash, isHash } from '../../../../node/protocol/ids.ts'
import type { CliContext } from '../../context.ts'
import type { NodeLink } from '../../link.ts'

/** Judges a block on what the node serves of it, if the node trusts its own view. */
export async function judgeOn(node: NodeLink, id: Hash, signal: AbortSignal): Promise<Judgement> {
  const { status } = await node.call('bridge_blocks', {}, signal)
  if (status.state !== 'live') return { verdict: 'unknown', why: describeDoubt(status) }
  return await new Judge(node, rulesOf(node.info)).judge(id, signal)
}

/**
 * Each Ethereum endpoint by itself, for calls that send nothing: the account is made up, and its key forgotten. None where none is set.
 * Close them in the end.
 */
export function openReaders({ settings }: CliContext, node: NodeLink): readonly Ethereum[] {
  const signer = privateKeyToAccount(generatePrivateKey())
  const { network } = node.info
  return (settings.ethereum ?? []).map((url) => new Ethereum({ urls: [url], network, signer, now: Date.now }))
}

/** The same where there has to be one. Throws `OperationError('ethereum-missing')`. */
export function openRequiredReaders(context: CliContext, node: NodeLink): readonly Ethereum[] {
  const readers = openReaders(context, node)
  if (readers.length > 0) return readers
  throw new OperationError(
    'ethereum-missing',
    'expected an Ethereum endpoint, got none; name one with --ethereum URL or TTX_ETHEREUM',
  )
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
