// One beacon endpoint: which block it is asked for, by which route, and what becomes of answers that are none. Long: one list of them.

import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { beforeEach, describe, it } from 'node:test'
import { inspect } from 'node:util'
import { gzipSync } from 'node:zlib'
import { OperationError } from '../../../../../node/errors.ts'
import { BeaconEndpoint } from '../../../../../node/ethereum/blobs/beacon.ts'
import { MOST_BLOBS, type WantedBlobs } from '../../../../../node/ethereum/blobs/blob-source.ts'
import { BLOB_BYTES } from '../../../../../node/protocol/blob.ts'
import { blobHash } from '../../../../../node/protocol/blob-hash.ts'
import { toTime } from '../../../../../node/protocol/units.ts'
import {
  aboutBlobs,
  type BeaconLie,
  BeaconServer,
  GENESIS_TIME,
  respond,
  respondBlobs,
  respondSidecars,
  SECONDS_PER_SLOT,
} from '../../../../support/chain/beacon-server.ts'

const SLOT = 12_345_678n
const block = { number: 23_456_789n, time: toTime(GENESIS_TIME + SLOT * SECONDS_PER_SLOT) }
const DAY_MS = 86_400_000
/** A day after the block. */
const now = () => 1_000 * Number(block.time) + DAY_MS
const going = new AbortController().signal

// An endpoint recomputes nothing: any commitments will do.
const commitments = [1, 2, 3].map((byte) => new Uint8Array(48).fill(byte))
const blobs = [1, 2, 3].map((byte) => new Uint8Array(BLOB_BYTES).fill(byte))
const hashes = commitments.map(blobHash)
const wanted: WantedBlobs = { hashes: hashes.slice(0, 2), block }
const stored = blobs.map((bytes, i) => ({ hash: hashes[i] ?? '', bytes }))

const BLOBS = `/eth/v1/beacon/blobs/${SLOT}`
const SIDECARS = `/eth/v1/beacon/blob_sidecars/${SLOT}`
const FILTER = `?${wanted.hashes.map((hash) => `versioned_hashes=${hash}`).join('&')}`

type Facts = { readonly code: string; readonly retry: boolean; readonly message: RegExp }
const failure =
  ({ code, retry, message }: Facts) =>
  (error: unknown) => {
    assert(error instanceof OperationError, String(error))
    assert.deepEqual([error.code, error.retry], [code, retry])
    assert.match(error.message, message)
    return true
  }

/** 65 kB that unpack to 64 MB. */
const PACKED = gzipSync(Buffer.alloc(2 ** 26, ' '))

/** As much as the other side takes, for as long as it does. */
function flood(response: ServerResponse, part: string): true {
  const more = () => {
    while (!response.destroyed && response.write(part));
  }
  response.on('drain', more)
  more()
  return true
}

