// What a dispute does and what it cannot do: bonds, rewards, false proofs, the blocks around a dead one, and the queue after it.
// Long, since all of it begins with the same few blocks.

import assert from 'node:assert/strict'
import { after, beforeEach, describe, it } from 'node:test'
import { decodeFunctionData, encodeFunctionData, type Hex, numberToHex, size } from 'viem'
import { bridgeAbi } from '../../../deployments/bridge-abi.ts'
import { proveStep } from '../../../miner/watch/refutation.ts'
import { encodeRefutation, type Refutation } from '../../../node/ethereum/refute-call.ts'
import { blobHash } from '../../../node/protocol/blob-hash.ts'
import { concat } from '../../../node/protocol/bytes.ts'
import { genesisInfohash } from '../../../node/protocol/genesis.ts'
import { keccak } from '../../../node/protocol/hash.ts'
import { keyOf, ZERO_HASH } from '../../../node/protocol/ids.ts'
import { stateRoot } from '../../../node/protocol/state.ts'
import { accountOf, pay } from '../../../scripts/assure/models/world.ts'
import { forge } from '../../../scripts/devnet/drill/forge.ts'
import { appliedStep, proofOf, someHash, type TestBlock, voidStep } from '../../support/contract/blocks.ts'
import { assertReverts, Reverted, readArtifact } from '../../support/contract/chain.ts'
import { FORCED, founder, genesisTransaction, HOUR } from '../../support/contract/fixture.ts'
import { publishedOf, Stage, type Tip } from '../../support/contract/stage.ts'
import { joinOpening, type Opening, splitOpening } from '../../support/opening.ts'

const GWEI = 10n ** 9n
const stage = await Stage.start('harness')
const { fixture, rules } = stage
const { chain, genesis, read, wttx } = fixture
const [miner, prover] = [fixture.account(1), fixture.account(2)]
const [thief, somebody] = [fixture.account(3), fixture.account(5)]
const alice = accountOf('alice')
const coin = genesisInfohash(genesisTransaction)
const start = chain.time
let back = await stage.snapshot()

after(() => stage[Symbol.asyncDispose]())
beforeEach(async () => {
  await back()
  back = await stage.snapshot()
  chain.time = start + HOUR
})

const transaction = (to = alice.address, time = 1) => pay(founder, { to, tokens: 1_000n, time, prev: [coin] }, rules)
const request = () =>
  pay(
    founder,
    { to: rules.bridge, tokens: 100_000n, time: 1, prev: [coin], bridge: { chain: rules.chain, to: somebody } },
    rules,
  )
const plain = (packed: Uint8Array) => concat(Uint8Array.of(4), packed)
const GOOD = plain(transaction().packed)
/** The same money is given to alice twice. */
const BAD = [GOOD, plain(transaction(alice.address, 2).packed)]

/** Publishes a block whose second step is wrong, and answers it with its proof. */
async function publishBad(parent: Tip = stage.tip, rival = false): Promise<[TestBlock, Refutation]> {
  const block = await stage.publish(stage.draft(BAD, undefined, parent, { miner }), parent, { rival })
  const refutation = stage.refutationOf(block, parent)
  assert(refutation)
  return [block, refutation]
}

