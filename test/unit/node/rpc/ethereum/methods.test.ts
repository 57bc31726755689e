// What the methods of the Ethereum-compatible RPC answer, value by value, over HTTP and a real ledger.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { blockId } from '../../../../../node/protocol/header.ts'
import { UNIT } from '../../../../../node/protocol/rules.ts'
import { chainIdOf } from '../../../../../node/rpc/ethereum/chain-id.ts'
import { GENESIS_INFOHASH, OWNER, RULES } from '../../ledger/world.ts'
import * as scene from './scene.ts'
import { alice, back, bob, DEFINITION, FIRST, gold, hashOf, inGold, inTtx, SECOND, topicOf, VAULT } from './scene.ts'

const ttx = (amount: bigint) => `0x${(amount * UNIT).toString(16)}`

test('balances: latest with what no block ordered, safe by all blocks, finalized by the final one', async (t) => {
  const { get, ask } = await scene.open(t)
  const of = (owner: string, ...block: unknown[]) => get('eth_getBalance', owner, ...block)
  assert.deepEqual(
    [await of(bob.address), await of(bob.address, 'safe'), await of(bob.address, 'finalized')],
    [ttx(15n), ttx(30n), '0x0'],
  )
  assert.deepEqual(
    [await of(alice.address, 'pending'), await of(alice.address, 'safe'), await of(alice.address, 'finalized')],
    [ttx(85n), ttx(70n), ttx(100n)],
  )
  assert.equal(await of(bob.address, '0x2'), ttx(15n), 'the newest block by its number is latest')
  assert.equal(await of(bob.address, { blockHash: SECOND.id }), ttx(30n))
  assert.equal(await of(alice.address, { blockNumber: '0x1' }), ttx(100n))
  assert.equal((await ask('eth_getBalance', alice.address, 'earliest')).error?.code, 4_444)
  assert.equal((await ask('eth_getBalance', alice.address, '0x3')).error?.code, -32_001)
  assert.equal((await ask('eth_getBalance', alice.address, { blockHash: `0x${'7'.repeat(64)}` })).error?.code, -32_001)
})

test('the number of transactions of an address is of those that spend its money', async (t) => {
  const { get } = await scene.open(t)
  const of = (owner: string, block: string) => get('eth_getTransactionCount', owner, block)
  assert.deepEqual(
    [await of(alice.address, 'latest'), await of(alice.address, 'safe'), await of(alice.address, 'finalized')],
    ['0x3', '0x2', '0x0'],
  )
  assert.deepEqual([await of(bob.address, 'latest'), await of(bob.address, 'safe')], ['0x3', '0x1'])
  assert.equal(await of(OWNER.address, 'finalized'), '0x3')
  assert.equal(await of(VAULT, 'latest'), '0x0')
})

test('a payment in a block, in none, and what was never sent', async (t) => {
  const { get } = await scene.open(t)
  const chainId = `0x${chainIdOf(DEFINITION).toString(16)}`
  const plain = {
    ...{ gas: '0x5208', gasPrice: '0x0', type: '0x0', nonce: '0x0', v: '0x0', r: '0x0', s: '0x0', chainId },
    input: '0x',
  }
  const ordered = { blockHash: SECOND.id, blockNumber: '0x2', transactionIndex: '0x0' }
  const paid = { ...plain, hash: hashOf(inTtx), from: alice.address, to: bob.address, value: ttx(30n) }
  assert.deepEqual(await get('eth_getTransactionByHash', hashOf(inTtx)), { ...paid, ...ordered })
  assert.deepEqual(await get('eth_getTransactionByHash', hashOf(inTtx).toUpperCase().replace('X', 'x')), {
    ...paid,
    ...ordered,
  })
  assert.deepEqual(await get('eth_getTransactionByHash', hashOf(back)), {
    ...{ ...plain, hash: hashOf(back), from: bob.address, to: alice.address, value: ttx(10n) },
    ...{ blockHash: null, blockNumber: null, transactionIndex: null },
  })
  assert.equal(await get('eth_getTransactionReceipt', hashOf(back)), null)
  for (const hash of [`0x${'0'.repeat(64)}`, `0x${'9'.repeat(64)}`]) {
    assert.equal(await get('eth_getTransactionByHash', hash), null)
    assert.equal(await get('eth_getTransactionReceipt', hash), null)
  }
})

