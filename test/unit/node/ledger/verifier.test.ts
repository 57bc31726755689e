// Signatures that are checked elsewhere: the same answers, in the order of the questions, whoever gives them.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Verifier } from '../../../../node/ledger/intake/verifier.ts'
import { infohashOf } from '../../../../node/protocol/infohash.ts'
import { RuleError } from '../../../../node/protocol/rule-error.ts'
import { verifyFile } from '../../../../node/protocol/verify.ts'
import { BENCH_RULES, payments } from '../../../../scripts/bench/payments.ts'

const FILES = [...payments({ count: 400 })]

/** Of a few files at once, of many while no thread has answered, and of many when threads do. */
test('a transaction is the same whoever checked it, and answers keep the order', async () => {
  const verifier = new Verifier(BENCH_RULES)
  const expected = FILES.map((file) => {
    const { packed: _, ...verified } = verifyFile(BENCH_RULES, file)
    return verified
  })
  for (let round = 0; round < 8; round++) {
    const order: number[] = []
    const asked = FILES.map(async (file, i) => {
      const verified = await verifier.verify(file, infohashOf(file))
      order.push(i)
      const { tx, infohash } = verified
      return { tx, infohash, file: verified.file }
    })
    assert.deepEqual(await Promise.all(asked), expected)
    assert.deepEqual(
      order,
      FILES.map((_, i) => i),
    )
    await verifier.idle()
  }
})

test('of many files the wrong one alone is refused, for the reason that it has', async () => {
  const verifier = new Verifier(BENCH_RULES)
  const files = FILES.map((file, i) => {
    if (i !== 77) return file
    const wrong = Buffer.from(file)
    const at = wrong.indexOf('"signature":"0x') + 20
    wrong[at] = (wrong[at] ?? 0) ^ 1
    return wrong
  })
  for (let round = 0; round < 4; round++) {
    const results = await Promise.allSettled(files.map((file) => verifier.verify(file, infohashOf(file))))
    assert.deepEqual(
      results.flatMap(({ status }, i) => (status === 'rejected' ? [i] : [])),
      [77],
    )
    const [refused] = results.filter((result) => result.status === 'rejected')
    assert(refused?.reason instanceof RuleError)
  }
})
