// Payments that were signed here, from before they leave until the node has said what it makes of them: a cut answer or a page that is loaded again does
// not have anybody sign, and pay, twice.

import { useMemo } from 'react'
import type { Paid } from '../../../client/pay.ts'
import { OperationError } from '../../../errors.ts'
import { formatHex, parseHex } from '../../../protocol/bytes.ts'
import type { Address, Infohash } from '../../../protocol/ids.ts'
import { infohashOf } from '../../../protocol/infohash.ts'
import { RuleError } from '../../../protocol/rule-error.ts'
import { decodeTransaction, type SignedTransaction } from '../../../protocol/transaction.ts'
import { keep, readKept, useKept } from '../kept.ts'
import { parseList } from '../parse-list.ts'

export type Signed = { readonly infohash: Infohash; readonly file: Uint8Array; readonly tx: SignedTransaction }

const SIGNED = 'signed'

/** The oldest payment of this address of which nobody knows whether it arrived. */
export function useUnconfirmed(bridge: Address | undefined, owner: Address | undefined): Signed | undefined {
  const text = useKept(SIGNED, bridge)
  return useMemo(() => read(text).find(({ tx }) => tx.from === owner), [text, owner])
}

/** Makes a payment, and keeps its file from the signature on until the node has accepted or refused it. Throws what making it throws. */
export async function untilConfirmed<T extends Pick<Paid, 'infohash'>>(
  bridge: Address,
  make: (keep: (file: Uint8Array) => Promise<void>) => Promise<T>,
): Promise<T> {
  let kept: Infohash | undefined
  const remember = async (file: Uint8Array) => {
    kept = infohashOf(file)
    write(bridge, [...read(readKept(SIGNED, bridge)), ...read(JSON.stringify([formatHex(file)]))])
  }
  try {
    const made = await make(remember)
    if (kept !== undefined) forgetSigned(bridge, kept)
    return made
  } catch (error) {
    if (kept !== undefined && isDecided(error)) forgetSigned(bridge, kept)
    throw error
  }
}

export function forgetSigned(bridge: Address, infohash: Infohash): void {
  write(
    bridge,
    read(readKept(SIGNED, bridge)).filter((each) => each.infohash !== infohash),
  )
}

/** The node has it and says so, or refuses it for good. */
function isDecided(error: unknown): boolean {
  return error instanceof RuleError || (error instanceof OperationError && error.code === 'transaction-conflicting')
}

function write(bridge: Address, all: readonly Signed[]): void {
  keep(SIGNED, bridge, JSON.stringify(all.map(({ file }) => formatHex(file))))
}

/** All that is shown of it is read out of the file, whoever wrote it there. */
function read(text: string | null): readonly Signed[] {
  return parseList(text).flatMap((hex): Signed[] => {
    if (typeof hex !== 'string' || !/^([0-9a-f]{2})+$/.test(hex)) return []
    const file = parseHex(hex)
    try {
      const tx = decodeTransaction(file)
      return tx.kind === 'signed' ? [{ infohash: infohashOf(file), file, tx }] : []
    } catch {
      return [] // of another version of this page, or of another program that was at this address
    }
  })
}
