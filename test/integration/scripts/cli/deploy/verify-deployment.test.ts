// ttx verify-deployment: what is right is called so, and every other contract, file and endpoint is not, however well it answers.

import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { test } from 'node:test'
import { concatHex, type Hex, pad, toHex } from 'viem'
import { bridgeAbi } from '../../../../../deployments/bridge-abi.ts'
import { tokenAbi } from '../../../../../deployments/token-abi.ts'
import { type Deployment, parseDeployment } from '../../../../../node/deployment.ts'
import { contractsOf, createdBy } from '../../../../../node/ethereum/deploying/creation.ts'
import { describeDeployment } from '../../../../../node/ethereum/deploying/deploy.ts'
import { DEFAULT_PARAMETERS } from '../../../../../node/ethereum/deploying/parameters.ts'
import { genesisState } from '../../../../../node/protocol/genesis.ts'
import { type Address, parseHash } from '../../../../../node/protocol/ids.ts'
import { stateRoot } from '../../../../../node/protocol/state.ts'
import { encodeTransaction } from '../../../../../node/protocol/transaction.ts'
import { accountOf, genesisOf } from '../../../../../scripts/assure/models/world.ts'
import { type Lie, LyingEndpoint, NO_ANSWERS, SENSELESS, senseless } from '../../../../support/chain/lying-endpoint.ts'
import { codeFor, withImmutable } from '../../../../support/deployed-code.ts'
import { DeployStage } from '../../../../support/deploying.ts'

const genesis = genesisOf(accountOf('holder'))
const CONTRACTS = ['bridge', 'token', 'judge', 'reader'] as const

/** A network that was deployed with `genesis`, and its file. */
async function openNetwork(stage: DeployStage): Promise<Deployment> {
  const file = stage.file('genesis.json')
  await writeFile(file, encodeTransaction(genesis))
  const args = stage.deployment().filter((flag) => flag !== '--owner' && flag !== 'default')
  await stage.json(...args, '--genesis', file)
  return await stage.read()
}

/** What differs, by its names without repetition; or the code of another failure; or `right`. */
async function verify(stage: DeployStage, what: string, ...more: string[]): Promise<string | string[]> {
  const { right, error } = await stage.json('verify-deployment', what, '--ethereum', stage.anvil.url, ...more)
  if (error?.code === 'deployment-differs')
    return [...new Set<string>(error.facts.differences.map((text: string) => text.split(':')[0]))]
  return error?.code ?? (right === true ? 'right' : 'nothing')
}

function originOf({ chain, bridge, genesis: { id } }: Deployment) {
  return {
    contracts: contractsOf(bridge),
    chain: BigInt(chain),
    genesis: parseHash(id),
    parameters: DEFAULT_PARAMETERS,
  }
}

/** The creation of a contract with any code, and with words in its storage. */
function plant(code: Hex, storage: readonly (readonly [slot: Hex, word: Hex])[] = []): Hex {
  const stores = storage.flatMap(([slot, word]): Hex[] => ['0x7f', pad(word), '0x7f', pad(slot), '0x55'])
  const size = toHex((code.length - 2) / 2, { size: 2 })
  const before = stores.reduce((sum, part) => sum + (part.length - 2) / 2, 0)
  // PUSH2 size, PUSH2 where the code begins, PUSH0, CODECOPY, PUSH2 size, PUSH0, RETURN
  const copy: Hex[] = [
    '0x61',
    size,
    '0x61',
    toHex(before + 13, { size: 2 }),
    '0x5f',
    '0x39',
    '0x61',
    size,
    '0x5f',
    '0xf3',
  ]
  return concatHex([...stores, ...copy, code])
}

test('what was deployed is right, by its file and by its address, now and many blocks later', async (t) => {
  const stage = await DeployStage.open(t)
  const { bridge } = await openNetwork(stage)
  assert.equal(await verify(stage, stage.file('net.json')), 'right')
  assert.equal(await verify(stage, bridge, '--genesis', stage.file('genesis.json')), 'right')
  await stage.anvil.client.mine({ blocks: 500 })
  assert.equal(await verify(stage, bridge, '--genesis', stage.file('genesis.json')), 'right')
  const { endpoints } = await stage.json('verify-deployment', stage.file('net.json'), '--ethereum', stage.anvil.url)
  assert.deepEqual([endpoints[0].deployer, endpoints[0].depth], [stage.account, '501'])
  assert.equal(await verify(stage, bridge), 'deployment-unproven', 'nobody said what genesis is')
})

