// Offers on the command line, on a node without Ethereum: made, bound, shown, taken by one, withdrawn, and nothing done twice.

import assert from 'node:assert/strict'
import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { takeOffer } from '../../../../node/client/offers/take.ts'
import { createNodeClient } from '../../../../node/client/rpc.ts'
import type { OperationError } from '../../../../node/errors.ts'
import { checksumAddress } from '../../../../node/protocol/ids.ts'
import { encodeOffer } from '../../../../node/protocol/offer.ts'
import { decodeOffer } from '../../../../node/protocol/offer-file.ts'
import { signDigest } from '../../../../node/protocol/signature.ts'
import { encodeTransaction } from '../../../../node/protocol/transaction.ts'
import { relayBitsOf } from '../../../../node/relay-bits.ts'
import { Wallet } from '../../../../node/wallet/wallet.ts'
import { signOffer, signTake } from '../../../../scripts/assure/models/world.ts'
import { bob, carol, openOffers } from '../../../support/offers.ts'

const WRITTEN = 10n ** 18n

test('an offer is a file that one takes: both halves move, and whole ids are said before anything is signed', async (t) => {
  const { folder, gold, json, text, sell, balance } = await openOffers(t)
  const file = join(folder, 'offer.json')
  const made = await sell('40', '2.5', '--save', file)
  assert.equal(made.exitCode, 0, JSON.stringify(made))
  assert.deepEqual(
    [made.bound, made.give.tokens, made.want.tokens, made.earlier],
    ['4000', '4000', `${25n * 10n ** 17n}`, false],
  )
  assert.equal(await readFile(file, 'utf8'), made.file)

  const shown = await text(['offer', 'show', file])
  assert.match(shown.out, new RegExp(`^gives +40 GOLD of asset ${gold}$`, 'm'))
  assert.match(shown.out, /^for +2\.5 TTX$/m)
  assert.match(shown.out, /^state +open: .*hangs on payments that no block/m)
  assert.match(shown.out, /^safe +a take is safe when a block orders it, not before/m)

  const terms = ['offer', 'take', file, '--wallet', 'carol']
  const refused = await text(terms)
  assert.match(refused.err, /code: asset-not-final/)
  const unasked = await text([...terms, '--unfinal'])
  assert.match(unasked.out, new RegExp(`you get +40 GOLD of asset ${gold}`))
  assert.match(unasked.out, new RegExp(`you pay +2\\.5 TTX to ${checksumAddress(bob.address)}`))
  assert.match(unasked.err, /code: not-confirmed/)
  const no = await text([...terms, '--unfinal'], 'no\n')
  assert.match(no.err, /Take this offer\?.*nothing was sent/s)
  assert.equal(await balance('carol'), 100n * WRITTEN)

  const yes = await text([...terms, '--unfinal', '--memo', 'for gold'], 'yes\n')
  assert.equal(yes.exitCode, 0, yes.err)
  assert.match(yes.out, /^status +accepted \(not safe yet\)$/m)
  const infohash = /^infohash +([0-9a-f]{40})$/m.exec(yes.out)?.[1] ?? ''
  assert.match(yes.out, new RegExp(`ttx wait ${infohash} --until ordered`))
  assert.deepEqual(
    [await balance('carol', '--asset', gold), await balance('bob'), await balance('bob', '--asset', gold)],
    [4_000n, 102n * WRITTEN + WRITTEN / 2n, 100_000n],
  )

  const list = async (who: string, ...flags: string[]) => (await text(['tx', 'list', who, ...flags])).out
  const [cost, got] = ['2.5 TTX', `4000 units of ${gold}`]
  assert.match(
    await list('carol'),
    new RegExp(`^${infohash} +accepted +${cost} for ${got} from ${checksumAddress(bob.address)}`, 'm'),
  )
  assert.match(
    await list('bob', '--asset', gold),
    new RegExp(`^${infohash} +accepted +${got} for ${cost} to ${checksumAddress(carol.address)}`, 'm'),
  )
  for (const command of [['tx', 'show'], ['status']]) {
    const { out } = await text([...command, infohash])
    assert.match(out, new RegExp(`^swaps +${got} of ${checksumAddress(bob.address)}`, 'm'))
    assert.match(out, new RegExp(`^for +${cost} of ${checksumAddress(carol.address)}`, 'm'))
    assert.match(out, /^safe +a take is safe when a block orders it, not before/m)
    assert.equal((await json(...command, infohash)).take.offer, made.offer)
  }

  const again = await json('offer', 'take', file, '--yes', '--wallet', 'carol')
  assert.deepEqual([again.exitCode, again.infohash, again.earlier], [0, infohash, true])
  const { error } = await json('offer', 'take', file, '--yes', '--unfinal', '--wallet', 'alice')
  assert.deepEqual([error.code, error.facts.by], ['offer-gone', infohash])
  const { offers } = await json('offer', 'list')
  assert.deepEqual(
    offers.map(({ offer, role, state, by }: Record<string, string>) => [offer, role, state, by]),
    [[made.offer, 'made', 'taken', infohash]],
  )
})

