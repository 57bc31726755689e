// What a demo leaves behind of who is who: addresses, and nothing that only looks like one.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { accountOf, RULES } from '../../../../scripts/assure/models/world.ts'
import { whoIsWho } from '../../../../scripts/devnet/demo/evidence.ts'

test('everybody is named with their own address, the holder of genesis too, and the network names nothing but its contracts', () => {
  const people = { genesis: accountOf('holder').address, carol: accountOf('carol').address }
  const network = { ...RULES, genesis: 'c12fe1c06bba254a9dc9f519b335aa7c1367a88a' }
  assert.deepEqual(whoIsWho(people, network), { ...people, bridge: RULES.bridge, token: RULES.token })
})
