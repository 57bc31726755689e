// The wallets that a network begins with, made where they are not there yet.

import type { Wallet } from '../../../../node/wallet/wallet.ts'
import { listWallets, saveWallet } from '../../../../node/wallet/wallet-folder.ts'
import { createWords, keyOfWords } from '../../../../node/wallet/words.ts'
import { type CliContext, formatTable } from '../../context.ts'
import { readNewPassphrase } from '../../passphrase.ts'

/**
 * Each name that has no wallet gets one, and its words are shown, once: not in the result, which comes only when all is done, so they are not in
 * `--json`. Throws what asking for a passphrase and `saveWallet` throw.
 */
export async function makeMissing(context: CliContext, names: readonly string[]): Promise<void> {
  const there = new Set((await listWallets(context.folder.wallets)).map(({ name }) => name))
  const missing = [...new Set(names)].filter((name) => !there.has(name))
  if (missing.length === 0) return
  const passphrase = await readNewPassphrase(context)
  for (const name of missing) {
    const words = createWords()
    const key = await keyOfWords(words)
    using wallet = await saveWallet(context.folder.wallets, name, key, passphrase)
    key.fill(0)
    context.say(describe(name, wallet, words))
  }
}

function describe(name: string, { address }: Wallet, words: string): string {
  return formatTable([
    ['made wallet', `${name}, ${address}`],
    ['its words', words],
    ['careful', 'write the words down in their order, on paper: they are the wallet, and are shown only this once'],
  ])
}
