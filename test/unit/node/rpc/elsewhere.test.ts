// In which blocks off the leading branch a transaction is: of a crowd of them only the heaviest are read.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { genesisInfohash } from '../../../../node/protocol/genesis.ts'
import { describeProblem, PROBLEM_WORDS } from '../../../../node/protocol/problems.ts'
import { elsewhereOf } from '../../../../node/rpc/handlers/elsewhere.ts'
import { accountOf, pay } from '../../../../scripts/assure/models/world.ts'
import { Driver, TestFollower } from '../../../support/bridge/driver.ts'
import { EASIEST, type MadeBlock, published } from '../../../support/bridge/scenario.ts'

const CROWD = 140

test('the heaviest 128 blocks off the branch are looked into, and how many were not is said', async () => {
  const driver = new Driver(31)
  const { ethereum, forge } = driver
  const { rules, genesis } = forge.network
  const [owner] = forge.world.accounts
  assert(owner?.address === genesis.to)
  const body = { to: accountOf('payee').address, tokens: 5n, time: 1, prev: [genesisInfohash(genesis)] }
  const { packed } = pay(owner, body, rules)
  const make = (target: bigint, order: { isWrong?: boolean; packed?: Uint8Array[] } = { packed: [packed] }) =>
    forge.make(forge.genesis, [], { target, ...order })
  const leading = make(EASIEST / 64n)
  const wrong = make(EASIEST / 32n, { packed: [packed], isWrong: true })
  const rival = make(EASIEST / 16n)
  const without = make(EASIEST / 8n, { packed: [] })
  const refuted = make(EASIEST / 4n, { packed: [packed], isWrong: true })
  const crowd: MadeBlock[] = Array.from({ length: CROWD }, () => make(EASIEST, { packed: [] }))
  const light = make(EASIEST)
  for (const block of [leading, wrong, rival, without, refuted, ...crowd, light]) {
    ethereum.mine([published(block, ethereum.head.time)])
  }
  ethereum.mine([{ kind: 'refuted', id: refuted.id, prover: refuted.sealed.seal.miner }])
  let reads = 0
  await using following = await TestFollower.start(ethereum.connect(), forge.network)
  const { follower } = following
  assert.equal((await follower.poll()).state, 'live')
  const bodyOf = follower.body.bind(follower)
  follower.body = async (id) => {
    reads++
    return bodyOf(id)
  }
  assert.deepEqual(await elsewhereOf({ follower }, packed), {
    elsewhere: [
      {
        ...{ block: wrong.id, step: 0, verdict: 'invalid', problem: describeProblem(0, 'WrongState') },
        wrong: { step: 0, code: 'WrongState', loss: PROBLEM_WORDS.WrongState.loss },
      },
      { block: rival.id, step: 0, verdict: 'valid' },
    ],
    unread: 3 + CROWD + 1 - 128,
  })
  assert.equal(reads, 128)
  assert.deepEqual(await elsewhereOf({ follower: undefined }, packed), { elsewhere: [], unread: 0 })
})
