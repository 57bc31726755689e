// The executable spec against the shared vectors of the step function, which the contract's libraries are held to as well.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { applyStep } from '../../../../node/protocol/apply.ts'
import { concat, encodeText, equalBytes, parseHex } from '../../../../node/protocol/bytes.ts'
import { keccak, sha1 } from '../../../../node/protocol/hash.ts'
import { parseAddress, toHash, ZERO_ADDRESS } from '../../../../node/protocol/ids.ts'
import { infohashOf } from '../../../../node/protocol/infohash.ts'
import { packTransaction } from '../../../../node/protocol/packed.ts'
import type { Rules } from '../../../../node/protocol/rules.ts'
import { type State, stateRoot } from '../../../../node/protocol/state.ts'
import { decodeStep, stepEntryHash, stepSizeAt } from '../../../../node/protocol/step.ts'
import { decodeTransaction } from '../../../../node/protocol/transaction.ts'
import { encodeOpening, find, insert, remove } from '../../../../node/protocol/tree.ts'
import { signingDigest } from '../../../../node/protocol/typed-data.ts'
import { verifyPacked } from '../../../../node/protocol/verify.ts'
import applyVectors from '../../../vectors/apply.json' with { type: 'json' }
import infohashVectors from '../../../vectors/infohash.json' with { type: 'json' }
import sha1Vectors from '../../../vectors/sha1.json' with { type: 'json' }
import stepVectors from '../../../vectors/step.json' with { type: 'json' }
import treeVectors from '../../../vectors/tree.json' with { type: 'json' }
import typedDataVectors from '../../../vectors/typed-data.json' with { type: 'json' }

describe('vectors of the step function in TypeScript', () => {
  it('sha1.json', () => {
    for (const { data, digest } of sha1Vectors) assert.deepEqual(sha1(parseHex(data)), parseHex(digest), data)
  })

  it('infohash.json', () => {
    for (const { name, file, infohash } of infohashVectors) {
      assert.equal(infohashOf(encodeText(file)), infohash, name)
    }
  })

  it('typed-data.json', () => {
    for (const { name, packed, digest, from, file } of typedDataVectors.vectors) {
      const tx = decodeTransaction(encodeText(file))
      assert(tx.kind === 'signed', name)
      assert.equal(tx.from, from, name)
      assert.deepEqual(signingDigest(tx), parseHex(digest), name)
      assert.deepEqual(packTransaction(tx), parseHex(packed), name)
      const verified = verifyPacked(rulesOf(typedDataVectors.rules), parseHex(packed))
      assert(typeof verified !== 'string' && equalBytes(verified.file, encodeText(file)), name)
    }
  })

  it('step.json', () => {
    for (const { name, step, size, hash, entryHash } of stepVectors) {
      const bytes = parseHex(step)
      const decoded = decodeStep(bytes)
      assert.equal(stepSizeAt(bytes, 0), size, name)
      assert.equal(toHash(keccak(bytes)), hash, name)
      assert.equal((decoded && stepEntryHash(decoded)) ?? null, entryHash, name)
    }
  })

  it('tree.json', () => {
    for (const { name, entries, root, key, found, value, witness, next } of treeVectors) {
      const tree = stateOf(entries)
      const bytes = parseHex(key)
      const leaf = { key: bytes, value: BigInt(value), name: { owner: ZERO_ADDRESS } }
      const written = leaf.value === 0n ? remove(tree, bytes) : insert(tree, leaf)
      assert.equal(stateRoot(tree), root, name)
      assert.equal(find(tree, bytes)?.value ?? 0n, BigInt(found), name)
      assert.deepEqual(encodeOpening(tree, bytes, leaf.value === 0n), parseHex(witness), name)
      assert.equal(stateRoot(written), next, name)
    }
  })

  it('apply.json', () => {
    const rules = rulesOf(applyVectors.rules)
    for (const { name, state, pre, queueIndex, step, witness, reason, post } of applyVectors.cases) {
      const before = stateOf(state)
      const openings: Uint8Array[] = []
      const applied = applyStep(rules, before, BigInt(queueIndex), parseHex(step), openings)
      assert.equal(stateRoot(before), pre, name)
      assert.deepEqual([applied.reason, stateRoot(applied.state)], [reason, post], name)
      assert.deepEqual(concat(...openings), parseHex(witness), name)
    }
  })
})

/** What the keys were made of is not in the vectors, and not in the root. */
function stateOf(entries: readonly { readonly key: string; readonly value: string }[]): State {
  let state: State
  for (const { key, value } of entries) {
    state = insert(state, { key: parseHex(key), value: BigInt(value), name: { owner: ZERO_ADDRESS } })
  }
  return state
}

function rulesOf(rules: (typeof applyVectors)['rules']): Rules {
  return {
    chain: BigInt(rules.chain),
    bridge: parseAddress(rules.bridge),
    token: parseAddress(rules.token),
    minRequest: BigInt(rules.minRequest),
  }
}