test('an offer comes by standard input, and is refused where anything of it was changed', async (t) => {
  const { text, sell, json, folder } = await openOffers(t)
  const { file } = await sell('40', '1', '--taker', 'carol')
  const take = (input: string, ...flags: string[]) =>
    text(['offer', 'take', '-', '--yes', '--unfinal', '--json', ...flags], input)
  const other = await take(`${file}\n`, '--wallet', 'alice')
  assert.equal(JSON.parse(other.out).error.code, 'offer-not-for-you')
  assert.equal(JSON.parse((await take(file, '--wallet', 'bob')).out).error.code, 'offer-not-for-you')
  for (const changed of [
    file.replace('"4000"', '"4001"'),
    file.replace('{', '{ '),
    file.slice(1),
    'null',
    file.replace('"4000"', '"0"'),
  ]) {
    const { out } = await take(changed, '--wallet', 'carol')
    assert.equal(JSON.parse(out).error.code, 'bad-offer', changed)
  }
  assert.equal(JSON.parse((await take(`${file}\n`, '--wallet', 'carol')).out).status, 'accepted')
  assert.equal((await json('offer', 'show', 'ab'.repeat(20))).error.code, 'unknown-offer')
  assert.equal((await json('offer', 'show', join(folder, 'none.json'))).error.code, 'file-missing')
})

test('what an offer gives is bound: nothing else of the folder spends it, and a second offer takes other outputs', async (t) => {
  const { gold, json, sell, book } = await openOffers(t)
  const first = await sell('30', '1')
  assert.deepEqual([first.bound, first.prev.length], ['4000', 1])
  const pay = (amount: string) => json('send', amount, 'carol', '--asset', gold, '--unfinal', '--wallet', 'bob')
  const { error } = await pay('1001')
  assert.deepEqual([error.code, error.facts.spendable], ['insufficient-funds', '100000'])
  assert.match(error.message, /ttx offer list/)
  const second = await sell('30', '1')
  assert.deepEqual([second.bound, second.earlier], ['100000', false])
  assert.notDeepEqual(second.prev, first.prev)
  assert.equal((await sell('30', '1')).error.code, 'insufficient-funds')
  assert.equal((await pay('1')).error.code, 'insufficient-funds')
  assert.equal((await json('send', '1', 'carol', '--wallet', 'bob')).exitCode, 0, 'its TTX are free')

  assert.equal((await stat(book)).mode & 0o777, 0o700)
  for (const name of await readdir(book)) assert.equal((await stat(join(book, name))).mode & 0o777, 0o600)
  await writeFile(join(book, `${first.offer}.json`), '{}')
  assert.equal((await json('offer', 'list')).error.code, 'book-damaged')
  assert.equal((await pay('1')).error.code, 'book-damaged')
})

