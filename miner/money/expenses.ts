// What a miner's account paid for gas, over restarts: each transaction is on disk before it leaves, and counts with what its receipt says.

import { readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { z } from 'zod'
import { makeFolder } from '../../node/disk.ts'
import { writeDurably } from '../../node/durable.ts'
import { OperationError } from '../../node/errors.ts'
import type { EthereumAccount } from '../../node/ethereum/account.ts'
import type { Receipt } from '../../node/ethereum/reader.ts'
import { type Attempt, hashText, weiText, wholeText } from '../../node/ethereum/sending/attempt.ts'
import { costOf } from '../../node/ethereum/sending/fees.ts'
import type { Hash } from '../../node/protocol/ids.ts'
import { addWei, toWei, type Wei } from '../../node/protocol/units.ts'

/** All that was signed for one nonce, of which one counts at most; `paid` once it is in a block. */
const open = z.object({
  nonce: z.int().min(0),
  hashes: z.array(hashText),
  paid: z.object({ cost: weiText, block: wholeText }).optional(),
})
const expenses = z.object({ version: z.literal(1), closed: weiText, open: z.array(open) })

type Open = Readonly<z.output<typeof open>>

/** Blocks of Ethereum that may be reorganised: until it is as deep, a transaction may come to another cost, or to none. */
const DEEP = 64n

/** One for each account and bridge, and one process at a time. */
export class Expenses {
  readonly #file: string
  readonly #open = new Map<number, Open>()
  #closed = toWei(0n)

  constructor(file: string) {
    this.#file = file
  }

  /** Gas, and that of blobs, of all that is in blocks as far as is known here. */
  get paid(): Wei {
    return addWei([this.#closed, ...[...this.#open.values()].flatMap(({ paid }) => paid?.cost ?? [])])
  }

  /** Reads it; an absent file is an empty one. Throws `OperationError('expenses-damaged')` for what this program did not write so. */
  async load(): Promise<void> {
    await makeFolder(dirname(this.#file))
    const text = await readFile(this.#file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined
      throw error
    })
    if (text === undefined) return
    try {
      const known = expenses.decode(JSON.parse(text))
      this.#closed = known.closed
      for (const each of known.open) this.#open.set(each.nonce, each)
    } catch (cause) {
      throw new OperationError(
        'expenses-damaged',
        `expected ${this.#file} to hold what was paid for gas as this program writes it, got ${cause}; move the file away, and gas is counted from now on`,
        { facts: { file: this.#file }, cause },
      )
    }
  }

  /** An attempt that is about to leave. On disk when it resolves; throws `write-failed` (retry). */
  async sign({ nonce, hash }: Pick<Attempt, 'nonce' | 'hash'>): Promise<void> {
    const known = this.#open.get(nonce)
    if (known?.hashes.includes(hash)) return
    this.#open.set(nonce, { nonce, ...known, hashes: [...(known?.hashes ?? []), hash] })
    await this.#write()
  }

  /** One of them is in a block. Throws `write-failed` (retry), and has counted it all the same. */
  async pay(receipt: Receipt): Promise<void> {
    const found = [...this.#open.values()].find(({ hashes }) => hashes.includes(receipt.hash))
    if (found === undefined) return
    this.#open.set(found.nonce, { ...found, paid: paidBy(receipt) })
    await this.#write()
  }

  /**
   * Looks for what an earlier process sent and did not see the end of, and settles for good what is too deep to be reorganised. `height` is the
   * newest block of Ethereum. Throws what the endpoint throws, and `write-failed` (retry).
   */
  async follow(ethereum: Pick<EthereumAccount, 'receipt' | 'nonce'>, height: bigint): Promise<void> {
    let [isChanged, deepNonce] = [false, undefined as number | undefined]
    for (const each of [...this.#open.values()]) {
      const { nonce, hashes, paid } = each
      if (paid !== undefined && height < paid.block + DEEP) continue
      const receipt = await receiptOf(ethereum, hashes)
      const now = receipt && paidBy(receipt)
      const isDeep = now !== undefined && height >= now.block + DEEP
      if (isDeep) {
        this.#closed = addWei([this.#closed, now.cost])
        this.#open.delete(nonce)
      } else if (now !== undefined) this.#open.set(nonce, { nonce, hashes, paid: now })
      else {
        if (paid !== undefined) this.#open.set(nonce, { nonce, hashes }) // it was reorganised away
        deepNonce ??= height < DEEP ? 0 : await ethereum.nonce(height - DEEP)
        // Another transaction has the nonce, and that is too deep to be reorganised.
        if (nonce < deepNonce) this.#open.delete(nonce)
        else if (paid === undefined) continue
      }
      isChanged = true
    }
    if (isChanged) await this.#write()
  }

  async #write(): Promise<void> {
    const text = JSON.stringify(expenses.encode({ version: 1, closed: this.#closed, open: [...this.#open.values()] }))
    await writeDurably(this.#file, `${text}\n`)
  }
}

async function receiptOf(
  ethereum: Pick<EthereumAccount, 'receipt'>,
  hashes: readonly Hash[],
): Promise<Receipt | undefined> {
  for (const hash of hashes.toReversed()) {
    const receipt = await ethereum.receipt(hash)
    if (receipt !== undefined) return receipt
  }
  return undefined
}

function paidBy(receipt: Receipt): { readonly cost: Wei; readonly block: bigint } {
  return { cost: costOf(receipt), block: receipt.block }
}
