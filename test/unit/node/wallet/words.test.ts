// Words become the keys that other wallets derive from them, and wrong words are told by place, never by name.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mnemonicToAccount } from 'viem/accounts'
import { OperationError } from '../../../../node/errors.ts'
import { Wallet } from '../../../../node/wallet/wallet.ts'
import { createWords, keyOfWords, parseWords } from '../../../../node/wallet/words.ts'

const JUNK = 'test test test test test test test test test test test junk'
const ABOUT = `${'abandon '.repeat(11)}about`
const ART = `${'abandon '.repeat(23)}art`

async function addressOf(words: string): Promise<string> {
  return new Wallet(await keyOfWords(words)).address
}

test('known words give the addresses that other wallets show', async () => {
  assert.equal(await addressOf(parseWords(JUNK)), '0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266')
  assert.equal(await addressOf(parseWords(ABOUT)), '0x9858effd232b4033e47d90003d41ec34ecaeda94')
  assert.equal(await addressOf(parseWords(ART)), mnemonicToAccount(ART).address.toLowerCase())
})

test('fresh words are twelve, differ each time, and give the address that viem derives', async () => {
  const made = Array.from({ length: 5 }, createWords)
  assert.equal(new Set(made).size, made.length)
  for (const words of made) {
    assert.equal(words.split(' ').length, 12)
    assert.equal(parseWords(words), words)
    assert.equal(await addressOf(words), mnemonicToAccount(words).address.toLowerCase())
  }
})

test('case and white space do not matter', () => {
  assert.equal(parseWords(`\n  ${JUNK.toUpperCase().replaceAll(' ', ' \t\n ')}  \n`), JUNK)
})

test('wrong words are refused, by place and without naming them', () => {
  const cases = [
    ['', /got 0/, {}],
    [JUNK.slice(5), /got 11/, {}],
    [JUNK.replace('junk', 'jumk'), /position 12/, { positions: ['12'] }],
    [JUNK.replace(/^test test/, 'tset tset'), /position 1, 2/, { positions: ['1', '2'] }],
    [JUNK.replace('junk', 'test'), /checksum/, {}],
  ] as const
  for (const [text, message, facts] of cases) {
    assert.throws(
      () => parseWords(text),
      (error) => {
        assert.ok(error instanceof OperationError)
        assert.equal(error.code, 'bad-words')
        assert.match(error.message, message)
        for (const [name, value] of Object.entries(facts)) assert.deepEqual(error.facts[name], value)
        assert.ok(!/jumk|tset|junk/.test(JSON.stringify(error) + error.message))
        return true
      },
    )
  }
})