describe('a beacon endpoint', () => {
  let beacon: BeaconServer

  beforeEach(async (t) => {
    beacon = await BeaconServer.start()
    beacon.blobs.set(SLOT, stored)
    assert('after' in t)
    t.after(() => beacon[Symbol.asyncDispose]())
  })

  const endpoint = (timeoutMs = 5_000) => new BeaconEndpoint(beacon.url, { now, timeoutMs })

  it('is asked once for the time of its slots, and for the wanted blobs of the slot', async () => {
    const one = endpoint()
    assert.deepEqual(await one.deliver(wanted, going), blobs.slice(0, 2))
    assert.deepEqual(await one.deliver(wanted, going), blobs.slice(0, 2))
    assert.deepEqual(beacon.asked, [
      '/eth/v1/beacon/genesis',
      '/eth/v1/config/spec',
      `${BLOBS}${FILTER}`,
      `${BLOBS}${FILTER}`,
    ])
  })

  it('may say how long a slot takes in milliseconds only', async () => {
    beacon.lie = ({ pathname }, response) =>
      pathname === '/eth/v1/config/spec' ? respond(response, { data: { SLOT_DURATION_MS: '12000' } }) : undefined
    assert.equal((await endpoint().deliver(wanted, going)).length, 2)
  })

  it('is asked by the number of the block if its chain has no validators, as that of anvil', async () => {
    beacon.blobs.set(block.number, stored)
    beacon.lie = ({ pathname }, response) =>
      pathname === '/eth/v1/beacon/genesis'
        ? respond(response, { data: { genesis_time: '1', genesis_validators_root: `0x${'00'.repeat(32)}` } })
        : undefined
    assert.deepEqual(await endpoint().deliver(wanted, going), blobs)
    assert.deepEqual(beacon.asked, ['/eth/v1/beacon/genesis', `/eth/v1/beacon/blobs/${block.number}`])
  })

  it('is asked for all blobs if it does not understand which are wanted', async () => {
    beacon.lie = ({ search }, response) =>
      search === '' ? undefined : respond(response, { code: 400, message: 'unknown parameter' }, 400)
    assert.deepEqual(await endpoint().deliver(wanted, going), blobs)
    // Of a parameter that comes twice this one knows the last.
    beacon.lie = ({ search }, response) => (search === '' ? undefined : respondBlobs(response, blobs.slice(1, 2)))
    assert.deepEqual(await endpoint().deliver(wanted, going), blobs)
  })

  it('is asked by the older route if it has no other, and only what is said to be wanted is looked at', async () => {
    beacon.lie = ({ pathname }, response) => {
      if (pathname !== SIDECARS) return undefined
      return respondSidecars(
        response,
        blobs.map((blob, i) => ({ blob, commitment: commitments[i] ?? new Uint8Array() })).reverse(),
      )
    }
    beacon.blobs.clear()
    assert.deepEqual(await endpoint().deliver(wanted, going), blobs.slice(0, 2).reverse())
    assert.deepEqual(beacon.asked.slice(2), [`${BLOBS}${FILTER}`, BLOBS, SIDECARS])
  })

  it('lacks blobs: as long as they are young, it may be behind', async () => {
    beacon.blobs.clear()
    const message = /expected blobs of block 23456789 of Ethereum from http:.*, got none: it is behind/
    await assert.rejects(endpoint().deliver(wanted, going), failure({ code: 'blobs-absent', retry: true, message }))
    beacon.blobs.set(SLOT, [])
    await assert.rejects(endpoint().deliver(wanted, going), { code: 'blobs-absent', retry: true })
  })

  it('lacks blobs that are older than nodes keep them: then it is not asked again', async () => {
    beacon.blobs.clear()
    const late = new BeaconEndpoint(beacon.url, { now: () => now() + 18 * DAY_MS })
    const message = /19 days old/
    await assert.rejects(late.deliver(wanted, going), failure({ code: 'blobs-absent', retry: false, message }))
  })

  it('is asked for the time of its slots again after it had nothing', async () => {
    const one = endpoint()
    beacon.lie = ({ pathname }, response) =>
      pathname === '/eth/v1/beacon/genesis'
        ? respond(response, { data: { genesis_time: `${GENESIS_TIME + 24n}`, genesis_validators_root: '0x01' } })
        : undefined
    await assert.rejects(one.deliver(wanted, going), { code: 'blobs-absent' })
    beacon.lie = () => undefined
    assert.equal((await one.deliver(wanted, going)).length, 2)
  })

  it('is of another chain if no slot of it is at the time of the block', async () => {
    const message = /slots of 12 s from 1606824023 on; name a beacon endpoint of this network/
    for (const time of [block.time + 1n, GENESIS_TIME - SECONDS_PER_SLOT]) {
      const elsewhere = { ...wanted, block: { ...block, time: toTime(time) } }
      await assert.rejects(
        endpoint().deliver(elsewhere, going),
        failure({ code: 'beacon-wrong-chain', retry: false, message }),
      )
    }
  })

  const REFUSED: readonly [name: string, message: RegExp, lie: BeaconLie][] = [
    ['sends a web page', /does not belong/, (_, response) => Boolean(response.end('<html>Hello</html>')) || undefined],
    [
      'sends half of a JSON text',
      /does not belong/,
      (_, response) => Boolean(response.end('{"data":["0x')) || undefined,
    ],
    ['sends JSON of another kind', /does not belong/, (_, response) => respond(response, [{ data: 1 }])],
    ['sends what is not text', /does not belong/, (_, response) => respond(response, { data: [null, 7, {}] })],
    [
      'sends more blobs than a block can have',
      /more than|does not belong/,
      (_, response) => respondBlobs(response, Array(MOST_BLOBS + 1).fill(new Uint8Array())),
    ],
    ['sends a gigabyte', /more than \d+ bytes/, (_, response) => flood(response, ' '.repeat(2 ** 20))],
    [
      'sends little that unpacks to much',
      /more than \d+ bytes/,
      (_, response) => Boolean(response.setHeader('content-encoding', 'gzip').end(PACKED)) || undefined,
    ],
    ['sends a million brackets', /does not belong|more than/, (_, response) => flood(response, '['.repeat(2 ** 16))],
    [
      'leads elsewhere',
      /a redirection, which is not followed/,
      (_, response) => Boolean(response.writeHead(307, { location: '/elsewhere' }).end()) || undefined,
    ],
    ['wants a key', /status 401: it wants a key/, (_, response) => respond(response, {}, 401)],
    ['has nothing to say', /status 204/, (_, response) => Boolean(response.writeHead(204).end()) || undefined],
  ]
  for (const [name, message, lie] of REFUSED) {
    it(`refuses, if it ${name}, and that is said of the endpoint alone`, async () => {
      for (const where of [lie, aboutBlobs(lie)]) {
        beacon.asked.length = 0
        beacon.lie = where
        await assert.rejects(
          endpoint().deliver(wanted, going),
          failure({ code: 'beacon-refused', retry: true, message }),
        )
        assert.equal(beacon.count('/elsewhere'), 0)
      }
    })
  }

  it('is read no further than the blobs of a block take, whatever it sends', async () => {
    const sent = Promise.withResolvers<number>()
    beacon.lie = aboutBlobs((_, response) => {
      response.on('close', () => sent.resolve(response.socket?.bytesWritten ?? 0))
      return flood(response, ' '.repeat(2 ** 16))
    })
    await assert.rejects(endpoint().deliver(wanted, going), { code: 'beacon-refused' })
    // What lies between, in buffers of the kernel and of both sides.
    assert((await sent.promise) < MOST_BLOBS * 2 * BLOB_BYTES + 2 ** 24, 'bytes sent before it was cut off')
  })

  const SILENT: readonly [name: string, message: RegExp, lie: BeaconLie][] = [
    ['says that it is overloaded', /status 503/, (_, response) => respond(response, {}, 503)],
    ['wants fewer questions', /status 429/, (_, response) => respond(response, {}, 429)],
    [
      'breaks the connection',
      /got (UND_ERR|ECONN|a broken)/,
      (_, response) => Boolean(response.destroy()) || undefined,
    ],
    [
      'breaks it in the middle',
      /got (UND_ERR|ECONN|a broken)/,
      (_, response) => {
        response.writeHead(200, { 'content-length': 1_000 }).write('{"data":')
        setImmediate(() => response.destroy())
        return true
      },
    ],
    ['says nothing', /nothing, or nothing whole, in time/, () => true],
    ['stops in the middle', /nothing, or nothing whole, in time/, (_, response) => response.write('{"data":[') || true],
    [
      'sends a byte from time to time',
      /nothing, or nothing whole, in time/,
      (_, response) => {
        const timer = setInterval(() => response.write(' '), 20)
        response.on('close', () => clearInterval(timer))
        return true
      },
    ],
  ]
  for (const [name, message, lie] of SILENT) {
    it(`is silent, if it ${name}`, async () => {
      for (const where of [lie, aboutBlobs(lie)]) {
        beacon.lie = where
        await assert.rejects(
          endpoint(400).deliver(wanted, going),
          failure({ code: 'beacon-silent', retry: true, message }),
        )
      }
    })
  }

  it('is given up as soon as no part of an answer comes, and at the end however many come', async () => {
    const ends: [BeaconLie, RegExp][] = [
      [() => true, /no part of an answer came for 0.2 s/],
      [(_, response) => response.write('{"data":[') || true, /no part of an answer came for 0.2 s/],
      [SILENT.at(-1)?.[2] ?? (() => true), /timeout/],
    ]
    for (const [lie, why] of ends) {
      beacon.lie = aboutBlobs(lie)
      await assert.rejects(
        endpoint(200).deliver(wanted, going),
        ({ cause }) => cause instanceof Error && why.test(cause.message),
      )
    }
  })

  it('is silent, if nothing listens there', async () => {
    const { url } = beacon
    await beacon[Symbol.asyncDispose]()
    const gone = new BeaconEndpoint(url, { now })
    const message = /got ECONNREFUSED/
    await assert.rejects(gone.deliver(wanted, going), failure({ code: 'beacon-silent', retry: true, message }))
  })

  it('delivers what it has if a further way fails', async () => {
    beacon.lie = aboutBlobs(({ search }, response) =>
      search === '' ? respond(response, {}, 500) : respondBlobs(response, blobs.slice(1, 2)),
    )
    assert.deepEqual(await endpoint().deliver(wanted, going), blobs.slice(1, 2))
  })

  it('may have other things among blobs, which are left out', async () => {
    beacon.lie = aboutBlobs((_, response) => {
      const hex = (bytes: Uint8Array) => `0x${Buffer.from(bytes).toString('hex')}`
      const [first = blobs[0] ?? new Uint8Array(), second = first] = blobs
      const others = [
        '',
        '0x',
        '0x12',
        hex(first).replace('0x', ''),
        hex(first).replace(/..$/, 'zz'),
        `${hex(first)}00`,
      ]
      return respond(response, { data: [...others, hex(second), 'x'.repeat(2 + 2 * BLOB_BYTES)] })
    })
    assert.deepEqual(await endpoint().deliver(wanted, going), blobs.slice(1, 2))
  })

  it('ends with the reason of the signal, before and in the middle', async () => {
    const reason = new Error('enough')
    const stopping = new AbortController()
    beacon.lie = aboutBlobs(() => {
      stopping.abort(reason)
      return true
    })
    await assert.rejects(endpoint().deliver(wanted, stopping.signal), reason)
    await assert.rejects(endpoint().deliver(wanted, stopping.signal), reason)
    const again = new AbortController()
    beacon.blobs.clear()
    beacon.lie = ({ pathname }) => {
      if (pathname === SIDECARS) again.abort(reason)
      return undefined
    }
    await assert.rejects(endpoint().deliver(wanted, again.signal), reason)
  })

  it('gets user, path and query of its URL with every question, and no error shows them', async () => {
    const keys: (string | undefined)[] = []
    beacon.lie = (asked, response, request) => {
      keys.push(request.headers.authorization)
      if (asked.pathname === '/v2/SECRET-path/eth/v1/beacon/genesis')
        return respond(response, { data: { genesis_time: '0', genesis_validators_root: '0x01' } })
      return respond(response, {}, keys.length === 2 ? 503 : 404)
    }
    const url = `http://SECRET-user:SECRET%2Fword@${beacon.host}/v2/SECRET-path/?key=SECRET-query`
    const secret = new BeaconEndpoint(url, { now })
    assert.equal(secret.name, beacon.url)
    for (const code of ['beacon-silent', 'beacon-refused']) {
      const error = await secret.deliver(wanted, going).then(
        () => assert.fail('it delivered'),
        (cause: unknown) => cause,
      )
      assert(error instanceof OperationError)
      assert.equal(error.code, code)
      assert.doesNotMatch(inspect(error, { depth: 10, showHidden: true }), /SECRET|U0VDUkVU/)
    }
    assert(
      beacon.asked.every((each) => each.endsWith('?key=SECRET-query')),
      beacon.asked.join(),
    )
    const basic = `Basic ${Buffer.from('SECRET-user:SECRET/word').toString('base64')}`
    assert.deepEqual(new Set(keys), new Set([basic]))
  })

  it('is not made of anything but http or https', () => {
    for (const url of ['ws://127.0.0.1', 'file:///etc/passwd', 'SECRET'])
      assert.throws(
        () => new BeaconEndpoint(url, { now }),
        (error) =>
          error instanceof OperationError && error.code === 'bad-endpoint' && !error.message.includes('SECRET'),
      )
  })
})
