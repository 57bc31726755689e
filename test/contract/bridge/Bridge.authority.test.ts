// Nobody is more than anybody else: what can be called, by whom, and what the deployed code does not even contain.

import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { encodeFunctionData, toFunctionSelector } from 'viem'
import { bridgeAbi } from '../../../deployments/bridge-abi.ts'
import { tokenAbi } from '../../../deployments/token-abi.ts'
import { bondOf } from '../../../node/ethereum/calls.ts'
import { PARAMETERS } from '../../../node/ethereum/deploying/parameters.ts'
import { parseHex } from '../../../node/protocol/bytes.ts'
import { keyOf } from '../../../node/protocol/ids.ts'
import { GWEI, toGasPrice } from '../../../node/protocol/units.ts'
import { assertReverts, readArtifact } from '../../support/contract/chain.ts'
import { EASIEST_TARGET, Fixture, FLOOR_PRICE, MIN_DEPOSIT, MIN_REQUEST } from '../../support/contract/fixture.ts'

const fixture = await Fixture.deploy('bridge')
const { chain, genesis, read } = fixture
after(() => fixture[Symbol.asyncDispose]())

describe('what can be changed', () => {
  const changing = (abi: typeof bridgeAbi | typeof tokenAbi) =>
    abi.flatMap((item) => (item.type === 'function' && item.stateMutability !== 'view' ? [item.name] : []))

  it('on the bridge is the life of blocks and the money of the caller: no owner, no pause, no upgrade', () => {
    assert.deepEqual(changing(bridgeAbi).toSorted(), [
      'claim',
      'claimMany',
      'deposit',
      'depositWithPermit',
      'enter',
      'finalize',
      'force',
      'nominate',
      'publish',
      'publishBlobs',
      'refute',
      'withdraw',
      'withdrawBond',
    ])
    // No fallback and no receive either.
    assert.deepEqual([...new Set(bridgeAbi.map(({ type }) => type))].toSorted(), [
      'constructor',
      'error',
      'event',
      'function',
    ])
  })

  it('on the token is what the holder signs, and what the bridge does', () => {
    assert.deepEqual(changing(tokenAbi).toSorted(), ['approve', 'burn', 'mint', 'permit', 'transfer', 'transferFrom'])
  })

  it('is never for the deployer, nor for anybody else, to mint or burn', async () => {
    for (const from of [fixture.account(0), fixture.account(9)]) {
      for (const functionName of ['mint', 'burn'] as const) {
        const data = encodeFunctionData({ abi: tokenAbi, functionName, args: [from, 1n] })
        await assertReverts(chain.send(fixture.token, data, { from }), 'NotBridge')
      }
    }
    const bridge = await chain.client.readContract({ abi: tokenAbi, address: fixture.token, functionName: 'bridge' })
    assert.equal(bridge.toLowerCase(), fixture.bridge)
  })

  it('by code that runs in the place of this code is nothing', async () => {
    for (const contract of ['Bridge', 'Judge', 'Reader', 'WrappedTTX']) {
      const { deployedBytecode } = await readArtifact(`contracts/${contract}.sol/${contract}.json`)
      const opcodes = opcodesOf(parseHex(deployedBytecode))
      for (const [name, opcode] of Object.entries({
        CALLCODE: 0xf2,
        DELEGATECALL: 0xf4,
        SELFDESTRUCT: 0xff,
        CREATE: 0xf0,
        CREATE2: 0xf5,
      })) {
        assert(!opcodes.has(opcode), `${contract} has ${name}`)
      }
    }
  })

  it('in the judge is nothing: it has no storage, calls nobody who could change anything, and takes no money', async () => {
    const { deployedBytecode, abi } = await readArtifact('contracts/Judge.sol/Judge.json')
    const opcodes = opcodesOf(parseHex(deployedBytecode))
    const refused = { SLOAD: 0x54, SSTORE: 0x55, TLOAD: 0x5c, TSTORE: 0x5d, CALL: 0xf1, LOG1: 0xa1, CREATE: 0xf0 }
    for (const [name, opcode] of Object.entries(refused)) assert(!opcodes.has(opcode), `the judge has ${name}`)
    const functions = abi.filter((item) => item.type === 'function')
    assert.deepEqual(
      functions.map((item) => [
        item.type === 'function' && item.name,
        item.type === 'function' && item.stateMutability,
      ]),
      [['isWrong', 'view']],
    )
    const judge = await read.judge()
    const code = await chain.client.getCode({ address: judge })
    assert.equal(code, deployedBytecode)
    await assert.rejects(chain.send(judge, '0x', { value: 1n }))
  })

  it('in the reader is nothing: it asks the chain for nothing but whether blobs can be opened, and the rest of its answer is of the bytes alone', async () => {
    const { deployedBytecode, abi } = await readArtifact('contracts/Reader.sol/Reader.json')
    const opcodes = opcodesOf(parseHex(deployedBytecode))
    const refused = {
      ...{
        SLOAD: 0x54,
        SSTORE: 0x55,
        TLOAD: 0x5c,
        TSTORE: 0x5d,
        CALL: 0xf1,
        LOG1: 0xa1,
        CREATE: 0xf0,
      },
      ...{ ADDRESS: 0x30, BALANCE: 0x31, ORIGIN: 0x32, CALLER: 0x33, TIMESTAMP: 0x42, NUMBER: 0x43, BASEFEE: 0x48 },
    }
    for (const [name, opcode] of Object.entries(refused)) assert(!opcodes.has(opcode), `the reader has ${name}`)
    const functions = abi.flatMap((item) => (item.type === 'function' ? [[item.name, item.stateMutability]] : []))
    assert.deepEqual(functions, [
      ['balanceIn', 'pure'],
      ['seal', 'pure'],
      ['sealBlobs', 'view'],
    ])
    const reader = await read.reader()
    assert.equal(await chain.client.getCode({ address: reader }), deployedBytecode)
    await assert.rejects(chain.send(reader, '0x', { value: 1n }))
  })

  it('by the door of the tests is nothing: the deployed code does not have it', async () => {
    const door = toFunctionSelector('refute(bytes32)').slice(2)
    const { deployedBytecode } = await readArtifact('contracts/Bridge.sol/Bridge.json')
    const harness = await readArtifact('test/contract/harness/BridgeHarness.sol/BridgeHarness.json')
    assert(!deployedBytecode.includes(door))
    assert(harness.deployedBytecode.includes(door))
  })
})

