// ttx receive and what `ttx send` makes of it: a request is shown, read by a camera, paid as it says, and refused where it does not fit.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import decodeQR from 'qr/decode.js'
import { checksumAddress } from '../../../../node/protocol/ids.ts'
import { RULES } from '../../../../scripts/assure/models/world.ts'
import { qrCode } from '../../../../scripts/cli/commands/hold/receive.ts'
import { bob, carol, openTown } from './town.ts'

const UNIT = 10n ** 18n
const BOB = checksumAddress(bob.address)

/** As a camera sees it: each module is a square of dots, light where the terminal shows a block. */
function photograph(text: string): string {
  const halves = text
    .split('\n')
    .flatMap((line) => [
      [...line].map((cell) => cell === '█' || cell === '▀'),
      [...line].map((cell) => cell === '█' || cell === '▄'),
    ])
  const scale = 4
  const [height, width] = [halves.length * scale, (halves[0] ?? []).length * scale]
  const data = new Uint8Array(4 * width * height)
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      data.fill(
        halves[Math.floor(y / scale)]?.[Math.floor(x / scale)] ? 255 : 0,
        4 * (y * width + x),
        4 * (y * width + x) + 4,
      )
  return decodeQR({ width, height, data })
}

test('a request is text for programs and a QR code for cameras, on a terminal only', async (t) => {
  const { run, json } = await openTown(t)
  const { uri } = await json('receive', '25', '--wallet', 'bob', '--label', 'the corner')
  assert.equal(
    uri,
    `torrenttx:${BOB}?amount=25&chain=${RULES.chain}&bridge=${checksumAddress(RULES.bridge)}&label=the%20corner`,
  )
  const { out } = await run(['receive', '25', '--to', 'bob', '--label', 'the corner'], { isShown: true })
  const [table = '', code = ''] = out.trimEnd().split('\n\n')
  assert(table.includes(uri) && table.includes('(wallet "bob")'), table)
  assert.equal(photograph(code), uri)
  for (const [args, isShown] of [
    [['--no-qr'], true],
    [[], false],
  ] as const)
    assert(!(await run(['receive', '25', ...args], { isShown })).out.includes('█'))
})

test('even a code of the longest label can be read', () => {
  const uri = `torrenttx:${BOB}?label=${'%C3%A9'.repeat(100)}`
  assert.equal(photograph(qrCode(uri)), uri)
})

test('a request is paid as it says, with its memo, after its label was shown as what somebody says', async (t) => {
  const { run, json, balanceOf } = await openTown(t)
  const { uri } = await json('receive', '25', '--to', carol.address, '--label', 'to "bob"', '--memo', 'order 7')
  const { exitCode, err, out } = await run(['send', uri], { answer: 'yes\n' })
  assert.equal(exitCode, 0, err)
  assert(err.includes(`they say  "to 'bob'"`), err)
  assert.match(out, /^magnet +magnet:\?xt=urn:btih:[0-9a-f]{40}$/m)
  assert.equal(await balanceOf(carol.address), 25n * UNIT)
  assert.equal((await json('history', carol.address)).entries[0].memo, 'order 7')
  const open = await json('receive', '--to', carol.address)
  assert.equal((await json('send', '2', open.uri)).tokens, `${2n * UNIT}`)
})

test('a request of an asset is in its base units, whatever decimals it says that it has', async (t) => {
  const { json } = await openTown(t)
  const { asset } = await json('asset', 'issue', 'GOLD', '100', '--decimals', '2')
  const { uri } = await json('receive', '1.5', '--asset', asset, '--unfinal', '--to', 'bob')
  assert.match(uri, new RegExp(`\\?units=150&asset=${asset}&`))
  const paid = await json('send', uri, '--unfinal')
  assert.deepEqual([paid.tokens, paid.asset, paid.to], ['150', asset, bob.address])
})

test('what the command line says beside a request must not contradict it', async (t) => {
  const { run, json, balanceOf } = await openTown(t)
  const { uri } = await json('receive', '25', '--to', carol.address, '--memo', 'order 7')
  const { uri: open } = await json('receive', '--to', carol.address)
  for (const args of [[uri, 'bob'], ['5', uri], [open], ['5'], [uri, '--memo', 'other'], [uri, '--asset', RULES.token]])
    assert.equal((await json('send', ...args)).error.code, 'bad-arguments', args.join(' '))
  const elsewhere = uri.replace(`chain=${RULES.chain}`, 'chain=5')
  assert.equal((await json('send', elsewhere)).error.code, 'bad-payment-uri')
  assert.equal((await json('send', '5', elsewhere.replace('amount=25&', ''))).error.code, 'bad-payment-uri')
  const flipped = uri.replace(/0x\w{40}/, (address: string) =>
    address.replace(/[a-f]/, (digit: string) => digit.toUpperCase()),
  )
  const { exitCode, err } = await run(['send', flipped])
  assert.deepEqual([exitCode, /EIP-55/.test(err)], [2, true])
  assert.equal((await json('receive', '5', '--label', 'a\nb')).error.code, 'bad-payment-uri')
  assert.equal((await json('receive', '5', '--to', RULES.bridge)).error.code, 'bad-address')
  assert.equal(await balanceOf(carol.address), 0n)
})

test('an address that begins and ends like that of a contact is pointed at before it is paid, and the contact itself is not', async (t) => {
  const { run } = await openTown(t)
  const digits = carol.address.slice(2)
  const middle = digits.slice(4, -4).replace(/[0-9a-f]/g, (digit) => (digit === '7' ? '3' : '7'))
  const twin = `0x${digits.slice(0, 4)}${middle}${digits.slice(-4)}`
  await run(['contact', 'add', 'carol', carol.address])
  for (const args of [
    ['send', '3', twin],
    ['send', `torrenttx:${twin}?amount=4`],
    ['bridge', '5', twin],
  ]) {
    const { err } = await run(args, { answer: 'no\n' })
    assert.match(err, /^careful +it begins and ends like contact "carol"/m, args.join(' '))
  }
  assert(!(await run(['send', '3', 'carol'], { answer: 'no\n' })).err.includes('careful'))
})
