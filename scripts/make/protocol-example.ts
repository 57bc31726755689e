// The worked example of docs/protocol.md, computed: `npx node scripts/make/protocol-example.ts` writes it there, a test compares.

import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { loadNativeKzg } from '../../node/ethereum/blobs/native-kzg.ts'
import { applyStep, type Witness } from '../../node/protocol/apply.ts'
import { elementAt, writeBlobs } from '../../node/protocol/blob.ts'
import { blobRowsOf } from '../../node/protocol/blob-block.ts'
import { blobHash, blobTraceRoot, pointOf } from '../../node/protocol/blob-hash.ts'
import { assembleRowProof, elementsOfRow, readRow } from '../../node/protocol/blob-row.ts'
import { assembleBlock } from '../../node/protocol/block.ts'
import { blockTorrent } from '../../node/protocol/block-torrent.ts'
import { concat, encodeText, encodeUint, formatHex } from '../../node/protocol/bytes.ts'
import { createGenesis, genesisInfohash, genesisState } from '../../node/protocol/genesis.ts'
import { keccak } from '../../node/protocol/hash.ts'
import { blockId, challengeOf, encodeHeader, encodeSealed, genesisBlock } from '../../node/protocol/header.ts'
import { addressOfKey, type Hash, parseAddress, toHash, ZERO_HASH } from '../../node/protocol/ids.ts'
import { encodeTxInfo, infohashOf } from '../../node/protocol/infohash.ts'
import { depositTransaction, entryHash, nextQueueHash } from '../../node/protocol/queue.ts'
import { requestLeaf, requestsIn, requestsRoot } from '../../node/protocol/requests.ts'
import type { Rules } from '../../node/protocol/rules.ts'
import { publicKeyOf, signDigest } from '../../node/protocol/signature.ts'
import { entryKey, stateRoot } from '../../node/protocol/state.ts'
import { encodeStep } from '../../node/protocol/step.ts'
import { targetCeiling, targetFloor, workOf } from '../../node/protocol/target.ts'
import { traceLeaf, traceProof } from '../../node/protocol/trace.ts'
import { encodeTransaction } from '../../node/protocol/transaction.ts'
import { signingDigest, type TransactionBody } from '../../node/protocol/typed-data.ts'
import { toGwei, toSeconds } from '../../node/protocol/units.ts'
import { verifyFile } from '../../node/protocol/verify.ts'

export const EXAMPLE_PAGE = new URL('../../docs/protocol.md', import.meta.url)
export const EXAMPLE_START = '<!-- example: scripts/make/protocol-example.ts -->\n```text\n'
export const EXAMPLE_END = '```\n<!-- end of example -->'

const RULES: Rules = {
  chain: 31_337n,
  bridge: parseAddress(`0x${'b1'.repeat(20)}`),
  token: parseAddress(`0x${'70'.repeat(20)}`),
  minRequest: 100n,
}
const EASIEST = 2n ** 240n - 1n
const TIME = 1_767_225_600