describe('parameters', () => {
  const artifact = 'contracts/Bridge.sol/Bridge.json'
  const state = genesis.header.state
  const deploy = async (...args: readonly unknown[]) => chain.deploy(artifact, [...args, await read.judge()])

  it('are those of the constructor, for ever', async () => {
    assert.equal(await read.chain(), 31_337n)
    assert.equal(await read.easiestTarget(), EASIEST_TARGET)
    assert.equal(await read.minRequest(), MIN_REQUEST)
    assert.equal(await read.minDeposit(), MIN_DEPOSIT)
    assert.equal(await read.floorPrice(), FLOOR_PRICE)
    assert.equal(await read.genesis(), genesis.id)
    assert.equal(await read.finalBlock(), genesis.id)
    const record = await read.blocks([keyOf(genesis.id)])
    assert.deepEqual([record.flags, record.work, record.publishedAt], [2, 0n, Number(chain.time)])
  })

  it('have bounds', async () => {
    for (const target of [2n ** 176n, 2n ** 244n - 1n]) await deploy(state, target, 1n, 1n, 0n)
    for (const target of [0n, 2n ** 176n - 1n, 2n ** 244n, 2n ** 256n - 1n]) {
      await assertReverts(deploy(state, target, 1n, 1n, 1n), 'BadEasiestTarget', [target])
    }
    await assertReverts(deploy(`0x${'0'.repeat(64)}`, EASIEST_TARGET, 1n, 1n, 1n), 'BadParameters')
    await assertReverts(deploy(state, EASIEST_TARGET, 0n, 1n, 1n), 'BadParameters')
    await assertReverts(deploy(state, EASIEST_TARGET, 1n, 0n, 1n), 'BadParameters')
    const { most } = PARAMETERS.floorPrice
    await assertReverts(deploy(state, EASIEST_TARGET, 1n, 1n, most + 1n), 'BadParameters')
    await deploy(state, EASIEST_TARGET, 1n, 1n, most)
    // The bond of a rival fits into 48 bits of gwei, at any base fee below five times this.
    const rivalBond = bondOf({ baseFee: toGasPrice(5n * most), floorPrice: toGasPrice(most) }, true)
    assert.ok(rivalBond < 2n ** 48n * GWEI)
  })
})

/** The opcodes of a contract without what PUSH carries and without the metadata at the end. */
function opcodesOf(code: Uint8Array): Set<number> {
  const metadata = (code.at(-2) ?? 0) * 256 + (code.at(-1) ?? 0) + 2
  const opcodes = new Set<number>()
  for (let i = 0; i < code.length - metadata; i++) {
    const opcode = code[i] ?? 0
    opcodes.add(opcode)
    if (opcode >= 0x60 && opcode <= 0x7f) i += opcode - 0x5f
  }
  return opcodes
}
