// Attacked: all miners at once, by right blocks whose publications name a torrent that is not theirs: another block's, a transaction's, one that is
// nowhere, the same for many blocks. Nothing of that can be refuted, and it earns its fees.
// What must hold: a miner builds on such a block as on any other, whether it starts there or is overtaken by several of them at once.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { publishCall } from '../../node/ethereum/calls.ts'
import type { ParentBlock } from '../../node/protocol/block.ts'
import { genesisInfohash, genesisState } from '../../node/protocol/genesis.ts'
import { encodeSealed } from '../../node/protocol/header.ts'
import { type Hash, type Infohash, parseInfohash } from '../../node/protocol/ids.ts'
import { targetFloor } from '../../node/protocol/target.ts'
import { accountOf, pay } from '../../scripts/assure/models/world.ts'
import { borrow, type Forged, forge } from '../support/miner/forge.ts'
import { Arena, HOUR } from '../support/processes/arena.ts'
import { EASIEST, holder } from '../support/stage.ts'

/** A forced transaction that is void: something to mine for. */
const VOID = `0x${'00'.repeat(127)}` as const

type Hint = (made: { readonly first: Forged; readonly payment: Infohash }) => Infohash | undefined

const HINTS: readonly (readonly [name: string, hint: Hint])[] = [
  ['its own torrent (control)', () => undefined],
  ['the torrent of the block below it', ({ first }) => first.torrent],
  ['the torrent of a payment', ({ payment }) => payment],
  ['a torrent that is nowhere', () => parseInfohash('5a'.repeat(20))],
  ['no torrent at all', () => parseInfohash('00'.repeat(20))],
]

for (const [name, hint] of HINTS) {
  test(`a miner that starts on a block which names ${name} builds on it`, async (t) => {
    const { arena, first, payment, publish, right, childOf } = await open(t)
    await publish(first)
    await arena.stage.skip(HOUR)
    const parent = await publish(right(first.next, EASIEST, hint({ first, payment })))
    await arena.seen()
    await arena.stage.skip(HOUR)
    await arena.force([VOID])
    await arena.startMiner()
    await childOf(parent.next.id)
    await arena.countMoney()
  })
}

for (const [name, hint] of HINTS.filter((_, i) => i % 2 === 1)) {
  test(`a miner at work goes on when four blocks come at once that all name ${name}`, async (t) => {
    const { arena, first, payment, publish, right, childOf } = await open(t)
    await publish(first)
    await arena.stage.skip(HOUR)
    await arena.seen()
    const miner = await arena.startMiner()
    await miner.running.said(/"state":"resting"/)
    // Each of twice the work of the one below it, so that no time has to pass between them.
    const { client, account } = arena.stage.anvil
    const torrent = hint({ first, payment })
    await client.setAutomine(false)
    let parent: ParentBlock = first.next
    let sealed = first.sealedBytes
    for (let i = 0; i < 4; i++) {
      const target = i === 0 ? EASIEST : targetFloor(parent.header.target)
      const block = right(parent, target, torrent)
      const { data } = publishCall(sealed, block)
      const to = arena.stage.bridge.address
      await client.sendTransaction({ account, to, data, value: 10n ** 18n, gas: 2_000_000n, chain: null })
      parent = block.next
      sealed = block.sealedBytes
    }
    await client.mine({ blocks: 1 })
    await client.setAutomine(true)
    assert.equal(await arena.tip(), parent.id)
    await arena.stage.skip(HOUR)
    await arena.force([VOID])
    await childOf(parent.id)
    await arena.countMoney()
  })
}

async function open(t: Parameters<typeof Arena.open>[0]) {
  const arena = await Arena.open(t)
  const { stage, node } = arena
  const { rules, genesis, genesisBlock } = stage.definition
  const sender = await arena.sender('attacker')
  const sealedOf = new Map<Hash, Uint8Array>([[stage.genesisId(), encodeSealed(genesisBlock)]])
  let payment = genesisInfohash(genesis)
  let payments = 0
  /** A right block with one payment, perhaps published with another torrent. */
  const right = (parent: ParentBlock, target: bigint, torrent?: Infohash): Forged => {
    const payee = accountOf(`payee ${payments}`).address
    const { packed, infohash } = pay(holder, { to: payee, tokens: 5n, time: payments++, prev: [payment] }, rules)
    payment = infohash
    const made = forge(rules, parent, [{ kind: 'transaction', packed }], target, sender.ethereum.account)
    return torrent === undefined ? made : borrow(made, torrent)
  }
  const root = { id: stage.genesisId(), header: genesisBlock.header, state: genesisState(genesis) }
  const first = right(root, EASIEST)
  return {
    arena,
    first,
    payment,
    right,
    publish: async (block: Forged): Promise<Forged> => {
      const below = sealedOf.get(block.parent.id)
      assert.ok(below)
      await arena.send(sender, publishCall(below, block))
      sealedOf.set(block.next.id, block.sealedBytes)
      return block
    },
    /** Waits until a right block is on this one, which carries the queue. */
    childOf: async (parent: Hash): Promise<void> => {
      await arena.until('a block on it', async () => {
        const { blocks } = await node.call('bridge_children', { parent })
        return blocks.some(({ verdict, lanes }) => verdict === 'valid' && lanes.forced === 1n)
      })
    },
  }
}