test('a file that says something else than the chain is told what', async (t) => {
  const stage = await DeployStage.open(t)
  const deployment = await openNetwork(stage)
  const changed = async (change: object) =>
    verify(stage, await stage.write('changed.json', { ...deployment, ...change }))
  const { parameters, block, time, bridge } = deployment
  assert.deepEqual(await changed({ parameters: { ...parameters, floorPrice: '7' } }), ['bridge floorPrice'])
  assert.deepEqual(await changed({ parameters: { ...parameters, minRequest: '7', minDeposit: '8' } }), [
    'bridge minRequest',
    'bridge minDeposit',
  ])
  assert.deepEqual(await changed({ block: `${BigInt(block) + 1n}` }), ['block'])
  assert.deepEqual(await changed({ time: `${BigInt(time) + 1n}` }), ['time'])
  assert.deepEqual(await changed({ token: bridge }), ['token'])
  assert.equal(await changed({ transaction: `0x${'ab'.repeat(32)}` }), 'deployment-unproven')
  const payment = await stage.anvil.send(stage.account, '0x', 1n)
  assert.deepEqual(await changed({ transaction: payment }), [
    ...['transaction receiver', 'transaction contract', 'transaction bytes', 'genesis state', 'block', 'time'],
  ])
  // Whatever does not fit together is refused without an endpoint.
  for (const change of [
    { chain: '1' },
    { bridge: deployment.token },
    { genesis: { ...deployment.genesis, state: `0x${'00'.repeat(32)}` } },
  ])
    assert.equal(await changed(change), 'bad-deployment')
})

test('another genesis, another chain and another address are told', async (t) => {
  const stage = await DeployStage.open(t)
  const { bridge, token, transaction, block, time } = await openNetwork(stage)
  const other = genesisOf(accountOf('thief'))
  const place = { transaction: parseHash(transaction), block: BigInt(block), time: BigInt(time) }
  const told = async (chain: bigint, at: Address) => {
    const claim = describeDeployment({ ...place, chain, contracts: contractsOf(at) }, other, DEFAULT_PARAMETERS)
    return await verify(stage, await stage.write('other.json', claim))
  }
  assert.deepEqual(await told(31_337n, bridge), ['bridge genesis', 'genesis state'])
  assert.deepEqual(await told(1n, bridge), ['chain'])
  assert.deepEqual(await told(31_337n, token), ['bridge code', 'token code', 'reader code'])
})

test('a contract that answers everything right is not the bridge', async (t) => {
  const stage = await DeployStage.open(t)
  const parameters = { ...DEFAULT_PARAMETERS }
  // The harness of our tests: all functions of the bridge, and one more that refutes any block.
  const { bridge, token, block, time } = await stage.anvil.deploy(stateRoot(genesisState(genesis)), parameters)
  const { transactions } = await stage.anvil.client.getBlock({ blockNumber: block })
  const place = {
    chain: 31_337n,
    transaction: parseHash(transactions[0] ?? ''),
    block,
    time,
    contracts: contractsOf(bridge),
  }
  const file = await stage.write('net.json', describeDeployment(place, genesis, parameters))
  const { rules } = parseDeployment(JSON.stringify(await stage.read()), 'net.json')
  const ask = (functionName: 'genesis' | 'floorPrice' | 'token') =>
    stage.anvil.client.readContract({ abi: bridgeAbi, address: bridge, functionName })
  assert.deepEqual(
    [await ask('genesis'), await ask('floorPrice')],
    [(await stage.read()).genesis.id, parameters.floorPrice],
  )
  assert.deepEqual([String(await ask('token')).toLowerCase(), rules.token], [token, token])
  assert.deepEqual(await verify(stage, file), ['bridge code'])
})

test('the code to the last byte is not enough: a constructor of its own may have written balances and debts', async (t) => {
  const stage = await DeployStage.open(t)
  const deployment = await openNetwork(stage)
  const { client, account: rich } = stage.anvil
  const nonce = await client.getTransactionCount({ address: rich })
  const contracts = createdBy(rich, nonce)
  const place = { chain: 31_337n, transaction: parseHash(deployment.transaction), block: 1n, time: 1n, contracts }
  const origin = originOf(describeDeployment(place, genesis, DEFAULT_PARAMETERS))
  const transaction = await stage.anvil.send(undefined, plant(codeFor('bridge', origin), [['0x07', '0x01']]))
  for (const name of ['token', 'judge', 'reader'] as const)
    await client.setCode({ address: contracts[name], bytecode: codeFor(name, origin) })
  for (const name of CONTRACTS) assert.equal(await client.getCode({ address: contracts[name] }), codeFor(name, origin))
  assert.equal(BigInt((await client.getStorageAt({ address: contracts.bridge, slot: '0x07' })) ?? 0), 1n)

  const { blockNumber } = await client.getTransactionReceipt({ hash: transaction })
  const { timestamp } = await client.getBlock({ blockNumber })
  const made = { ...place, transaction: parseHash(transaction), block: blockNumber, time: timestamp }
  const file = await stage.write('planted.json', describeDeployment(made, genesis, DEFAULT_PARAMETERS))
  assert.deepEqual(await verify(stage, file), ['transaction bytes', 'genesis state'])
  assert.equal(await verify(stage, contracts.bridge, '--genesis', stage.file('genesis.json')), 'deployment-unproven')
  // Nor does it help to name the transaction of another, right bridge.
  const borrowed = { ...made, transaction: parseHash(deployment.transaction) }
  const lying = await stage.write('borrowed.json', describeDeployment(borrowed, genesis, DEFAULT_PARAMETERS))
  assert.deepEqual(await verify(stage, lying), ['transaction contract', 'block', 'time'])
})