describe('the bond of a refuted block', () => {
  it('goes by half to the prover, who fetches it, and by half to nobody', async () => {
    const [, refutation] = await publishBad()
    const bond = fixture.bond()
    const [event] = fixture.events(await fixture.prove(refutation, prover), 'BlockRefuted')
    assert.equal(event?.args.reward, bond / 2n / GWEI)
    assert.equal(await read.owed([prover]), bond / 2n)
    assert.equal(await read.owed([miner]), 0n)
    await fixture.withdraw(prover)
    fixture.pass(100n * HOUR)
    assert.equal(await chain.client.getBalance({ address: fixture.bridge }), bond - bond / 2n)
    await assertReverts(fixture.withdrawBond(refutation.block), 'NoBond')
  })

  it('never pays who refutes himself, by himself or by another name', async () => {
    for (const accomplice of [miner, thief]) {
      const again = await stage.snapshot()
      const [, refutation] = await publishBad()
      await fixture.prove(refutation, accomplice)
      const returned = (await read.owed([miner])) + (await read.owed([thief]))
      assert.equal(returned * 2n, fixture.bond(), 'half of what was paid is gone')
      await again()
    }
  })

  it('is no gain for two identities that race each other with blocks that both are wrong', async () => {
    const [, first] = await publishBad()
    const [, second] = await publishBad(stage.tip, true)
    await fixture.prove(second, miner)
    await fixture.prove(first, thief)
    const returned = (await read.owed([miner])) + (await read.owed([thief]))
    assert.equal(returned * 2n, fixture.bond() + fixture.bond({ rival: true }))
  })

  it('is no reward any more once it was released', async () => {
    const [block, refutation] = await publishBad()
    fixture.pass(48n * HOUR)
    await fixture.withdrawBond(block)
    const [event] = fixture.events(await fixture.prove(refutation, prover), 'BlockRefuted')
    assert.equal(event?.args.reward, 0n)
    assert.equal((await read.blocks([keyOf(block.id)])).flags & 1, 1)
  })

  it('goes to whoever is first with the proof, copied or not: the block is dead all the same', async () => {
    const [block, refutation] = await publishBad()
    await fixture.prove(refutation, thief)
    await assertReverts(fixture.prove(refutation, prover), 'BlockIsRefuted', [block.id])
    assert.equal(await read.owed([thief]), fixture.bond() / 2n)
    assert.equal(await read.owed([prover]), 0n)
  })
})

