// Publishing: what a block has to be, and that the contract derives the same header from it as the spec does.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { encodeFunctionData, getAddress, type Hex, numberToHex } from 'viem'
import { bridgeAbi } from '../../../deployments/bridge-abi.ts'
import { bondOf } from '../../../node/ethereum/calls.ts'
import { concat, parseHex } from '../../../node/protocol/bytes.ts'
import { type Address, keyOf, toBytes, ZERO_ADDRESS, ZERO_KEY } from '../../../node/protocol/ids.ts'
import { targetCeiling, targetFloor, workOf } from '../../../node/protocol/target.ts'
import { toGasPrice, toSeconds } from '../../../node/protocol/units.ts'
import { draftBlock, someHash, type TestBlock, toHex, transactionStep } from '../../support/contract/blocks.ts'
import { assertReverts, Reverted } from '../../support/contract/chain.ts'
import { EASIEST_TARGET, Fixture, FLOOR_PRICE, HOUR, sealedHex } from '../../support/contract/fixture.ts'
import { freshForEach } from '../../support/contract/fresh.ts'

const fixture = await Fixture.deploy('bridge')
const { chain, genesis, read } = fixture
const start = await freshForEach(fixture)

describe('publish', () => {
  const payee = fixture.account(5)
  const steps = [
    transactionStep({ payee, inputs: 2 }),
    transactionStep({ payee, request: true, tokens: 1_234n, memo: 140, seed: 1 }),
    transactionStep({ payee, inputs: 8, seed: 2 }),
  ]

  it('takes a block that shows its work, and keeps what later calls need', async () => {
    const block = fixture.draft(genesis, { steps })
    const receipt = await fixture.publish(genesis, block)
    const [event] = fixture.events(receipt, 'BlockPublished')
    assert.deepEqual(event?.args, {
      id: block.id,
      parent: genesis.id,
      miner: event?.args.miner,
      torrent: `0x${block.torrent}`,
      header: sealedHex(block),
      steps: toHex(concat(...steps)),
      states: toHex(concat(...block.states.map(toBytes))),
      time: Number(chain.time),
    })
    assert.equal(event?.args.miner.toLowerCase(), fixture.account(1))
    const { supply, fee, queueFees, firstRequest, requestCount } = block.header
    assert.deepEqual([supply, fee, queueFees, firstRequest, requestCount], [10n ** 27n - 1_234n, 12n, 0n, 0n, 1])
    const none = ZERO_KEY
    assert.deepEqual(await read.blocks([keyOf(block.id)]), {
      parent: keyOf(genesis.id),
      publishedAt: Number(chain.time),
      tag: `0x${block.id.slice(18, 34)}`,
      work: workOf(block.header.target),
      flags: 0,
      bond: 20_000_000,
      firstChild: none,
      lastChild: none,
      previousSibling: none,
      nextSibling: none,
    })
    assert.equal(await read.firstChild([keyOf(genesis.id)]), keyOf(block.id))
  })

  it('that is starved of gas is none, wherever it runs out: no other block, and no other reason against a wrong one', async () => {
    const right = fixture.draft(genesis, { steps })
    const bytes = toHex(concat(...steps))
    const call = (block: TestBlock, steps: Hex) => {
      const { header, seal, torrent, states } = block
      const { miner, nonce } = seal
      const publication = { target: header.target, torrent: `0x${torrent}`, miner, nonce, beside: ZERO_KEY } as const
      const args = [sealedHex(genesis), publication, steps, toHex(concat(...states.map(toBytes)))] as const
      return encodeFunctionData({ abi: bridgeAbi, functionName: 'publish', args })
    }
    const value = numberToHex(fixture.bond())
    await chain.mine()
    const ends = async (data: Hex, gas: bigint) => {
      const request = { from: fixture.account(1), to: fixture.bridge, data, gas: numberToHex(gas), value }
      return await chain.call(chain.request('eth_call', [request])).then(
        (id) => String(id),
        (error) => (error instanceof Reverted ? error.message : 'out of gas'),
      )
    }
    const cut = toHex(concat(...steps).subarray(0, -1))
    const offset = concat(...steps.slice(0, 2)).length
    const seen = { right: new Set<string>(), cut: new Set<string>() }
    for (let gas = 60_000n; gas < 200_000n; gas += 1_117n) {
      seen.right.add(await ends(call(right, bytes), gas))
      seen.cut.add(await ends(call(right, cut), gas))
    }
    assert.deepEqual([...seen.right].toSorted(), [right.id, 'out of gas'])
    assert.deepEqual([...seen.cut].toSorted(), [`MalformedStep(2, ${offset})`, 'out of gas'])
  })

  it('derives the header of the spec for every number of steps up to 9, and for 500', async () => {
    for (const count of [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 500]) {
      const many = Array.from({ length: count }, (_, seed) => transactionStep({ payee, seed }))
      const back = await chain.snapshot()
      await fixture.extend(genesis, { steps: many })
      await back()
    }
  })

  it('derives the header of an empty block, whose state is that of its parent', async () => {
    const block = await fixture.extend(genesis)
    assert.equal(block.header.state, genesis.header.state)
  })

  it('builds on blocks that are not final, and sums up work and supply', async () => {
    let tip = genesis
    let work = 0n
    for (let i = 1; i <= 3; i++) {
      tip = await fixture.extend(tip, { steps: [transactionStep({ payee, request: true, tokens: 100n, seed: i })] })
      work += workOf(tip.header.target)
      const record = await read.blocks([keyOf(tip.id)])
      assert.equal(record.work, work)
      assert.deepEqual([tip.header.supply, tip.header.firstRequest], [10n ** 27n - 100n * BigInt(i), BigInt(i - 1)])
      fixture.pass(HOUR)
    }
  })

  it('refuses work that misses the target', async () => {
    const block = fixture.draft(genesis, { nonce: 0n })
    assert(BigInt(block.id) > block.header.target)
    await assertReverts(fixture.publish(genesis, block), 'InsufficientWork', [block.id, block.header.target])
  })

  it('cannot be told that somebody else did the work', async () => {
    const block = fixture.draft(genesis)
    const stolen = { ...block, seal: { ...block.seal, miner: fixture.account(9) } }
    await assertReverts(fixture.publish(genesis, stolen), 'InsufficientWork')
  })

  it('refuses a miner that could never be paid', async () => {
    await assertReverts(fixture.publish(genesis, fixture.draft(genesis, { miner: ZERO_ADDRESS })), 'ZeroMiner')
  })

  it('refuses the same block twice', async () => {
    const block = await fixture.extend(genesis)
    await assertReverts(fixture.publish(genesis, block, { rival: true }), 'AlreadyPublished', [block.id])
  })

  it('refuses a parent that is cut short, too long, altered, or unknown', async () => {
    const block = fixture.draft(genesis)
    const unknown = { ...genesis, header: { ...genesis.header, height: 1n } }
    await assertReverts(fixture.publish(unknown, block), 'UnknownBlock')
    for (const length of [0, 280, 282]) {
      const parent = toHex(Uint8Array.from({ ...parseHex(sealedHex(genesis)), length }))
      await assertReverts(fixture.publish(parent, block), 'BadHeaderLength', [BigInt(length)])
    }
  })

  it('takes exactly the targets between floor and ceiling, which eases with time', async () => {
    for (const elapsed of [0n, 1n, 2_699n, 2_700n, 3_599n, 3_600n, 4_000n, 4_500n, 9_000n, 400_000n]) {
      chain.time = start + elapsed
      const floor = targetFloor(EASIEST_TARGET)
      const ceiling = targetCeiling(EASIEST_TARGET, toSeconds(elapsed), EASIEST_TARGET)
      for (const target of [floor - 1n, ceiling + 1n]) {
        const block = fixture.draft(genesis, { target, nonce: 0n })
        await assertReverts(fixture.publish(genesis, block), 'TargetOutOfRange', [target, floor, ceiling])
      }
      for (const target of [floor, ceiling]) {
        const back = await chain.snapshot()
        await fixture.extend(genesis, { target })
        await back()
      }
    }
  })

  it('wants a bond of 20M gas at the base fee of the moment, or at the floor if that is higher', async () => {
    for (const [baseFee, price] of [
      [7_123_456_789n, 7_123_456_789n],
      [FLOOR_PRICE + 1n, FLOOR_PRICE + 1n],
      [FLOOR_PRICE - 1n, FLOOR_PRICE],
      [7n, FLOOR_PRICE],
      [0n, FLOOR_PRICE],
    ] as const) {
      chain.baseFee = baseFee
      const back = await chain.snapshot()
      const block = fixture.draft(genesis)
      const least = 20_000_000n * price
      assert.equal(bondOf({ baseFee: toGasPrice(baseFee), floorPrice: toGasPrice(FLOOR_PRICE) }), least)
      await assertReverts(fixture.publish(genesis, block, { value: least - 1n }), 'BondTooSmall', [least - 1n, least])
      await fixture.publish(genesis, block, { value: least })
      assert.equal((await read.blocks([keyOf(block.id)])).bond, Number(least / 10n ** 9n))
      await back()
    }
  })

  it('wants a bond of 100M gas of a rival, at the base fee or at five times the floor, as the product counts it', async () => {
    const first = await fixture.extend(genesis)
    fixture.pass(1n)
    const { beside, from } = { beside: first.id, from: fixture.account(1) }
    for (const [baseFee, price] of [
      [7_123_456_789n, 7_123_456_789n],
      [5n * FLOOR_PRICE + 1n, 5n * FLOOR_PRICE + 1n],
      [5n * FLOOR_PRICE - 1n, 5n * FLOOR_PRICE],
      [2n * FLOOR_PRICE, 5n * FLOOR_PRICE],
      [FLOOR_PRICE - 1n, 5n * FLOOR_PRICE],
      [0n, 5n * FLOOR_PRICE],
    ] as const) {
      chain.baseFee = baseFee
      const back = await chain.snapshot()
      const rival = fixture.draft(genesis, { target: first.header.target, steps })
      const least = 100_000_000n * price
      assert.equal(bondOf({ baseFee: toGasPrice(baseFee), floorPrice: toGasPrice(FLOOR_PRICE) }, true), least)
      const publish = (value: bigint) => fixture.publish(genesis, rival, { beside, from, value })
      await assertReverts(publish(least - 1n), 'BondTooSmall', [least - 1n, least])
      await publish(least)
      assert.equal((await read.blocks([keyOf(rival.id)])).bond, Number(least / 10n ** 9n))
      await back()
    }
  })

  it('takes a rival from the account of its miner only, and any other block from anybody', async () => {
    const [miner, other] = [fixture.account(1), fixture.account(2)]
    const first = await fixture.extend(genesis, { miner }, { from: other })
    fixture.pass(1n)
    const rival = fixture.draft(genesis, { target: first.header.target, miner, steps })
    const publish = (from: Address) => fixture.publish(genesis, rival, { beside: first.id, from })
    await assertReverts(publish(other), 'NotMiner', [getAddress(miner)])
    await publish(miner)
    await fixture.extend(rival, { miner }, { from: other })
  })

  it('keeps all that was sent as the bond', async () => {
    const block = fixture.draft(genesis)
    await fixture.publish(genesis, block, { value: 3n * 10n ** 18n })
    assert.equal((await read.blocks([keyOf(block.id)])).bond, 3 * 10 ** 9)
  })

  it('refuses steps without shape, wherever they are', async () => {
    const publish = (bytes: Uint8Array, count: number) => {
      const states = concat(...Array.from({ length: count }, (_, i) => toBytes(someHash(i))))
      return fixture.publish(genesis, fixture.draft(genesis, { steps }), { steps: bytes, states })
    }
    const [first = new Uint8Array()] = steps
    await assertReverts(publish(Uint8Array.of(0), 1), 'MalformedStep', [0n, 0n])
    await assertReverts(publish(Uint8Array.of(5), 1), 'MalformedStep', [0n, 0n])
    await assertReverts(publish(first.subarray(0, -1), 1), 'MalformedStep', [0n, 0n])
    await assertReverts(publish(concat(first, Uint8Array.of(4)), 2), 'MalformedStep', [1n, BigInt(first.length)])
    await assertReverts(publish(concat(first, first.with(1, 0x20)), 2), 'MalformedStep', [1n, BigInt(first.length)])
    await assertReverts(publish(concat(first, first.with(2, 141)), 2), 'MalformedStep', [1n, BigInt(first.length)])
  })

  it('wants one state of 32 bytes for each step', async () => {
    const block = fixture.draft(genesis, { steps })
    const states = concat(...block.states.map(toBytes))
    const publish = (bytes: Uint8Array) => fixture.publish(genesis, block, { states: bytes })
    await assertReverts(publish(new Uint8Array()), 'StatesMismatch', [1n, 0n])
    await assertReverts(publish(states.subarray(32)), 'StatesMismatch', [3n, 64n])
    await assertReverts(publish(states.subarray(1)), 'StatesMismatch', [3n, 95n])
    await assertReverts(publish(concat(states, Uint8Array.of(0))), 'StatesMismatch', [3n, 97n])
    await assertReverts(publish(concat(states, states.subarray(32, 64))), 'StatesMismatch', [3n, 128n])
  })

  it('refuses more than 500 steps', async () => {
    const many = Array.from({ length: 501 }, (_, seed) => transactionStep({ payee, seed }))
    const block = draftBlock(genesis, HOUR, EASIEST_TARGET, { steps: many, miner: payee, nonce: 0n })
    await assertReverts(fixture.publish(genesis, block), 'TooManySteps', [501n])
  })

  it('takes 122,880 bytes of steps and states, and none more', async () => {
    // 278 × (408 + 32) + 2 × (248 + 32) = 122,880
    const largest = Array.from({ length: 278 }, (_, seed) => transactionStep({ payee, inputs: 8, memo: 140, seed }))
    const last = (memo: number) => transactionStep({ payee, memo })
    const tooMany = fixture.draft(genesis, { steps: [...largest, last(120), last(121)], nonce: 0n })
    await assertReverts(fixture.publish(genesis, tooMany), 'TooManyBytes', [122_881n])
    await fixture.extend(genesis, { steps: [...largest, last(120), last(120)] })
  })

  it('refuses requests for more than there is', async () => {
    const supply = 10n ** 27n
    const all = transactionStep({ payee, request: true, tokens: supply })
    const more = transactionStep({ payee, request: true, tokens: 1n })
    const block = fixture.draft(genesis, { steps: [all, more] })
    await assertReverts(fixture.publish(genesis, block), 'SupplyExceeded', [supply, supply + 1n])
    const whole = await fixture.extend(genesis, { steps: [all] })
    assert.equal(whole.header.supply, 0n)
    fixture.pass(HOUR)
    await assertReverts(fixture.publish(whole, fixture.draft(whole, { steps: [more] })), 'SupplyExceeded', [0n, 1n])
  })
})