test('terms that make no offer are refused with what is wrong about them', async (t) => {
  const { gold, json, sell } = await openOffers(t)
  const create = (...flags: string[]) => json('offer', 'create', '--wallet', 'bob', '--unfinal', ...flags)
  const asset = ['--give-asset', gold]
  for (const flags of [
    ['--give', '1', '--want', '2'],
    ['--give', '1', ...asset, '--want', '2', '--want-asset', gold],
    ['--give', '1', ...asset, '--want', '2', '--taker', 'bob'],
    ['--give', '1', ...asset, '--want', '2', '--taker', `0x${'00'.repeat(20)}`],
    ['--give', '1', ...asset, '--want', '0'],
    ['--give', '1.001', ...asset, '--want', '1'],
  ])
    assert.equal((await create(...flags)).error.code, 'bad-arguments', flags.join(' '))
  assert.equal((await sell('1', '1', '--units')).give.tokens, '1')
  const final = await json('offer', 'create', '--give', '1', '--want', '1', '--want-asset', gold, '--wallet', 'alice')
  assert.equal(final.error.code, 'asset-not-final')
})

test('withdrawn by its maker alone, and said to be safe only when a block orders that', async (t) => {
  const { gold, json, text, sell, balance } = await openOffers(t)
  const { offer } = await sell('40', '1')
  assert.equal((await json('offer', 'withdraw', offer, '--wallet', 'carol')).error.code, 'bad-arguments')
  const { out } = await text(['offer', 'withdraw', offer, '--wallet', 'bob'])
  assert.match(out, /^safe +when a block orders it, not before: until then a take may still win; ttx wait/m)
  const again = await json('offer', 'withdraw', offer, '--wallet', 'bob')
  assert.deepEqual([again.exitCode, again.earlier, out.includes(again.infohash)], [0, true, true])
  const taken = await json('offer', 'take', offer, '--yes', '--unfinal', '--wallet', 'carol')
  assert.deepEqual([taken.error.code, taken.error.facts.state], ['offer-gone', 'withdrawn'])
  assert.equal(await balance('bob', '--asset', gold), 104_000n)

  const other = await sell('7', '1')
  const taker = await json('offer', 'take', other.offer, '--yes', '--unfinal', '--wallet', 'carol')
  assert.equal((await json('offer', 'withdraw', other.offer, '--wallet', 'bob')).error.code, 'offer-gone')
  assert.match(
    (await text(['offer', 'list'])).out,
    new RegExp(`taken by ${checksumAddress(carol.address)} in ${taker.infohash}`),
  )
})

test('an offer whose command was cut off before it said so is not made twice, and one that was said is', async (t) => {
  const { folder, sell, book } = await openOffers(t)
  const file = join(folder, 'offer.json')
  const first = await sell('40', '1', '--save', file)
  const kept = join(book, `${first.offer}.json`)
  const cutOff = (await readFile(kept, 'utf8')).replace('"isSaid":true', '"isSaid":false')
  assert.match(cutOff, /"isSaid":false/)
  await writeFile(kept, cutOff)
  const again = await sell('40', '1', '--save', file)
  assert.deepEqual([again.exitCode, again.offer, again.earlier], [0, first.offer, true])
  const second = await sell('40', '1')
  assert.deepEqual([second.earlier, second.offer === first.offer], [false, false])
})

test('an offer of money that was never there, is spent otherwise, or is less than it says, cannot be taken', async (t) => {
  const { folder, gold, json, rpcUrl } = await openOffers(t)
  const node = createNodeClient(rpcUrl)
  const { outputs } = await node.call('account_balance', { owner: bob.address, asset: gold })
  const small = outputs.find(({ value }) => value === 4_000n)
  assert(small)
  const offerOf = async (tokens: bigint, prev: string) => {
    const body = { give: { tokens, asset: gold }, want: { tokens: 5n }, time: 1, prev: [prev] }
    const offer = signOffer(bob, body as never)
    const path = join(folder, `${prev.slice(0, 6)}-${tokens}.json`)
    await writeFile(path, encodeOffer(offer))
    return { offer, path }
  }
  const take = (path: string) => json('offer', 'take', path, '--yes', '--unfinal', '--wallet', 'carol')
  const less = await offerOf(4_001n, small.infohash)
  assert.match((await take(less.path)).error.message, /hold 4000 units.*less than/)
  const unknown = await take((await offerOf(1n, 'ab'.repeat(20))).path)
  assert.equal(unknown.error.code, 'unknown-transaction')
  const { infohash } = await json('send', '1', 'carol', '--wallet', 'bob')
  const nothing = await take((await offerOf(1n, infohash)).path)
  assert.deepEqual([nothing.error.code, nothing.error.facts.state], ['offer-gone', 'void'])

  // Two offers of one output, as no wallet here makes them: one is taken, the other is gone.
  const [one, two] = [await offerOf(4_000n, small.infohash), await offerOf(3_999n, small.infohash)]
  const [input] = (await node.call('account_inputs', { owner: carol.address, tokens: 5n })).prev
  assert(input)
  const tx = signTake(carol, { offer: decodeOffer(await readFile(one.path, 'utf8')), time: 2, prev: [input] })
  await node.call('tx_submit', { file: encodeTransaction(tx) })
  const lost = await take(two.path)
  assert.deepEqual([lost.error.code, lost.error.facts.state], ['offer-gone', 'spent'])
})

