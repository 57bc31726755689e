// ttx network: made with one command and joined with one; a file from a liar, a folder of another network and an endpoint of another chain are refused.

import assert from 'node:assert/strict'
import { access, chmod, cp, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { parseDeployment } from '../../../../node/deployment.ts'
import { Anvil } from '../../../support/chain/anvil.ts'
import { EthereumProxy } from '../../../support/chain/ethereum-proxy.ts'
import { DeployStage } from '../../../support/deploying.ts'
import { startTtx } from '../../../support/processes/processes.ts'

const QUICK = ['--confirmations', '1', '--poll-ms', '20', '--yes']

/** A stage with the arguments that make a network there. */
async function open(t: TestContext, url?: string) {
  const stage = await DeployStage.open(t)
  const create = (...more: string[]) => [
    ...['network', 'create', stage.file('net.json'), '--ethereum', url ?? stage.anvil.url, ...QUICK],
    ...more,
  ]
  const joinIn = async (folder: string, file: string, ...more: string[]) =>
    await stage.json('--data', stage.file(folder), 'network', 'join', file, '--ethereum', stage.anvil.url, ...more)
  return { stage, create, joinIn, net: stage.file('net.json') }
}

test('a network is made, its file handed out and joined, and both folders need no flags from then on', async (t) => {
  const { stage, create, joinIn, net } = await open(t)
  const peers = ['192.0.2.7:7651', 'node.example.org:7651']
  const made = await stage.json(...create('--bootstrap', peers.join(',')))
  assert.deepEqual([made.earlier, made.handOut, made.peers], [false, net, peers], JSON.stringify(made))
  const text = await readFile(net, 'utf8')
  const network = parseDeployment(text, net)
  assert.deepEqual([network.peers, network.gatewayFactory], [peers, made.gatewayFactory])
  assert.equal(network.genesis.to, stage.account)

  const joined = await joinIn('two', net, '--rpc-port', '7750', '--beacon', 'http://127.0.0.1:5052')
  assert.deepEqual([joined.bridge, joined.genesis], [made.bridge, made.genesis])
  const two = stage.file('two')
  assert.equal(await readFile(join(two, 'network.json'), 'utf8'), text)
  assert.deepEqual(JSON.parse(await readFile(join(two, 'bound-network.json'), 'utf8')), {
    ...{ chain: '31337', bridge: made.bridge, genesis: made.genesis },
  })
  assert.deepEqual(JSON.parse(await readFile(join(two, 'node.json'), 'utf8')), {
    ...{ deployment: 'network.json', node: 'http://127.0.0.1:7750', ethereum: stage.anvil.url },
    ...{ beacon: 'http://127.0.0.1:5052', rpcPort: '7750' },
  })
  // Commands find endpoint and file in the folder.
  assert.equal((await stage.json('--data', two, 'verify-deployment', join(two, 'network.json'))).right, true)

  // Again: nothing is made twice, and what changes is brought up to date.
  const nonce = await stage.anvil.client.getTransactionCount({ address: stage.account })
  const again = await stage.json(...create('--bootstrap', '192.0.2.8:7651'))
  assert.deepEqual([again.earlier, again.bridge, again.peers], [true, made.bridge, ['192.0.2.8:7651']])
  assert.equal(await stage.anvil.client.getTransactionCount({ address: stage.account }), nonce)
  assert.deepEqual((await joinIn('two', net)).peers, ['192.0.2.8:7651'])

  const other = await stage.json(...create('--floor-price', '2'))
  assert.deepEqual([other.error.code, other.error.facts.differing], ['bad-arguments', ['floorPrice']])
  const second = await stage.json(
    'network',
    'create',
    stage.file('second.json'),
    '--ethereum',
    stage.anvil.url,
    ...QUICK,
  )
  assert.equal(second.error.code, 'folder-other-network')
  assert.equal(await stage.anvil.client.getTransactionCount({ address: stage.account }), nonce)
})

test('wallets are made where they are missing, shown once, and the network goes to its owner without gateways', async (t) => {
  const { stage, create, net } = await open(t)
  const args = create('--wallet', 'payer', '--owner', 'treasury', '--make-wallets', '--no-gateways')
  const poor = await stage.run(...args)
  assert.equal(poor.exitCode, 1)
  assert.equal(poor.out.match(/^its words +(\w+ ){11}\w+$/gm)?.length, 2)
  assert.match(poor.err, /unfunded-account/)
  const { wallets } = await stage.json('wallet', 'list')
  const addressOf = (name: string) => wallets.find((wallet: { name: string }) => wallet.name === name).address
  await stage.anvil.client.setBalance({ address: addressOf('payer'), value: 10n ** 18n })
  const { exitCode, out, err } = await stage.run(...args)
  assert.equal(exitCode, 0, err)
  assert.doesNotMatch(out, /its words/)
  const { genesis, gatewayFactory } = parseDeployment(await readFile(net, 'utf8'), net)
  assert.deepEqual([genesis.to, gatewayFactory], [addressOf('treasury'), undefined])
})

test('killed (kill -9) before and between its parts, the same command goes on, and there is one bridge and one factory', async (t) => {
  const { stage, net } = await open(t)
  const proxy = await EthereumProxy.start(stage.anvil.url)
  t.after(() => proxy[Symbol.asyncDispose]())
  const args = ['network', 'create', net, '--ethereum', proxy.url, ...QUICK]
  // Not even the bridge, then the bridge and not the factory.
  for (const sentBefore of [0, 1]) {
    let sent = 0
    const { promise: isCut, resolve: cut } = Promise.withResolvers<void>()
    proxy.tamper = ({ method }) => {
      if (method !== 'eth_sendRawTransaction' || sent++ < sentBefore) return undefined
      cut()
      return 'silence'
    }
    await using running = startTtx([...stage.flags, ...args])
    await Promise.race([isCut, running.finished])
    const { exitCode, out, err } = await running.stop('SIGKILL')
    assert.equal(exitCode, null, `it ended before it was killed:\n${out}\n${err}`)
    const isThere = await access(net).then(
      () => true,
      () => false,
    )
    assert.equal(isThere, sentBefore > 0)
  }
  proxy.tamper = () => undefined
  const done = await stage.json(...args)
  assert.equal(done.error, undefined, JSON.stringify(done))
  assert.equal(await stage.anvil.client.getTransactionCount({ address: stage.account }), 2)
  assert.equal((await stage.json('verify-deployment', net, '--ethereum', stage.anvil.url)).right, true)
})

test('a file from a liar binds no folder, and one sentence says why', async (t) => {
  const { stage, create, joinIn, net } = await open(t)
  await stage.json(...create())
  const right = await stage.read()
  const elsewhere = `0x${'5'.repeat(40)}` as const
  const lies: readonly (readonly [string, string, string])[] = [
    ['nothing', '', 'bad-deployment'],
    ['deep', '['.repeat(60_000), 'bad-deployment'],
    ['long', `${JSON.stringify(right)}${' '.repeat(65_536)}`, 'file-too-long'],
    ['another bridge', JSON.stringify({ ...right, bridge: elsewhere }), 'bad-deployment'],
    ['another token', JSON.stringify({ ...right, token: elsewhere }), 'deployment-differs'],
    ['another factory', JSON.stringify({ ...right, gatewayFactory: elsewhere }), 'deployment-differs'],
    ['another block', JSON.stringify({ ...right, block: '1' }), 'deployment-differs'],
    ['too many peers', JSON.stringify({ ...right, peers: Array(33).fill('192.0.2.7:7651') }), 'bad-deployment'],
    ['a peer that is none', JSON.stringify({ ...right, peers: ['192.0.2.7:0'] }), 'bad-deployment'],
    ['a peer with a trick', JSON.stringify({ ...right, peers: ['a\u001b[2J:7651'] }), 'bad-deployment'],
  ]
  for (const [name, text, code] of lies) {
    const file = stage.file('lie.json')
    await writeFile(file, text)
    const { error } = await joinIn('liar', file)
    assert.equal(error?.code, code, name)
    assert.doesNotMatch(error.message, /\n.*\n/, `${name}: ${error.message}`)
    await assert.rejects(access(stage.file('liar/bound-network.json')), name)
  }
  const { error } = await joinIn('liar', await stage.write('lie.json', { ...right, token: elsewhere }))
  assert.match(
    error.message,
    /got token: expected 0x5{40}, found 0x.*: the file names a token that this bridge has not made/,
  )
  assert.equal((await joinIn('liar', stage.file('none.json'))).error.code, 'file-missing')
  assert.equal((await joinIn('liar', net)).error, undefined, 'the folder is as it was, and can join')
})

test('an endpoint of another chain, and a folder of another network, are refused before anything is written', async (t) => {
  const { stage, create, joinIn, net } = await open(t)
  await stage.json(...create('--no-gateways'))
  const other = await Anvil.start(['--chain-id', '424242'])
  t.after(() => other[Symbol.asyncDispose]())
  const { error } = await joinIn('two', net, '--ethereum', other.url)
  assert.match(error.message, /got chain: expected 31337, found 424242 at http.*: the endpoint is of another chain/)
  const both = await joinIn('two', net, '--ethereum', `${stage.anvil.url},${other.url}`)
  assert.equal(both.error.code, 'deployment-differs')
  const silent = await joinIn('two', net, '--ethereum', 'http://127.0.0.1:9')
  assert.equal(silent.error.code, 'deployment-unproven')
  await assert.rejects(access(stage.file('two')))

  await joinIn('two', net)
  await rm(net)
  const second = ['--data', stage.file('second'), '--ethereum', stage.anvil.url]
  await cp(stage.file('data/wallets'), stage.file('second/wallets'), { recursive: true })
  const { error: none } = await stage.json(...create('--no-gateways'), ...second)
  assert.equal(none, undefined)
  const refused = await joinIn('two', net)
  assert.equal(refused.error.code, 'folder-other-network')
})

test('a folder of another network pays nothing for the network of a file, and leaves the file as it is', async (t) => {
  const { stage, create, net } = await open(t)
  await stage.json(...create('--no-gateways'))
  await cp(stage.file('data/wallets'), stage.file('other/wallets'), { recursive: true })
  const elsewhere = ['--data', stage.file('other')]
  const second = stage.file('other/second.json')
  const another = ['network', 'create', second, '--ethereum', stage.anvil.url, ...QUICK]
  assert.equal((await stage.json(...another, ...elsewhere, '--no-gateways')).error, undefined)
  const nonce = await stage.anvil.client.getTransactionCount({ address: stage.account })
  const both = await Promise.all([readFile(net, 'utf8'), readFile(second, 'utf8')])
  for (const more of [[], ['--bootstrap', '192.0.2.9:7651'], ['--no-gateways', '--bootstrap', '192.0.2.9:7651']]) {
    assert.equal((await stage.json(...another, ...more)).error?.code, 'folder-other-network', more.join(' '))
    assert.equal((await stage.json(...create(...more), ...elsewhere)).error?.code, 'folder-other-network')
  }
  assert.equal(await stage.anvil.client.getTransactionCount({ address: stage.account }), nonce)
  assert.deepEqual(await Promise.all([readFile(net, 'utf8'), readFile(second, 'utf8')]), both)
})

test('who may read the file of a network is as before when it gets its factory and its nodes', async (t) => {
  const { stage, create, net } = await open(t)
  const mode = async () => (await stat(net)).mode & 0o777
  await stage.json(...create('--no-gateways'))
  const made = await mode()
  assert.equal(made, 0o666 & ~process.umask())
  await stage.json(...create('--no-gateways', '--bootstrap', '192.0.2.9:7651'))
  assert.equal(await mode(), made)
  await chmod(net, 0o640)
  assert.equal((await stage.json(...create())).error, undefined)
  assert.equal(await mode(), 0o640)
})

test('of several that join different networks in one folder at once one gets it, and the others are told', async (t) => {
  const { stage, create, net } = await open(t)
  const third = stage.file('elsewhere/third.json')
  await stage.json(...create('--no-gateways'))
  await cp(stage.file('data/wallets'), stage.file('elsewhere/wallets'), { recursive: true })
  const another = ['network', 'create', third, '--ethereum', stage.anvil.url, ...QUICK, '--no-gateways']
  const made = await stage.json('--data', stage.file('elsewhere'), ...another)
  assert.equal(made.error, undefined, JSON.stringify(made))
  const files = [net, third, net, third]
  for (const round of [0, 1, 2]) {
    const folder = stage.file(`raced-${round}`)
    // In one process: their writes come right behind each other.
    const joined = await Promise.all(
      files.map((file) => stage.json('--data', folder, 'network', 'join', file, '--ethereum', stage.anvil.url)),
    )
    const { bridge } = JSON.parse(await readFile(join(folder, 'bound-network.json'), 'utf8'))
    for (const each of joined) {
      if (each.error === undefined) assert.equal(each.bridge, bridge)
      else assert.equal(each.error.code, 'folder-other-network', JSON.stringify(each))
    }
    assert.equal(joined.filter(({ error }) => error === undefined).length, 2)
    assert.equal(JSON.parse(await readFile(join(folder, 'network.json'), 'utf8')).bridge, bridge)
    assert.deepEqual((await readdir(folder)).toSorted(), ['bound-network.json', 'network.json', 'node.json'])
  }
})

test('a folder whose node has served another network joins none, and its node goes on', async (t) => {
  const { stage, create, joinIn, net } = await open(t)
  await stage.json(...create('--no-gateways'))
  await cp(stage.file('data/wallets'), stage.file('new/wallets'), { recursive: true })
  const fresh = stage.file('new/fresh.json')
  const another = ['network', 'create', fresh, '--ethereum', stage.anvil.url, ...QUICK, '--no-gateways']
  assert.equal((await stage.json('--data', stage.file('new'), ...another)).error, undefined)
  const [served, settings] = [stage.file('served'), stage.file('served/node.json')]
  // As a node writes it that is started with --deployment.
  await mkdir(served)
  await writeFile(settings, JSON.stringify({ deployment: net, node: 'http://127.0.0.1:9', ethereum: stage.anvil.url }))
  const before = await readFile(settings, 'utf8')
  assert.equal((await joinIn('served', fresh)).error?.code, 'folder-other-network')
  const made = await stage.json('--data', served, 'network', 'create', stage.file('never.json'), ...another.slice(3))
  assert.equal(made.error?.code, 'folder-other-network')
  assert.deepEqual([await readdir(served), await readFile(settings, 'utf8')], [['node.json'], before])
  assert.equal((await joinIn('served', net)).error, undefined)
  // What it was started with is gone: nothing says that it is for another one.
  await mkdir(stage.file('moved'))
  await writeFile(stage.file('moved/node.json'), JSON.stringify({ deployment: stage.file('gone.json') }))
  assert.equal((await joinIn('moved', fresh)).error, undefined)
})