describe('a proof', () => {
  it('against a final, refuted or unknown block changes nothing', async () => {
    const [block, refutation] = await publishBad()
    const unknown = { ...refutation, block: { ...refutation.block, seal: { miner, nonce: someHash(7) } } }
    await assert.rejects(fixture.prove(unknown), { errorName: 'UnknownBlock' })
    const again = await stage.snapshot()
    fixture.pass(24n * HOUR)
    await fixture.finalize(block)
    const before = await read.blocks([keyOf(block.id)])
    await assertReverts(fixture.prove(refutation, prover), 'AlreadyFinal', [block.id])
    assert.deepEqual(await read.blocks([keyOf(block.id)]), before)
    assert.equal(await read.finalBlock(), block.id)
    assert.equal(await read.owed([prover]), 0n)
    await again()
    chain.time = start + HOUR
    await fixture.prove(refutation)
    await assertReverts(fixture.prove(refutation), 'BlockIsRefuted', [block.id])
    const sealed = { ...refutation, block: genesis, parent: genesis }
    await assertReverts(fixture.prove(sealed), 'AlreadyFinal', [genesis.id])
  })

  it('of a step that is right is none', async () => {
    const block = await stage.publish(stage.draft(BAD))
    const first = proveStep(rules, { parent: genesis, block: publishedOf(block) }, stage.tip.state, 0)
    await assertReverts(fixture.prove(first), 'StepIsRight', [0n])
    assert.equal((await read.blocks([keyOf(block.id)])).flags & 1, 0)
  })

  it('has to be about this block, this step, and the state before it', async () => {
    const [block, right] = await publishBad()
    const { proof } = right
    const opening = splitOpening(proof)
    const { siblings, previous } = opening
    assert(previous)
    const other = await stage.publish(stage.draft([GOOD]), stage.tip, { rival: true })
    const change = (changed: Partial<Refutation['proof']>) => ({ ...right, proof: { ...proof, ...changed } })
    const opened = (changed: Partial<Opening>) => change({ opening: joinOpening({ ...opening, ...changed }) })
    await assertReverts(fixture.prove({ ...right, parent: other }), 'NotParent', [block.id, other.id])
    await assertReverts(fixture.prove(change({ index: 2 })), 'NoSuchStep', [2n, 2n])
    for (const lie of [
      change({ index: 0 }),
      change({ step: plain(transaction(somebody).packed) }),
      opened({ state: someHash(1) }),
      opened({ siblings: [] }),
      opened({ siblings: [...siblings, ZERO_HASH] }),
      opened({ siblings: [someHash(1)] }),
      change({ opening: proof.opening.slice(0, -1) }),
      change({ opening: concat(proof.opening, Uint8Array.of(0)) }),
      change({ opening: new Uint8Array() }),
    ]) {
      await assertReverts(fixture.prove(lie), 'BadProof')
    }
    for (const lie of [{ stepHash: someHash(1) }, { state: genesis.header.state }, { siblings: [someHash(1)] }]) {
      await assertReverts(fixture.prove(opened({ previous: { ...previous, ...lie } })), 'BadProof', [0n, 1n])
    }
    for (const lie of [{ siblings: [] }, { siblings: [...previous.siblings, ZERO_HASH] }]) {
      await assertReverts(fixture.prove(opened({ previous: { ...previous, ...lie } })), 'BadProof', [1n, 1n])
    }
    const { previous: _none, ...without } = opening
    await assertReverts(fixture.prove(change({ opening: joinOpening(without) })), 'BadProof', [1n, 1n])
    await assertReverts(fixture.prove(change({ witness: new Uint8Array() })), 'BadWitness')
    await assertReverts(fixture.prove(change({ witness: concat(proof.witness, Uint8Array.of(0)) })), 'BadWitness')
    await assertReverts(fixture.prove(change({ forced: transaction().packed })), 'NotForced', [1n])
    await assertReverts(fixture.prove(change({ request: [someHash(1)] })), 'NotNeeded', [1n])
    await assertReverts(fixture.prove(change({ hashes: [someHash(1)] })), 'BadBlobs', [1n])
    await assertReverts(fixture.prove(change({ hashes: [blobHash(new Uint8Array(48))] })), 'OtherBlobs', [])
    await fixture.prove(right)
  })

  it('is answered by a judge that refuses headers of another length, whoever asks', async () => {
    const [, refutation] = await publishBad()
    const { abi } = await readArtifact('contracts/Judge.sol/Judge.json')
    const to = await read.judge()
    const call = decodeFunctionData({ abi: bridgeAbi, data: encodeRefutation(refutation) })
    assert(call.functionName === 'refute')
    const [header, parent, proof] = call.args
    const spot = { before: ZERO_HASH, beyond: ZERO_HASH }
    const ask = (...headers: readonly Hex[]) => {
      const data = encodeFunctionData({ abi, functionName: 'isWrong', args: [rules, ...headers, spot, proof] })
      // Not by the client, which asks again and again after an error.
      return chain.call(chain.request('eth_call', [{ to, data }]))
    }
    assert.equal(BigInt((await ask(header, parent)) as Hex), 1n)
    for (const lie of [(right: Hex): Hex => `${right}00`, (right: Hex): Hex => `0x${right.slice(2, -2)}`]) {
      await assertReverts(ask(lie(header), parent), 'BadHeaderLength', [BigInt(size(lie(header)))])
      await assertReverts(ask(header, lie(parent)), 'BadHeaderLength', [BigInt(size(lie(parent)))])
    }
  })

  it('that is starved of gas is none, wherever it runs out: a right block stays, and so does one that is wrong', async () => {
    const right = await stage.publish(stage.draft([GOOD]))
    const wrong = await stage.publish(stage.draft(BAD), stage.tip, { rival: true })
    const told = proveStep(rules, { parent: genesis, block: publishedOf(right) }, stage.tip.state, 0)
    const proof = stage.refutationOf(wrong)
    assert(proof)
    const from = prover
    const ends = async (refutation: Refutation, gas: bigint) => {
      const call = { from, to: fixture.bridge, data: encodeRefutation(refutation), gas: numberToHex(gas) }
      return await chain.call(chain.request('eth_call', [call])).then(
        () => 'refuted',
        (error) => (error instanceof Reverted ? error.errorName : 'out of gas'),
      )
    }
    const full = 600_000n
    assert.deepEqual([await ends(told, full), await ends(proof, full)], ['StepIsRight', 'refuted'])
    const words = { right: new Set<string>(), wrong: new Set<string>() }
    // In steps of less than a signature check costs, which would answer that there is no signature.
    for (let gas = 60_000n; gas < full; gas += 1_777n) {
      words.right.add(await ends(told, gas))
      words.wrong.add(await ends(proof, gas))
    }
    assert.deepEqual([...words.right].toSorted(), ['StepIsRight', 'out of gas'])
    assert.deepEqual([...words.wrong].toSorted(), ['out of gas', 'refuted'])
  })

  it('that a void step is not void needs the transaction that it is about', async () => {
    const { packed } = transaction()
    const fee = await stage.force(packed)
    const block = await stage.publish(stage.draft([voidStep(fee, packed)]))
    const right = stage.refutationOf(block)
    assert(right)
    const { forced: _none, ...without } = right.proof
    await assertReverts(fixture.prove({ ...right, proof: { ...without, witness: new Uint8Array() } }), 'StepIsRight')
    const other = { ...right.proof, forced: transaction(somebody).packed }
    await assertReverts(fixture.prove({ ...right, proof: other }), 'NotForced', [0n])
    await fixture.prove(right)
  })

  it('that a void step is not void is about no other step, though that has the hash of a valid transaction in its place', async () => {
    // A deposit has 28 bytes there that its sender chooses: for 2^32 hashes anyone could have each block convicted that consumes it.
    const { packed } = transaction()
    const step = GOOD.slice()
    step.set(keccak(packed), 9)
    const block = await stage.publish(stage.draft([step]))
    const right = stage.refutationOf(block)
    assert(right)
    const valid = proveStep(rules, { parent: genesis, block: publishedOf(block) }, stage.tip.state, 0, packed)
    await assertReverts(fixture.prove(valid), 'NotForced', [0n])
    await fixture.prove(right)
  })

  it('that a void step is not void fails where it is: by each reason that an invalid transaction has', async () => {
    const spent = transaction(alice.address, 2)
    const fees = [await stage.force(transaction().packed), await stage.force(spent.packed)] as const
    const steps = [appliedStep(fees[0], transaction().packed), voidStep(fees[1], spent.packed)]
    const block = await stage.publish(stage.draft(steps))
    assert.equal(stage.judge(block).verdict, 'valid')
    const published = { parent: genesis, block: publishedOf(block) }
    const [before] = stage.statesOf(steps)
    await assertReverts(fixture.prove(proveStep(rules, published, before, 1, spent.packed)), 'StepIsRight', [1n])
    // Against the state of the parent it would be valid; but that is not the state before it.
    const stale = proveStep(rules, published, stage.tip.state, 1, spent.packed)
    await assertReverts(fixture.prove(stale), 'BadWitness')
  })
})

