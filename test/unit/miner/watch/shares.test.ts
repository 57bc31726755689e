// Whose wrong blocks have the places for pursuits: each who sees blocks has the same share, so that nobody's crowd keeps out another one's block.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keptIdOf } from '../../../../node/protocol/ids.ts'
import { living, Scene } from './accusation-scene.ts'

test('of the places each who sees blocks has the same share, however many and heavy the blocks of another one', () => {
  const scene = new Scene()
  scene.goesOn = true
  scene.most = 7
  const [invented, real] = ['invented', 'real'].map((name, i) =>
    Array.from({ length: 20 }, (_, n) => living(`${name} ${n}`, { at: BigInt(100 * i + n), work: i === 0 ? 99n : 1n })),
  )
  assert(invented && real)
  scene.sees(invented)
  scene.sees(real)
  for (const { id } of [...invented, ...real]) scene.finds(id, 'invalid')
  const pursuedOf = (name: string) => scene.pursued.filter((each) => each.startsWith(name)).length
  scene.accusations.accuse()
  assert.deepEqual([pursuedOf('invented'), pursuedOf('real')], [3, 3], 'seven places are three for each of two')
  scene.look()
  scene.accusations.accuse()
  assert.equal(scene.pursued.length, 6, 'while these are under way there is no place')
  const [ended] = [...scene.underWay].filter((id) => real.some((block) => keptIdOf(block.id) === id))
  assert(ended)
  scene.underWay.delete(ended)
  scene.look()
  scene.accusations.accuse()
  assert.deepEqual([pursuedOf('invented'), pursuedOf('real')], [3, 4], 'a place that is free is free for its own')
})

test('what two see takes a place of one of them only, and the other one keeps theirs', () => {
  const scene = new Scene()
  scene.goesOn = true
  scene.most = 4
  const both = [1n, 2n, 3n, 4n].map((work) => living(`of ${work}`, { at: 0n, work }))
  scene.sees(both)
  scene.sees(both)
  for (const { id } of both) scene.finds(id, 'invalid')
  scene.accusations.accuse()
  assert.deepEqual(scene.pursued, ['of 4', 'of 3', 'of 2', 'of 1'])
})

test('with more who see blocks than places each has one', () => {
  const scene = new Scene()
  scene.goesOn = true
  scene.most = 2
  for (const name of ['a', 'b', 'c']) {
    const seen = [1n, 2n].map((work) => living(`${name}${work}`, { at: 0n, work }))
    scene.sees(seen)
    for (const { id } of seen) scene.finds(id, 'invalid')
  }
  scene.accusations.accuse()
  assert.deepEqual(scene.pursued, ['a2', 'b2', 'c2'])
})
