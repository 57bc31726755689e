// Ids as text: either case is read, anything else is a rule error that quotes it.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checksumAddress, parseAddress, parseHash, parseInfohash, readInfohash } from '../../../../node/protocol/ids.ts'

const PARSERS = [
  { parse: parseAddress, prefix: '0x', digits: 40, code: 'bad-address' },
  { parse: parseInfohash, prefix: '', digits: 40, code: 'bad-infohash' },
  { parse: parseHash, prefix: '0x', digits: 64, code: 'bad-hash' },
] as const

for (const { parse, prefix, digits, code } of PARSERS) {
  test(`${digits} hex digits after "${prefix}" are read in either case, and all else is ${code}`, () => {
    const right = `${prefix}${'AB'.repeat(digits / 2)}`
    assert.equal(parse(right), right.toLowerCase())
    assert.equal(parse(right.toLowerCase()), right.toLowerCase())
    for (const wrong of ['', 'x', prefix, `${right}a`, right.slice(0, -1), `${right.slice(0, -1)}g`, ` ${right}`])
      assert.throws(() => parse(wrong), { name: 'RuleError', code }, wrong)
  })
}

// Those of EIP-55.
const SUMMED = [
  '0x52908400098527886E0F7030069857D2E4169EE7',
  '0x8617E340B3D01FA5F11F306F4090FD50E238070D',
  '0xde709f2102306220921060314715629080e2fb77',
  '0x27b1fdb04752bbc536007a920d24acb045561c26',
  '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed',
  '0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359',
  '0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB',
  '0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb',
] as const

test('the mixed case of an address is that of EIP-55', () => {
  for (const address of SUMMED) {
    const read = parseAddress(address)
    assert.equal(read, address.toLowerCase())
    assert.equal(checksumAddress(read), address)
    assert.equal(parseAddress(`0x${address.slice(2).toUpperCase()}`), read)
  }
})

test('a mixed-case address in which any one letter has the other case, or any one digit is another, is refused with its place', () => {
  const right = '0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359'
  for (let i = 2; i < right.length; i++) {
    const digit = right[i] ?? ''
    const swapped = digit === digit.toLowerCase() ? digit.toUpperCase() : digit.toLowerCase()
    if (swapped === digit) continue
    const wrong = `${right.slice(0, i)}${swapped}${right.slice(i + 1)}`
    assert.throws(() => parseAddress(wrong), {
      code: 'bad-address',
      message: new RegExp(`digit ${i - 1} after 0x.*EIP-55|EIP-55.*digit ${i - 1} after 0x`),
    })
  }
  assert.throws(() => parseAddress(right.replace('0c', '0d').replace('c5d359', 'c5d358')), { code: 'bad-address' })
})

test('an infohash is read as people copy it: either case, base32, magnet links, blanks around', () => {
  const hex = '00e9f7a3b45c6d7e8f90123456789abcdef01235'
  const base32 = 'ADU7PI5ULRWX5D4QCI2FM6E2XTPPAERV'
  for (const text of [
    hex,
    hex.toUpperCase(),
    `\n ${hex}\t`,
    base32,
    base32.toLowerCase(),
    `urn:btih:${hex}`,
    `magnet:?xt=urn:btih:${hex}`,
    ` magnet:?dn=a+name&xt=urn:btih:${base32}&tr=http%3A%2F%2Fx `,
    `MAGNET:?xt=urn:btmh:1220${'ab'.repeat(32)}&xt=urn:btih:${hex.toUpperCase()}`,
  ])
    assert.equal(readInfohash(text), hex, text)
  for (const wrong of [
    '',
    'magnet:?',
    'magnet:?dn=x',
    `magnet:?xt=urn:sha1:${base32}x`,
    `${base32}A`,
    `0x${hex}`,
    base32.replace('A', '1'),
    `${hex} ${hex}`,
  ])
    assert.throws(() => readInfohash(wrong), { name: 'RuleError', code: 'bad-infohash' }, wrong)
})