test('a token, a judge, a reader or a parameter of somebody else is called by its name', async (t) => {
  const stage = await DeployStage.open(t)
  const deployment = await openNetwork(stage)
  const { client } = stage.anvil
  const origin = originOf(deployment)
  const { contracts } = origin
  const thief = pad(accountOf('thief').address)
  const cases = [
    ['bridge', 'token'],
    ['bridge', 'judge'],
    ['bridge', 'reader'],
    ['bridge', 'chain'],
    ['bridge', 'floorPrice'],
    ['token', 'bridge'],
    ['token', '_cachedDomainSeparator'],
  ] as const
  for (const [contract, name] of cases) {
    const right = codeFor(contract, origin)
    await client.setCode({ address: contracts[contract], bytecode: withImmutable(contract, right, name, thief) })
    const expected = name === 'floorPrice' ? ['bridge floorPrice', 'transaction bytes'] : [`${contract} ${name}`]
    assert.deepEqual(await verify(stage, stage.file('net.json')), expected)
    await client.setCode({ address: contracts[contract], bytecode: right })
  }
  const owner = await client.readContract({ abi: tokenAbi, address: contracts.token, functionName: 'bridge' })
  assert.equal(String(owner).toLowerCase(), contracts.bridge)
  for (const contract of ['token', 'judge', 'reader'] as const) {
    await client.setCode({ address: contracts[contract], bytecode: '0x00' })
    assert.deepEqual(await verify(stage, stage.file('net.json')), [`${contract} code`])
    await client.setCode({ address: contracts[contract], bytecode: codeFor(contract, origin) })
  }
  assert.equal(await verify(stage, stage.file('net.json')), 'right')
})

test('of several endpoints all have to show it: one that says the truth undoes any lie, and one that is silent proves nothing', async (t) => {
  const stage = await DeployStage.open(t)
  const deployment = await openNetwork(stage)
  const { bridge, token } = deployment
  const liar = await LyingEndpoint.start(stage.anvil.url)
  t.after(() => liar[Symbol.asyncDispose]())
  const both = ['--ethereum', `${liar.url},${stage.anvil.url}`]
  assert.equal(await verify(stage, stage.file('net.json'), ...both), 'right')

  const isCodeOf = ({ method, params }: { method: string; params: readonly unknown[] }, address: string) =>
    method === 'eth_getCode' && String(params[0]).toLowerCase() === address
  const hides: Lie = (call) => (isCodeOf(call, token) ? { instead: () => '0x' } : undefined)
  liar.tell(hides)
  assert.deepEqual(await verify(stage, stage.file('net.json'), ...both), ['token code'])

  // The bridge is another by now, and the liar says that it is not.
  const right = codeFor('bridge', originOf(deployment))
  await stage.anvil.client.setCode({ address: bridge, bytecode: '0x00' })
  liar.tell((call) => (isCodeOf(call, bridge) ? { instead: () => right } : undefined))
  assert.equal(
    await verify(stage, stage.file('net.json'), '--ethereum', liar.url),
    'right',
    'whoever asks one believes it',
  )
  assert.deepEqual(await verify(stage, stage.file('net.json'), ...both), ['bridge code'])
  await stage.anvil.client.setCode({ address: bridge, bytecode: right })

  const refuses = NO_ANSWERS['breaks the connection']
  assert.ok(refuses)
  liar.tell(refuses)
  assert.equal(await verify(stage, stage.file('net.json'), ...both), 'deployment-unproven')
})

test('answers without sense make nothing right, and break nothing', async (t) => {
  const stage = await DeployStage.open(t)
  const { bridge } = await openNetwork(stage)
  const liar = await LyingEndpoint.start(stage.anvil.url)
  t.after(() => liar[Symbol.asyncDispose]())
  const methods = [
    ...['eth_chainId', 'eth_getCode', 'eth_getTransactionByHash', 'eth_getTransactionReceipt'],
    ...['eth_getBlockByNumber', 'eth_call', 'eth_blockNumber'],
  ]
  for (const method of methods) {
    for (const result of SENSELESS) {
      liar.tell(senseless(result, method))
      for (const what of [[stage.file('net.json')], [bridge, '--genesis', stage.file('genesis.json')]]) {
        const { exitCode, out, err } = await stage.run('verify-deployment', ...what, '--ethereum', liar.url)
        const isUnused = method === 'eth_call' && what.length === 1
        // How deep it is has no part in the verdict.
        const isDepth = method === 'eth_blockNumber'
        if (!isDepth) assert.equal(exitCode, isUnused ? 0 : 1, `${method} ${JSON.stringify(result)}: ${out} ${err}`)
        assert.notEqual(exitCode, 70, `${method} ${JSON.stringify(result)}: ${out} ${err}`)
      }
    }
  }
})