/** The lines of the example: `name  value`, in the order of the page's sections. */
export function protocolExample(): string {
  const lines: string[] = []
  const show = (name: string, value: Uint8Array | string | bigint | number) => {
    lines.push(`${name.padEnd(26)} ${value instanceof Uint8Array ? hex(value) : value}`)
  }
  const title = (text: string) => lines.push(...(lines.length > 0 ? [''] : []), `# ${text}`)

  title('network: chain, bridge, token, easiestTarget; private keys keccak("alice"), keccak("bob")')
  const [alice, bob] = [keccak(encodeText('alice')), keccak(encodeText('bob'))]
  const [aliceAddress, bobAddress] = [addressOfKey(publicKeyOf(alice)), addressOfKey(publicKeyOf(bob))]
  show('chain', RULES.chain)
  show('bridge', RULES.bridge)
  show('token', RULES.token)
  show('easiestTarget', encodeUint(EASIEST, 32))
  show('alice', aliceAddress)
  show('bob', bobAddress)

  title('2.4 genesis, 2.5 infohash')
  const genesis = createGenesis(publicKeyOf(alice), TIME, (digest) => signDigest(digest, alice))
  show('genesis file', text(encodeTransaction(genesis)))
  show('info dictionary', encodeTxInfo(encodeTransaction(genesis)))
  show('infohash', genesisInfohash(genesis))

  title('2.1 and 2.2 alice pays 30 to bob and signs; 2.6 packed')
  const body: TransactionBody = {
    to: bobAddress,
    tokens: 30n,
    memo: 'for lunch',
    time: TIME,
    prev: [genesisInfohash(genesis)],
  }
  const signature = signDigest(signingDigest(body), alice)
  const file = encodeTransaction({ kind: 'signed', from: aliceAddress, signature, ...body })
  const payment = verifyFile(RULES, file)
  show('signing digest', signingDigest(body))
  show('file', text(file))
  show('infohash', payment.infohash)
  show('packed', payment.packed)

  title("2.3 a deposit for bob, and 2.1 bob's request of 100 that spends it and the payment")
  const entry = { kind: 'deposit', gross: 1_010n, to: bobAddress } as const
  const depositFile = encodeTransaction(depositTransaction(RULES, 0n, entry))
  show('deposit file', text(depositFile))
  show('deposit infohash', infohashOf(depositFile))
  const requestBody: TransactionBody = {
    to: RULES.bridge,
    tokens: 100n,
    bridge: { chain: RULES.chain, to: bobAddress },
    time: TIME + 1,
    prev: [infohashOf(depositFile), payment.infohash].sort(),
  }
  const requestFile = encodeTransaction({
    kind: 'signed',
    from: bobAddress,
    signature: signDigest(signingDigest(requestBody), bob),
    ...requestBody,
  })
  const request = verifyFile(RULES, requestFile)
  show('signing digest', signingDigest(requestBody))
  show('file', text(requestFile))
  show('infohash', request.infohash)
  show('packed', request.packed)

  title('3 state')
  const start = genesisState(genesis)
  const output = entryKey({ infohash: genesisInfohash(genesis), owner: aliceAddress })
  show('key of genesis output', output)
  show('key of account alice', entryKey({ owner: aliceAddress }))
  show('genesis state', stateRoot(start))

  title('4 steps, the states after them, and their witnesses (3.1)')
  const steps = [
    encodeStep({ kind: 'deposit', entry }),
    encodeStep({ kind: 'transaction', packed: payment.packed }),
    encodeStep({ kind: 'transaction', packed: request.packed }),
  ]
  let state = start
  const done = steps.map((step, i) => {
    const witness: Witness = []
    const { state: after, reason, growth } = applyStep(RULES, state, BigInt(i), step, witness)
    if (reason !== 'None') throw new Error(`step ${i} of the example is invalid: ${reason}`)
    state = after
    show(`step ${i}`, step)
    show(`state ${i}`, stateRoot(after))
    show(`witness ${i}`, concat(...witness))
    return { step, after, growth }
  })

  title('5 trace')
  const leaves: Hash[] = done.map(({ step, after }) => traceLeaf(step, stateRoot(after)))
  for (const [i, leaf] of leaves.entries()) show(`leaf ${i}`, leaf)
  show('proof of leaf 2', traceProof(leaves, 2).join(' '))

  title('5.1 requests')
  const requests = requestsIn(steps)
  for (const [i, asked] of requests.entries()) show(`leaf of request ${i}`, requestLeaf(asked))
  show('requestsRoot', requestsRoot(requests))

  title('5.2 the same rows in a blob (every element that is not named is zero), and a proof of row 1')
  const rows = blobRowsOf(done)
  const blobs = writeBlobs(rows)
  const used = rows.flatMap((_, i) => Object.values(elementsOfRow(blobs, rows.length, i)).flat())
  for (const element of new Set(used.toSorted((a, b) => a - b))) show(`element ${element}`, elementAt(blobs, element))
  const kzg = loadNativeKzg()
  const [commitment] = blobs.map((blob) => kzg.commit(blob))
  const { begin } = readRow(blobs, rows.length, 1)
  if (commitment === undefined) throw new Error('the rows of the example have a blob')
  const openingOf = (element: number) => {
    const proofs = blobs.map((blob) => kzg.prove(blob, element))
    return { element: elementAt(blobs, element), commitment, proof: concat(...proofs) }
  }
  show('commitment', commitment)
  show('hash of the blob', blobHash(commitment))
  show('traceRoot in blobs', blobTraceRoot([blobHash(commitment)]))
  show(`point of element ${begin}`, encodeUint(pointOf(begin), 32))
  show(`proof of element ${begin}`, openingOf(begin).proof)
  const shown = assembleRowProof(blobs, rows.length, 1, openingOf)
  show('content of row 1', shown.content)
  show('openings of row 1', shown.openings)

  title('6 queue')
  show('entry hash 0', entryHash(entry))
  show('hash(1) of deposits', nextQueueHash(ZERO_HASH, entryHash(entry)))
  const forced = { kind: 'forced', fee: toGwei(300_000n), packed: payment.packed } as const
  show('forced, fee 300000', entryHash(forced))
  show('hash(1) of forced', nextQueueHash(ZERO_HASH, entryHash(forced)))

  title('7 genesis block, and a block of these steps (target 2^239 - 1, miner alice, nonce 7: work not done)')
  const first = genesisBlock({
    ...RULES,
    easiestTarget: EASIEST,
    state: stateRoot(start),
  })
  show('genesis block', encodeSealed(first))
  show('genesis id', blockId(first))
  const parent = { id: blockId(first), header: first.header, state: start }
  const { header, content } = assembleBlock(RULES, parent, EASIEST >> 1n, done)
  const sealed = { header, seal: { miner: aliceAddress, nonce: toHash(encodeUint(7, 32)) } }
  const torrent = blockTorrent({ sealed, ...content })
  for (const { name, bytes } of torrent.files) show(name, name.endsWith('.json') ? text(bytes) : bytes)
  show('traceRoot', header.traceRoot)
  show('torrent', torrent.infohash)
  show('header', encodeHeader(header))
  show('challenge', challengeOf(header))
  show('id', blockId(sealed))

  title('7.2 target: parent 2^200, easiest 2^240 - 1; ceiling after this many seconds')
  for (const seconds of [0n, 2_700n, 3_150n, 3_600n, 4_500n, 5_000n, 10n ** 6n]) {
    show(`ceiling after ${seconds}`, encodeUint(targetCeiling(2n ** 200n, toSeconds(seconds), EASIEST), 32))
  }
  show('floor', encodeUint(targetFloor(2n ** 200n), 32))
  show('work of 2^200', workOf(2n ** 200n))
  return `${lines.join('\n')}\n`
}

function hex(bytes: Uint8Array): string {
  return `0x${formatHex(bytes)}`
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const page = await readFile(EXAMPLE_PAGE, 'utf8')
  const [start, end] = [page.indexOf(EXAMPLE_START) + EXAMPLE_START.length, page.indexOf(EXAMPLE_END)]
  await writeFile(EXAMPLE_PAGE, page.slice(0, start) + protocolExample() + page.slice(end))
}
