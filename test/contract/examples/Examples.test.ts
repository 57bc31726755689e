// What others build on `balanceAt`: a club, a vote and an airdrop, and what each of them refuses.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { encodeFunctionData, parseAbi } from 'viem'
import { type Address, checksumAddress, parseInfohash } from '../../../node/protocol/ids.ts'
import { entryKey, type State, stateOf, stateRoot } from '../../../node/protocol/state.ts'
import { encodeOpening } from '../../../node/protocol/tree.ts'
import { someHash, toHex, transactionStep } from '../../support/contract/blocks.ts'
import { assertReverts } from '../../support/contract/chain.ts'
import { Fixture, HOUR, sealedHex } from '../../support/contract/fixture.ts'
import { freshForEach } from '../../support/contract/fresh.ts'

const fixture = await Fixture.deploy('bridge')
const { chain, genesis } = fixture
await freshForEach(fixture)

const [alice, bob, carol] = [fixture.account(5), fixture.account(6), fixture.account(7)]
const membersAbi = parseAbi(['function join(bytes sealedHeader, bytes opening)'])
const voteAbi = parseAbi([
  'function vote(uint256 answer, bytes sealedHeader, bytes opening)',
  'function votes(uint256) view returns (uint256)',
])
const airdropAbi = parseAbi(['function claim(address account, bytes sealedHeader, bytes opening)'])
const tokenAbi = parseAbi(['function mint(address, uint256)', 'function balanceOf(address) view returns (uint256)'])
const infohash = (seed: number) => parseInfohash(someHash(seed).slice(2, 42))
/** An asset that a transaction issued. */
const GOLD = infohash(77)
const holdings = stateOf([
  { infohash: infohash(1), owner: alice, value: 500n },
  { infohash: infohash(2), owner: bob, value: 499n },
  { infohash: infohash(3), owner: bob, value: 7n, asset: GOLD },
])
const opening = (owner: Address, within: State = holdings) => toHex(encodeOpening(within, entryKey({ owner })))
const openingOfGold = (owner: Address) => toHex(encodeOpening(holdings, entryKey({ owner, asset: GOLD })))
const plain = (seed: number) => transactionStep({ payee: alice, seed })
const finalWith = async () => await fixture.extendFinal(genesis, { steps: [plain(0)], states: [stateRoot(holdings)] })

describe('Members', () => {
  it('is all that a contract needs to let holders of TTX in', async () => {
    const block = await finalWith()
    const members = await chain.deploy('contracts/examples/Members.sol/Members.json', [fixture.bridge, 500n])
    const join = (header: `0x${string}`, from: typeof alice) => {
      const args = [header, opening(from)] as const
      return chain.send(members, encodeFunctionData({ abi: membersAbi, functionName: 'join', args }), { from })
    }
    await join(sealedHex(block), alice)
    await assertReverts(join(sealedHex(block), bob), 'TooPoor', [499n, 500n])
    await assertReverts(join(sealedHex(genesis), alice), 'NotNewest', [genesis.id])
  })
})

describe('Vote', () => {
  it('weighs each voice once, by what was there when the vote was made, whatever became final since', async () => {
    const block = await finalWith()
    const end = chain.time + 100n * HOUR
    const vote = await chain.deploy('contracts/examples/Vote.sol/Vote.json', [fixture.bridge, 2n, end])
    const cast = (from: typeof alice, answer: bigint, header = sealedHex(block)) => {
      const args = [answer, header, opening(from)] as const
      return chain.send(vote, encodeFunctionData({ abi: voteAbi, functionName: 'vote', args }), { from })
    }
    const votes = async (answer: bigint) =>
      await chain.client.readContract({ address: vote, abi: voteAbi, functionName: 'votes', args: [answer] })
    await cast(alice, 0n)
    await assertReverts(cast(alice, 1n), 'VotedAlready', [checksumAddress(alice)])
    await assertReverts(cast(bob, 2n), 'NoSuchAnswer', [2n])
    await assertReverts(cast(bob, 1n, sealedHex(genesis)), 'OtherBlock', [genesis.id])
    // Money that moves on later changes nothing.
    await fixture.extendFinal(block, { steps: [plain(1)], states: [stateRoot(stateOf([]))] })
    await cast(bob, 1n)
    await cast(carol, 1n)
    assert.deepEqual([await votes(0n), await votes(1n)], [500n, 499n])
    chain.time = end
    await assertReverts(cast(fixture.account(8), 0n), 'Ended', [end])
  })
})

describe('Airdrop', () => {
  it('gives to every holder of an asset once, whoever asks for it, and nothing to others', async () => {
    const block = await finalWith()
    const token = await chain.deploy('contracts/examples/ExampleToken.sol/ExampleToken.json', [])
    const drop = await chain.deploy('contracts/examples/Airdrop.sol/Airdrop.json', [
      fixture.bridge,
      token,
      3,
      `0x${GOLD}`,
      10n,
    ])
    await chain.send(token, encodeFunctionData({ abi: tokenAbi, functionName: 'mint', args: [drop, 1_000n] }))
    const claim = (account: typeof alice, proof: `0x${string}`, header = sealedHex(block)) => {
      const args = [account, header, proof] as const
      return chain.send(drop, encodeFunctionData({ abi: airdropAbi, functionName: 'claim', args }), { from: carol })
    }
    const has = async (account: typeof alice) =>
      await chain.client.readContract({ address: token, abi: tokenAbi, functionName: 'balanceOf', args: [account] })
    await assertReverts(claim(bob, opening(bob)), 'BadWitness')
    await assertReverts(claim(bob, openingOfGold(bob), sealedHex(genesis)), 'OtherBlock', [genesis.id])
    await claim(bob, openingOfGold(bob))
    await assertReverts(claim(bob, openingOfGold(bob)), 'ClaimedAlready', [checksumAddress(bob)])
    await claim(alice, openingOfGold(alice))
    assert.deepEqual([await has(bob), await has(alice), await has(carol)], [70n, 0n, 0n])
  })
})