test('receipts: free, right, and of assets with a log', async (t) => {
  const { get } = await scene.open(t)
  const { logs, logsBloom, ...receipt } = await get<{ logs: unknown[]; logsBloom: string }>(
    'eth_getTransactionReceipt',
    hashOf(inGold),
  )
  assert.deepEqual(receipt, {
    ...{ transactionHash: hashOf(inGold), blockHash: SECOND.id, blockNumber: '0x2', transactionIndex: '0x1' },
    ...{ from: alice.address, to: `0x${gold.infohash}`, contractAddress: null, status: '0x1', type: '0x0' },
    ...{ gasUsed: '0x5208', cumulativeGasUsed: '0xa410', effectiveGasPrice: '0x0' },
  })
  assert.match(logsBloom, /^0xf{512}$/)
  assert.deepEqual(logs, [
    {
      address: `0x${gold.infohash}`,
      topics: [
        '0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef',
        topicOf(alice.address),
        topicOf(bob.address),
      ],
      data: `0x${400n.toString(16).padStart(64, '0')}`,
      ...{ transactionHash: hashOf(inGold), blockHash: SECOND.id, blockNumber: '0x2', transactionIndex: '0x1' },
      ...{ logIndex: '0x2', removed: false },
    },
  ])
  const issued = await get<{ contractAddress: string; to: null; logs: unknown[] }>(
    'eth_getTransactionReceipt',
    hashOf(gold),
  )
  assert.deepEqual([issued.contractAddress, issued.to, issued.logs.length], [`0x${gold.infohash}`, null, 1])
  const first = await get<{ from: string; to: string; logs: unknown[]; logsBloom: string }>(
    'eth_getTransactionReceipt',
    hashOf({ infohash: GENESIS_INFOHASH }),
  )
  assert.deepEqual([first.from, first.to, first.logs], [`0x${'0'.repeat(40)}`, OWNER.address, []])
  assert.match(first.logsBloom, /^0x0{512}$/)
})

test('blocks by number, tag and hash, with names or whole', async (t) => {
  const { get } = await scene.open(t)
  const block = await get<Record<string, unknown>>('eth_getBlockByNumber', 'latest', false)
  const names = [inTtx, inGold, scene.left].map(hashOf)
  assert.deepEqual(
    [block['number'], block['hash'], block['parentHash'], block['transactions']],
    ['0x2', SECOND.id, FIRST.id, names],
  )
  assert.deepEqual([block['baseFeePerGas'], block['gasUsed'], block['uncles']], ['0x0', '0xf618', []])
  assert.deepEqual(await get('eth_getBlockByHash', SECOND.id, false), block)
  const whole = await get<{ transactions: unknown[] }>('eth_getBlockByNumber', '0x2', true)
  const single = await Promise.all(names.map((hash) => get('eth_getTransactionByHash', hash)))
  assert.deepEqual(whole.transactions, single)
  for (const [i, each] of single.entries()) {
    assert.deepEqual(await get('eth_getTransactionByBlockNumberAndIndex', 'safe', `0x${i}`), each)
    assert.deepEqual(await get('eth_getTransactionByBlockHashAndIndex', SECOND.id, `0x${i}`), each)
  }
  assert.equal(await get('eth_getTransactionByBlockNumberAndIndex', 'safe', '0x3'), null)
  assert.equal(await get('eth_getTransactionByBlockNumberAndIndex', 'safe', `0x${'f'.repeat(64)}`), null)
  const receipts = await Promise.all(names.map((hash) => get('eth_getTransactionReceipt', hash)))
  assert.deepEqual(await get('eth_getBlockReceipts', 'latest'), receipts)
  assert.deepEqual(await get('eth_getBlockReceipts', { blockHash: SECOND.id }), receipts)
  const first = await get<Record<string, unknown>>('eth_getBlockByNumber', 'finalized', false)
  assert.deepEqual([first['number'], first['miner']], ['0x1', alice.address])
  const genesis = await get<Record<string, unknown>>('eth_getBlockByNumber', 'earliest', false)
  assert.deepEqual(
    [genesis['number'], genesis['hash'], genesis['transactions'], genesis['difficulty']],
    ['0x0', blockId(scene.GENESIS_BLOCK), [hashOf({ infohash: GENESIS_INFOHASH })], '0x0'],
  )
  assert.equal(first['parentHash'], genesis['hash'])
  assert.equal(await get('eth_getBlockByNumber', '0x3', false), null)
  assert.equal(await get('eth_getBlockByNumber', `0x${'f'.repeat(64)}`, true), null)
  assert.equal(await get('eth_getBlockByHash', `0x${'1'.repeat(64)}`, true), null)
  assert.equal(await get('eth_getBlockTransactionCountByNumber', '0x1'), '0x4')
  assert.equal(await get('eth_getBlockTransactionCountByHash', SECOND.id), '0x3')
  assert.equal(await get('eth_getUncleCountByBlockNumber', '0x1'), '0x0')
  assert.equal(await get('eth_getUncleCountByBlockHash', `0x${'1'.repeat(64)}`), null)
})

