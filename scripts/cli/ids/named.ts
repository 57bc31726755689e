// What an id names: the node is asked, and Ethereum, since forms alone do not tell a block from a transaction of Ethereum.

import type { AnyId } from '../../../node/client/any-id.ts'
import { lookUpKnown } from '../../../node/client/look-up.ts'
import { OperationError } from '../../../node/errors.ts'
import { type Act, type Acts, actsOf } from '../../../node/ethereum/acts.ts'
import type { Address, Hash, Infohash } from '../../../node/protocol/ids.ts'
import { infohashOf } from '../../../node/protocol/infohash.ts'
import { depositTransaction } from '../../../node/protocol/queue.ts'
import type { Rules } from '../../../node/protocol/rules.ts'
import { encodeTransaction } from '../../../node/protocol/transaction.ts'
import { verifyPacked } from '../../../node/protocol/verify.ts'
import type { Result } from '../../../node/rpc/api.ts'
import type { CliContext } from '../context.ts'
import { type NodeLink, openOptionalEthereum } from '../link.ts'
import { showLive } from '../live-line.ts'
import { addressOf } from '../whose.ts'
import { expected } from './id-argument.ts'

/** `made` are transactions and blocks of TTX that a transaction of Ethereum brought to the bridge, in its order. */
export type EthereumTransaction = Acts & { readonly hash: Hash; readonly made: readonly Made[] }
type Made = { readonly act: Act; readonly infohash?: Infohash; readonly block?: Hash }

export type Named =
  | { readonly kind: 'transaction'; readonly infohash: Infohash }
  | { readonly kind: 'block'; readonly id: Hash }
  | { readonly kind: 'account'; readonly address: Address }
  | { readonly kind: 'ethereum'; readonly transaction: EthereumTransaction }

/** Throws `OperationError`: 'unknown-id', 'bad-address', and what node and endpoint throw. */
export async function lookUpId(context: CliContext, node: NodeLink, id: AnyId): Promise<Named> {
  switch (id.kind) {
    case 'infohash':
      return { kind: 'transaction', infohash: id.infohash }
    case 'hash':
      return await lookUpHash(context, node, id.hash)
    case 'account':
      if (await isKnown(context, node, id.infohash)) return { kind: 'transaction', infohash: id.infohash }
      return { kind: 'account', address: id.address }
    case 'name':
      return await addressOf(context, id.name).then(
        (address): Named => ({ kind: 'account', address }),
        (error: unknown): Named => {
          if (id.infohash !== undefined) return { kind: 'transaction', infohash: id.infohash }
          throw error
        },
      )
  }
}

/**
 * The transaction that an id names, where only a transaction will do: itself, or the one that a transaction of Ethereum put into the queue.
 * Throws `OperationError`: 'unknown-id', 'other-id', and what node and endpoint throw.
 */
export async function transactionOf(context: CliContext, node: NodeLink, id: AnyId): Promise<Infohash> {
  if (id.kind !== 'hash') {
    if (id.infohash !== undefined) return id.infohash
    throw otherId('transaction', `the name ${id.kind === 'name' ? id.name : ''}`, 'see "ttx tx list"')
  }
  const named = await lookUpHash(context, node, id.hash)
  if (named.kind === 'block') throw otherId('transaction', `block ${named.id}`, `see "ttx block show ${named.id}"`)
  const ids = named.kind === 'ethereum' ? named.transaction.made.flatMap(({ infohash }) => infohash ?? []) : []
  const [only, ...others] = ids
  if (only !== undefined && others.length === 0) return only
  const made =
    only === undefined ? 'which put none into the queue' : `which put ${ids.length} into it: ${ids.join(', ')}`
  throw otherId(
    'transaction',
    `transaction ${id.hash} of Ethereum, ${made}`,
    `see "ttx status ${id.hash}", or name one`,
  )
}

/** The same where only a block will do: itself, or the one that a transaction of Ethereum published. */
export async function blockOf(context: CliContext, node: NodeLink, id: AnyId): Promise<Hash> {
  if (id.kind !== 'hash') throw otherId('block', `an id of another kind`, 'see "ttx block list"')
  const named = await lookUpHash(context, node, id.hash)
  if (named.kind === 'block') return named.id
  const ids = named.kind === 'ethereum' ? named.transaction.made.flatMap(({ block }) => block ?? []) : []
  const [only, ...others] = ids
  if (only !== undefined && others.length === 0) return only
  throw otherId('block', `transaction ${id.hash} of Ethereum, which published none`, `see "ttx status ${id.hash}"`)
}

/** `lookUpKnown`, with a sign of life on a terminal. */
export async function lookUpShown(
  { shell, signal }: CliContext,
  node: NodeLink,
  infohash: Infohash,
  fetchMs: number,
): Promise<Result<'tx_get'>> {
  using _sign = showLive(shell, (seconds) => `the node at ${node.url} asks its peers for ${infohash} (${seconds} s)`)
  return await lookUpKnown(node, infohash, fetchMs, signal)
}

async function lookUpHash(context: CliContext, node: NodeLink, hash: Hash): Promise<Named> {
  if (await isBlock(context, node, hash)) return { kind: 'block', id: hash }
  const ethereum = await openOptionalEthereum(context, node)
  if (ethereum === undefined)
    throw unknownHash(hash, 'there is no endpoint of Ethereum to ask for a transaction (--ethereum)')
  context.resources.defer(() => ethereum.close())
  const found = await actsOf(ethereum, hash)
  if (found === undefined)
    throw unknownHash(hash, `no block of Ethereum has such a transaction, as ${ethereum.name} says`)
  const made = found.acts.map((act) => madeBy(node.info.network, act))
  return { kind: 'ethereum', transaction: { ...found, hash, made } }
}

async function isBlock({ signal }: CliContext, node: NodeLink, id: Hash): Promise<boolean> {
  try {
    await node.call('bridge_block', { id }, signal)
    return true
  } catch (error) {
    if (error instanceof OperationError && /^(unknown-block|no-ethereum)$/.test(error.code)) return false
    throw error
  }
}

async function isKnown({ signal }: CliContext, node: NodeLink, infohash: Infohash): Promise<boolean> {
  return (await node.call('tx_get', { infohash, fetchMs: 0 }, signal)).status !== 'unknown'
}

function madeBy(rules: Rules, act: Act): Made {
  switch (act.kind) {
    case 'published':
      return { act, block: act.id }
    case 'deposited': {
      const { index, gross, to } = act
      return {
        act,
        infohash: infohashOf(encodeTransaction(depositTransaction(rules, index, { kind: 'deposit', gross, to }))),
      }
    }
    case 'entered': {
      const { index, ...entry } = act
      return {
        act,
        infohash: infohashOf(encodeTransaction(depositTransaction(rules, index, { ...entry, kind: 'entered' }))),
      }
    }
    case 'forced': {
      const judged = verifyPacked(rules, act.packed)
      return typeof judged === 'string' ? { act } : { act, infohash: judged.infohash }
    }
    default:
      return { act }
  }
}

function unknownHash(hash: Hash, why: string): OperationError {
  return new OperationError(
    'unknown-id',
    `expected ${expected(['block', 'ethereum'])}, got ${hash}: this node has no such block, and ${why}; check the id, or ask again once it is in a block`,
    { facts: { id: hash }, retry: true },
  )
}

function otherId(wanted: 'transaction' | 'block', got: string, advice: string): OperationError {
  return new OperationError('other-id', `expected ${expected([wanted])}, got ${got}; ${advice}`, {
    facts: { wanted },
  })
}
