// Addresses in text for people have their EIP-55 case; what is copied byte by byte stays as it is.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { getAddress } from 'viem'
import { checksummed } from '../../../node/checksummed.ts'
import { createLogger } from '../../../node/log.ts'
import type { Address } from '../../../node/protocol/ids.ts'
import { writtenAddress, writtenAsset } from '../../../node/schema.ts'

const lower = '0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed'
const shown = getAddress(lower)

test('each address in a text gets its checksum, wherever in a sentence it is', () => {
  for (const around of ['@', 'to @.', '@, and @; (@)', '@: what', 'got @\n', 'a=@', '"ttx send 1 @"', 'TTX of @’s'])
    assert.equal(checksummed(around.replaceAll('@', lower)), around.replaceAll('@', shown), around)
  assert.equal(checksummed(shown), shown)
})

test('paths, JSON, quotations and longer hex stay as they are', () => {
  const same = ['/a/@', '/a/@/b', '@.json', 'a-@.lock', '1-@-@.json', '{"to":"@"}', '"@"', 'C:\\@', '@00', 'a@', './@.']
  for (const around of same) {
    const text = around.replaceAll('@', lower)
    assert.equal(checksummed(text), text, around)
  }
  const infohash = lower.slice(2)
  assert.equal(checksummed(infohash), infohash)
})

test('log lines for people have the checksum, those for programs are lower case', () => {
  for (const [json, expected] of [
    [true, lower],
    [false, shown],
  ] as const) {
    const lines: string[] = []
    const log = createLogger({ level: 'info', json, colors: false }, { write: (line: string) => void lines.push(line) })
    log.child({ part: 'relayer' }).info({ account: lower, problem: `nothing at ${lower}` }, 'paid')
    assert.equal(lines.join().split(expected).length, 3, lines.join())
  }
})

test('parameters and deployment files are read in any case that fits, and refused in one that does not', async () => {
  const wrong = shown.replace('B', 'b')
  for (const schema of [writtenAddress, writtenAsset]) {
    for (const text of [lower, shown, `0x${lower.slice(2).toUpperCase()}`])
      assert.equal(schema.parse(text as Address), lower)
    assert.match(schema.safeParse(wrong as Address).error?.message ?? '', /EIP-55/)
    for (const text of ['', '0x', lower.slice(1), `${lower}0`, 7]) assert.ok(!schema.safeParse(text as Address).success)
  }
  assert.equal(writtenAsset.parse(lower.slice(2) as Address), lower.slice(2))
})