test('a final block keeps what it ordered, also over a restart', async (t) => {
  const { ledger, reopen } = await scene.open(t)
  const names = [scene.toAlice, gold, scene.nameless, scene.entered].map(({ infohash }) => infohash)
  assert.deepEqual(ledger.contents(1n), names)
  const again = await reopen()
  assert.deepEqual(again.contents(1n), names)
  assert.deepEqual([again.contents(3n), again.contents(-1n), again.block(3n)], [undefined, undefined, undefined])
})

test('logs by block, token, sender, payee and blockHash', async (t) => {
  const { get, ask } = await scene.open(t)
  const transactions = async (filter: object) =>
    (await get<{ transactionHash: string }[]>('eth_getLogs', filter)).map(({ transactionHash }) => transactionHash)
  const all = { fromBlock: 'earliest', toBlock: 'latest' }
  const [issued, other, came, paid, gone] = [gold, scene.nameless, scene.entered, inGold, scene.left].map(hashOf)
  assert.deepEqual(await transactions(all), [issued, other, came, paid, gone])
  assert.deepEqual(await transactions({}), [paid, gone], 'the newest block if none is named')
  assert.deepEqual(await transactions({ ...all, toBlock: '0x1' }), [issued, other, came])
  assert.deepEqual(await transactions({ ...all, address: VAULT }), [came, gone])
  assert.deepEqual(await transactions({ ...all, address: [VAULT, `0x${gold.infohash}`] }), [issued, came, paid, gone])
  assert.deepEqual(await transactions({ ...all, topics: [null, topicOf(alice.address)] }), [paid])
  const zero = topicOf(`0x${'0'.repeat(40)}` as never)
  assert.deepEqual(await transactions({ ...all, topics: [[], [zero, topicOf(bob.address)]] }), [
    issued,
    other,
    came,
    gone,
  ])
  assert.deepEqual(await transactions({ ...all, topics: [null, null, zero] }), [gone])
  assert.deepEqual(await transactions({ ...all, topics: [null, null, null, null] }), [], 'a log has three topics')
  assert.deepEqual(await transactions({ ...all, topics: [zero] }), [])
  assert.deepEqual(await transactions({ blockHash: FIRST.id, address: VAULT }), [came])
  assert.deepEqual(await transactions({ fromBlock: '0x0', toBlock: `0x${'f'.repeat(64)}`, address: VAULT }), [
    came,
    gone,
  ])
  const codes = [
    { blockHash: FIRST.id, fromBlock: '0x1' },
    { fromBlock: '0x2', toBlock: '0x1' },
    { fromBlock: `0x${'f'.repeat(64)}`, toBlock: `0x${'f'.repeat(64)}` },
    { blockHash: `0x${'1'.repeat(64)}` },
    { topics: [null, null, null, null, null] },
    { address: Array.from({ length: 101 }, () => VAULT) },
  ].map(async (filter) => (await ask('eth_getLogs', filter)).error?.code)
  assert.deepEqual(await Promise.all(codes), [-32_602, -32_602, -32_001, -32_001, -32_602, -32_602])
})

