// What tests of the price of relay share: people with a coin each, and those who fill one.

import assert from 'node:assert/strict'
import { signWithWork } from '../../../../node/client/relay-work.ts'
import type { Ledger } from '../../../../node/ledger/ledger.ts'
import type { Infohash } from '../../../../node/protocol/ids.ts'
import { UNIT } from '../../../../node/protocol/rules.ts'
import { encodeTransaction } from '../../../../node/protocol/transaction.ts'
import { signingDigest } from '../../../../node/protocol/typed-data.ts'
import { type VerifiedTransaction, verifyFile } from '../../../../node/protocol/verify.ts'
import { Wallet } from '../../../../node/wallet/wallet.ts'
import { block, GENESIS_BLOCK, GENESIS_INFOHASH, OWNER, type Person, pay, RULES } from './world.ts'

/** Each gets ten TTX of the owner of all, one after another. */
export function gifts(people: readonly Person[]): VerifiedTransaction[] {
  const given: VerifiedTransaction[] = []
  for (const to of people) {
    const prev = [given.at(-1)?.infohash ?? GENESIS_INFOHASH]
    given.push(pay({ from: OWNER, to, tokens: 10n * UNIT, prev }))
  }
  return given
}

/** The coins of these people, which a block orders. */
export async function coinsOf(ledger: Ledger, people: readonly Person[]): Promise<Infohash[]> {
  const given = gifts(people)
  await ledger.setBranch({ final: GENESIS_BLOCK, blocks: [block('a', 1n, given)] })
  return given.map(({ infohash }) => infohash)
}

/** Payments of somebody to themselves, each on the one before and from a stranger, until one is refused or there are `most`. */
export async function fill(ledger: Ledger, who: Person, coin: Infohash, most = 1_000): Promise<VerifiedTransaction[]> {
  const line: VerifiedTransaction[] = []
  while (line.length < most) {
    const next = pay({ from: who, to: who, tokens: 1n, prev: [line.at(-1)?.infohash ?? coin], memo: `${line.length}` })
    const refused = await ledger.submit(next.file, 'peer').then(
      () => undefined,
      ({ code }) => code,
    )
    if (refused === 'relay-work') break
    assert.equal(refused, undefined)
    line.push(next)
  }
  return line
}

/** A payment of a token to oneself whose infohash begins with `bits` zero bits. */
export async function withWork(who: Person, prev: Infohash, bits: number): Promise<VerifiedTransaction> {
  using wallet = new Wallet(who.key)
  const body = { to: who.address, tokens: 1n, time: 1_767_226_000, prev: [prev] }
  const make = (signature: Uint8Array) => ({ kind: 'signed', from: who.address, signature, ...body }) as const
  return verifyFile(RULES, encodeTransaction(await signWithWork(wallet, signingDigest(body), bits, make)))
}
