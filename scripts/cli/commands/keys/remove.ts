// ttx wallet remove: first what it still has to do with, then the question, then the file goes.

import { readdir, readFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Command } from 'commander'
import { z } from 'zod'
import { formatAmount } from '../../../../node/client/amount.ts'
import { OperationError } from '../../../../node/errors.ts'
import type { Address } from '../../../../node/protocol/ids.ts'
import { removeWallet } from '../../../../node/wallet/changing.ts'
import { checkThere, listWallets, walletFile } from '../../../../node/wallet/wallet-folder.ts'
import { lockPayments } from '../../account-lock.ts'
import { addExamples } from '../../audience.ts'
import { type Act, type CliContext, formatTable, type Result } from '../../context.ts'
import { openNode } from '../../link.ts'
import { readBook } from '../../offers/book.ts'
import { readable } from '../../printable.ts'
import { confirm } from '../../prompt.ts'
import { addSettings } from '../../setting-flags.ts'
import { lockWallets } from './change.ts'
import { checkNotDevnets } from './devnets-own.ts'

export function registerRemove(wallet: Command, act: Act): void {
  addExamples(
    addSettings(
      wallet
        .command('remove')
        .summary('remove a wallet from this data folder, for good')
        .description(
          'Remove the file of a wallet, after saying what it has and what is unfinished: money, payments of which nobody was told, open offers, transactions on their way to Ethereum. Whoever has neither words nor a copy of the file has lost the money then, so it asks for the name.',
        )
        .argument('<name>', 'the wallet')
        .option('--yes', 'do not ask')
        .action(act(remove)),
      ['node', 'deployment'],
    ),
    'ttx wallet remove old',
    'ttx wallet remove old --yes --json',
  )
}

async function remove(context: CliContext, name: string, { yes }: { readonly yes?: true }): Promise<Result> {
  const { folder, shell, signal } = context
  await checkThere(folder.wallets, name)
  await checkNotDevnets(context, name)
  await using _changing = await lockWallets(context)
  const address = (await listWallets(folder.wallets)).find((wallet) => wallet.name === name)?.address
  // A payment that is being made ends first.
  await using _paying = address && (await lockPayments(folder.outbox, address, signal))
  const unfinished = address === undefined ? [] : await unfinishedOf(context, address)
  const holds = address === undefined ? 'not known: its file names no address' : await holdingOf(context, address)
  const rows = [
    ['wallet', name],
    ['address', address ?? 'unknown'],
    ['holds', holds],
    ...(unfinished.length === 0
      ? [['unfinished', 'nothing in this data folder']]
      : unfinished.map((each) => ['unfinished', each])),
    ['file', walletFile(folder.wallets, name)],
  ] as [string, string][]
  if (!yes) {
    if (shell.stdin.isTTY) shell.stderr.write(`${readable(formatTable(rows), shell.env)}\n`)
    const question = 'Remove it for good? Without its words or a copy of the file the money is lost.'
    await confirm(shell, question, { expected: name, unchanged: 'nothing was removed' })
  }
  const target = await removeWallet(folder.wallets, name)
  return {
    data: { name, address, holds, unfinished, ...(target === undefined ? {} : { leftAt: target }) },
    text: formatTable([
      ...rows,
      ['removed', target === undefined ? 'yes' : `the link; the key itself is still in ${target}`],
    ]),
  }
}

/** What the data folder has of an address that is not over, one line each. */
async function unfinishedOf({ folder }: CliContext, address: Address): Promise<string[]> {
  const found: string[] = []
  const payments = join(folder.outbox, 'payments')
  for (const file of await filesWith(payments, (name) => name.startsWith(`${address}-`)))
    found.push(`a payment of which nobody was told whether it was made: ${file} (see "ttx tx list ${address}")`)
  for (const file of await filesWith(folder.outbox, (name) => name.endsWith(`-${address}.json`)))
    if (await isPending(file)) found.push(`transactions for Ethereum that may be on their way: ${file}`)
  for (const file of await filesWith(join(folder.root, 'deploying'), (name) => name.endsWith(`-${address}.json`)))
    found.push(`a deployment: ${file}`)
  for (const file of await filesWith(join(folder.miner, address), (name) => name.endsWith('.json')))
    found.push(`a miner's record of blocks and bonds: ${file}`)
  const open = (await readBook(folder.offers)).filter(
    ({ role, end, offer }) => role === 'made' && end === undefined && offer.from === address,
  )
  for (const { id } of open) found.push(`offer ${id}, which may still be taken ("ttx offer withdraw ${id}" ends it)`)
  return found
}

const OUTBOX = z.object({
  entries: z.array(z.looseObject({ settledAt: z.string().optional(), isUntold: z.boolean().optional() })),
})

/** What cannot be read may be pending. */
async function isPending(file: string): Promise<boolean> {
  try {
    const { entries } = OUTBOX.parse(JSON.parse(await readFile(file, 'utf8')))
    return entries.some(({ settledAt, isUntold }) => settledAt === undefined || isUntold === true)
  } catch {
    return true
  }
}

async function filesWith(folder: string, isMeant: (name: string) => boolean): Promise<string[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw new OperationError(
      'file-unreadable',
      `expected to read ${folder}, got ${error.message}; check the owner and mode of ${basename(folder)} in ${dirname(folder)}`,
      { facts: { file: folder }, cause: error },
    )
  })
  return names.filter(isMeant).map((name) => join(folder, name))
}

/** As far as a node says: no node keeps anybody from removing a wallet. */
async function holdingOf(context: CliContext, owner: Address): Promise<string> {
  try {
    const node = await openNode(context)
    const { spendable } = await node.call('account_balance', { owner }, context.signal)
    const { assets, next } = await node.call('account_assets', { owner, limit: 100 }, context.signal)
    const others =
      assets.length === 0 ? '' : `, and ${assets.length}${next === undefined ? '' : ' or more'} other assets`
    return `${formatAmount(spendable)} TTX${others}; what it has on Ethereum is not looked up`
  } catch (error) {
    if (!(error instanceof OperationError)) throw error
    return `not known: ${error.code}`
  }
}