test('assets are tokens at the address that is their id', async (t) => {
  const { get, ask } = await scene.open(t)
  const token = `0x${gold.infohash}`
  const balanceOf = (owner: string) => `0x70a08231${topicOf(owner as never).slice(2)}`
  const call = (to: string, data: string, block = 'latest') => get<string>('eth_call', { to, data }, block)
  assert.equal(BigInt(await call(token, balanceOf(bob.address))), 500n)
  assert.equal(BigInt(await call(token, balanceOf(bob.address), 'safe')), 400n)
  assert.equal(BigInt(await call(token, balanceOf(alice.address), 'finalized')), 1_000n)
  assert.equal(BigInt(await call(VAULT, balanceOf(bob.address))), 200n)
  assert.equal(BigInt(await call(VAULT, balanceOf(bob.address), 'finalized')), 250n)
  assert.equal(BigInt(await call(token, '0x18160ddd')), 1_000n)
  assert.equal(BigInt(await call(token, '0x313ce567')), 2n)
  assert.match(await call(token, '0x95d89b41'), /04474f4c44/)
  assert.equal(await call(token, '0x06fdde03'), await call(token, '0x95d89b41'))
  const owners = topicOf(alice.address).slice(2) + topicOf(bob.address).slice(2)
  assert.equal(BigInt(await call(token, `0xdd62ed3e${owners}`)), 0n)
  const supports = (id: string) => call(token, `0x01ffc9a7${id.padEnd(64, '0')}`)
  assert.deepEqual((await Promise.all(['01ffc9a7', '36372b07', '80ac58cd', 'd9b67a26'].map(supports))).map(BigInt), [
    1n,
    1n,
    0n,
    0n,
  ])
  assert.equal(BigInt(await call(`0x${scene.nameless.infohash}`, '0x313ce567')), 0n)
  const refused = [
    [`0x${scene.nameless.infohash}`, '0x95d89b41', /gives it no symbol/],
    [VAULT, '0x95d89b41', /no asset was issued as 5a5a/],
    [token, `0xa9059cbb${owners}`, /no contracts here/],
    [token, '0x70a08231', /no contracts here/],
    [token, '0x12345678', /no contracts here/],
  ] as const
  for (const [to, data, message] of refused) {
    const { error } = await ask('eth_call', { to, data })
    assert.equal(error?.code, 3)
    assert.match(`${error?.message}`, message)
    assert.match(`${error?.data}`, /^0x08c379a0/)
  }
  assert.equal(await get('eth_call', { to: token }, 'latest'), '0x')
  assert.equal(await get('eth_call', { data: '0x1234' }, 'latest'), '0x')
  assert.equal(await get('eth_getCode', token, 'latest'), '0xfe')
  assert.equal(await get('eth_getCode', bob.address, 'latest'), '0x')
})

test('what is fixed, and what the network says', async (t) => {
  const { get, ask } = await scene.open(t)
  const id = chainIdOf(DEFINITION)
  assert.equal(await get('eth_chainId'), `0x${id.toString(16)}`)
  assert.equal(await get('net_version'), `${id}`)
  assert.equal(await get('eth_blockNumber'), '0x2')
  assert.equal(await get('web3_clientVersion'), 'TorrentTX/v1.2.3')
  assert.equal(await get('net_peerCount'), '0x3')
  assert.equal(await get('net_listening'), true)
  assert.equal(await get('eth_syncing'), false)
  assert.deepEqual(await get('eth_accounts'), [])
  const empty = '0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470'
  assert.equal(await get('web3_sha3', '0x'), empty)
  for (const method of ['eth_gasPrice', 'eth_maxPriorityFeePerGas', 'eth_blobBaseFee'])
    assert.equal(await get(method), '0x0')
  assert.equal(await get('eth_estimateGas', { from: alice.address, to: bob.address, value: '0x1' }), '0x5208')
  assert.equal(await get('eth_getStorageAt', VAULT, '0x0', 'latest'), `0x${'0'.repeat(64)}`)
  assert.deepEqual(await get('eth_feeHistory', '0x2', 'latest', [10, 90]), {
    ...{ oldestBlock: '0x1', baseFeePerGas: ['0x0', '0x0', '0x0'], gasUsedRatio: [0, 0] },
    reward: [
      ['0x0', '0x0'],
      ['0x0', '0x0'],
    ],
  })
  const most = await get<{ gasUsedRatio: number[] }>('eth_feeHistory', `0x${'f'.repeat(64)}`, 'latest')
  assert.equal(most.gasUsedRatio.length, 3)
  for (const method of ['eth_sendRawTransaction', 'eth_sendTransaction', 'eth_sign', 'eth_signTransaction']) {
    const { error } = await ask(method, '0x02')
    assert.equal(error?.code, 4_200)
    assert.match(`${error?.message}`, /eth_signTypedData_v4.*http:\/\/127\.0\.0\.1:7650\/pay$/)
  }
  for (const method of ['eth_getProof', 'eth_newFilter', 'debug_traceCall', 'constructor', 'personal_unlockAccount'])
    assert.equal((await ask(method)).error?.code, -32_601)
})

test('the chain id is fixed for the network on Ethereum itself, and within what wallets accept for all others', () => {
  const on = (chain: bigint) => chainIdOf({ ...DEFINITION, rules: { ...RULES, chain } })
  assert.equal(on(1n), 0x545458n)
  const { genesisBlock } = DEFINITION
  for (let i = 0; i < 200; i++) {
    const header = { ...genesisBlock.header, supply: (genesisBlock.header.supply + BigInt(i)) as never }
    const id = chainIdOf({ rules: RULES, genesisBlock: { ...genesisBlock, header } })
    assert(id >= 2n ** 32n && id <= 4_503_599_627_370_476n, `${id}`)
  }
})