test('a name that reads like that of what the wallet has is told to whoever shows, takes or makes an offer', async (t) => {
  const { folder, gold, json, text } = await openOffers(t)
  await json('send', '5', 'carol', '--asset', gold, '--unfinal', '--wallet', 'bob')
  for (const amount of ['2', '3']) await json('send', amount, 'bob', '--wallet', 'alice')
  for (const symbol of ['G0LD', 'gold', 'GO.LD']) {
    const { asset } = await json('asset', 'issue', symbol, '10', '--decimals', '2', '--wallet', 'alice')
    const file = join(folder, `${symbol}.json`)
    const terms = ['--give', '10', '--give-asset', asset, '--want', '1', '--unfinal']
    await json('offer', 'create', ...terms, '--save', file, '--wallet', 'alice')
    const told = new RegExp(
      `^careful +${asset}: its name ${symbol} reads like GOLD of another asset: ${gold}; compare`,
      'm',
    )
    assert.match((await text(['offer', 'show', file, '--wallet', 'carol'])).out, told)
    assert.match((await text(['offer', 'take', file, '--unfinal', '--wallet', 'carol'])).out, told)
    // Who has nothing of that name is told nothing.
    assert.doesNotMatch((await text(['offer', 'show', file, '--wallet', 'nobody'])).out, /reads like/)
    const wanted = ['--give', '1', '--want', '2', '--want-asset', asset, '--unfinal', '--wallet', 'bob']
    assert.match((await text(['offer', 'create', ...wanted])).out, told)
  }
})

test('who is overtaken while signing is told what became of the offer, and not that they paid otherwise', async (t) => {
  const { json, rpcUrl, sell } = await openOffers(t)
  const node = createNodeClient(rpcUrl)
  const rivals = {
    taken: (offer: string) => json('offer', 'take', offer, '--yes', '--unfinal', '--wallet', 'alice'),
    withdrawn: (offer: string) => json('offer', 'withdraw', offer, '--wallet', 'bob'),
  }
  for (const [state, overtake] of Object.entries(rivals)) {
    const { offer: id, file } = await sell('40', '1')
    let by = ''
    const call: typeof node.call = async (method, params, signal) => {
      if (method === 'tx_submit' && by === '') by = (await overtake(id)).infohash
      return await node.call(method, params, signal)
    }
    const signer = { address: carol.address, sign: (digest: Uint8Array) => signDigest(digest, carol.key) }
    const taking = takeOffer({ ...node, call }, signer, decodeOffer(file), 1, { fetchMs: 0 })
    await assert.rejects(taking, (error: OperationError) => {
      assert.deepEqual([error.code, error.facts['state'], error.facts['by']], ['offer-gone', state, by])
      return true
    })
  }
})

test('a take that is charged to a crowded coin has the work that nodes ask for, as any payment', async (t) => {
  const { rpcUrl, sell } = await openOffers(t)
  const { file } = await sell('40', '1')
  const node = createNodeClient(rpcUrl)
  const call: typeof node.call = async (method, params, signal) => {
    const result = await node.call(method, params, signal)
    return method === 'account_inputs' ? { ...result, relayBits: 9 } : result
  }
  using signer = new Wallet(carol.key)
  const taken = await takeOffer({ ...node, call }, signer, decodeOffer(file), 1, { fetchMs: 0 })
  assert.ok(relayBitsOf(taken.infohash) >= 9, taken.infohash)
  assert.equal(taken.status, 'accepted')
})