describe('the death of a block', () => {
  it('is that of all its descendants, and of nobody else', async () => {
    const [block, refutation] = await publishBad()
    const sibling = await stage.publish(stage.draft([GOOD]), stage.tip, { rival: true })
    const branch = [block]
    for (let i = 0; i < 10; i++) branch.push(await fixture.extend(branch.at(-1) as TestBlock))
    const last = branch.at(-1) as TestBlock
    await fixture.nominate(genesis, last)
    fixture.pass(HOUR)
    await fixture.prove(refutation)
    for (const dead of branch) {
      assert.equal(await read.isEligible([keyOf(genesis.id), keyOf(dead.id)]), false)
      await assertReverts(fixture.nominate(genesis, dead), 'NotEligible')
    }
    const { publishedAt } = await read.blocks([keyOf(sibling.id)])
    await assertReverts(fixture.finalize(sibling), 'TooEarly', [BigInt(publishedAt) + 24n * HOUR])
    chain.time = BigInt(publishedAt) + 24n * HOUR
    await fixture.finalize(sibling)
    assert.equal(await read.finalBlock(), sibling.id)
  })

  it('costs the same however deep and however wide the branch is', async () => {
    const gasAt = async (depth: number, width: number) => {
      const again = await stage.snapshot()
      await stage.publish(stage.draft([GOOD]))
      for (let i = 0; i < width; i++) await stage.publish(stage.draft([GOOD]), stage.tip, { rival: true })
      const [block, refutation] = await publishBad(stage.tip, true)
      for (let i = 0; i < width; i++) await stage.publish(stage.draft([GOOD]), stage.tip, { rival: true })
      let tip = block
      for (let i = 0; i < depth; i++) tip = await fixture.extend(tip)
      const { gasUsed } = await fixture.prove(refutation, prover)
      await again()
      return gasUsed
    }
    const least = await gasAt(0, 1)
    assert.equal(await gasAt(127, 1), least)
    assert.equal(await gasAt(0, 30), least)
  })

  it('gives back the queue: the next block consumes the same entries, right this time', async () => {
    const { packed } = transaction()
    const fee = await stage.force(packed)
    const bad = await stage.publish(stage.draft([voidStep(fee, packed)]))
    const refutation = stage.refutationOf(bad)
    assert(refutation)
    await fixture.prove(refutation)
    fixture.pass(HOUR)
    await assertReverts(fixture.publish(genesis, stage.draft([])), 'QueueIgnored', [FORCED, 0n])
    const block = await stage.extend([appliedStep(fee, packed)], { isFinal: true })
    assert.equal(block.header.lanes.forced.count, 1n)
    assert.equal(await read.finalBlock(), block.id)
  })

  it('leaves its requests to be included again, and paid once', async () => {
    const ask = plain(request().packed)
    const bad = await stage.publish(stage.draft([ask, ask]))
    const refutation = stage.refutationOf(bad)
    assert(refutation)
    await fixture.prove(refutation)
    await assertReverts(fixture.claim(bad, proofOf(bad, 0)), 'NotFinal', [bad.id])
    const block = await stage.extend([ask], { isFinal: true })
    await fixture.claim(block, proofOf(block, 0))
    assert.equal(await wttx.balanceOf([somebody]), 99_000n)
    await assertReverts(fixture.claim(block, proofOf(block, 0)), 'AlreadyClaimed')
    await assertReverts(fixture.claim(bad, proofOf(bad, 0)), 'NotFinal', [bad.id])
  })

  it('does not hide what stands on it: a wrong block on a dead one can be proved wrong too', async () => {
    const [, refutation] = await publishBad()
    const told = { block: refutation.block as TestBlock, state: stage.statesOf(BAD)[1] }
    const [, onTop] = await publishBad(told)
    await fixture.prove(refutation)
    await fixture.prove(onTop, prover)
    assert.equal(await read.owed([prover]), fixture.bond() / 2n)
  })

  it('is by its own fault: a block is judged by what its parent states, right or wrong', async () => {
    const stolen = forge(
      forge(stage.tip.state, { owner: alice.address }, 5n),
      { infohash: coin, owner: alice.address },
      5n,
    )
    const bad = await stage.publish(stage.draft([GOOD], [stateRoot(stolen)]))
    const told: Tip = { block: bad, state: stolen }
    const spends = plain(pay(alice, { to: somebody, tokens: 5n, time: 1, prev: [coin] }, rules).packed)
    const onTop = await stage.publish(stage.draft([spends], undefined, told), told)
    assert.equal(stage.refutationOf(onTop, told), undefined)
    const proof = proveStep(rules, { parent: bad, block: publishedOf(onTop) }, stolen, 0)
    await assertReverts(fixture.prove(proof), 'StepIsRight', [0n])
    // The money that it spends dies with the block that made it.
    const refutation = stage.refutationOf(bad)
    assert(refutation)
    await fixture.prove(refutation)
    assert.equal(await read.isEligible([keyOf(genesis.id), keyOf(onTop.id)]), false)
  })

  it('is by its own fault too where the parent states what no chain leads to: what follows has an answer there', async () => {
    // Alice has an output, and no account.
    const input = { infohash: coin, owner: alice.address }
    const state = forge(stage.tip.state, input, 5n)
    const bad = await stage.publish(stage.draft([GOOD], [stateRoot(state)]))
    const told: Tip = { block: bad, state }
    const { packed } = pay(alice, { to: somebody, tokens: 5n, time: 1, prev: [coin] }, rules)
    const onTop = await stage.publish(stage.draft([plain(packed)], [someHash(1)], told), told)
    const verdict = stage.judge(onTop, told)
    assert(verdict.verdict === 'invalid' && verdict.problem === 'Overspend')
    for (const [block, parent] of [
      [onTop, told],
      [bad, stage.tip],
    ] as const) {
      const refutation = stage.refutationOf(block, parent)
      assert(refutation)
      await fixture.prove(refutation)
      assert.equal((await read.blocks([keyOf(block.id)])).flags & 1, 1)
    }
  })
})
