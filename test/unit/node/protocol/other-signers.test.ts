// What people sign is plain EIP-712: viem, ethers and web3.js make the same digest and the same signature of each form, and no form is read as another.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Signature, TypedDataEncoder, Wallet } from 'ethers'
import { hashTypedData, toHex } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { getEncodedEip712Data } from 'web3-eth-abi'
import { signMessageWithPrivateKey } from 'web3-eth-accounts'
import { formatHex, parseHex } from '../../../../node/protocol/bytes.ts'
import { keccak } from '../../../../node/protocol/hash.ts'
import { toInfohash } from '../../../../node/protocol/ids.ts'
import type { OfferBody } from '../../../../node/protocol/offer.ts'
import { recoverSender, signDigest } from '../../../../node/protocol/signature.ts'
import {
  offerDigest,
  offerMessage,
  signingDigest,
  type TakeBody,
  type TransactionBody,
  takeDigest,
  takeMessage,
  typedMessage,
} from '../../../../node/protocol/typed-data.ts'
import { accountOf, signOffer } from '../../../../scripts/assure/models/world.ts'

const [signer, maker, other] = [accountOf('signer'), accountOf('maker'), accountOf('other')]
const infohash = (byte: number) => toInfohash(new Uint8Array(20).fill(byte))
const TIME = 1_767_225_600
const prev = [infohash(1), infohash(0xfe)]
const vault = other.address
const LARGEST = 2n ** 128n - 1n

const transfer = { to: other.address, tokens: 5n, time: TIME, prev } satisfies TransactionBody
const asked = { ...transfer, bridge: { chain: 2n ** 64n - 1n, to: maker.address } } satisfies TransactionBody
const offer = {
  give: { tokens: 7n, asset: infohash(9) },
  want: { tokens: LARGEST },
  time: TIME,
  prev,
} satisfies OfferBody
const swap = { ...offer, want: { tokens: 1n, asset: vault }, taker: signer.address } satisfies OfferBody
const take = { offer: signOffer(maker, offer), time: TIME + 1, prev: [infohash(3)] } satisfies TakeBody

type Message = ReturnType<typeof typedMessage> | ReturnType<typeof offerMessage> | ReturnType<typeof takeMessage>
const transaction = (body: TransactionBody) => ({ digest: signingDigest(body), message: typedMessage(body) })

/** By primary type. */
const FORMS: Readonly<Record<Message['primaryType'], readonly { digest: Uint8Array; message: Message }[]>> = {
  Transaction: [transaction(transfer), transaction({ ...asked, memo: 'for the coffee' })],
  AssetTransaction: [
    transaction({ ...transfer, asset: infohash(9) }),
    transaction({ ...asked, asset: vault, tokens: LARGEST }),
  ],
  Issuance: [
    transaction({ ...transfer, issuance: true }),
    transaction({ ...transfer, issuance: true, memo: 'GOLD 6', tokens: LARGEST }),
  ],
  Offer: [offer, swap].map((body) => ({ digest: offerDigest(body), message: offerMessage(body) })),
  Take: [take, { ...take, offer: signOffer(maker, swap), memo: 'taken' }].map((body) => ({
    digest: takeDigest(body),
    message: takeMessage(body),
  })),
}
const ALL = Object.values(FORMS).flat()

for (const [name, forms] of Object.entries(FORMS)) {
  test(`viem, ethers and web3.js sign each ${name} as it is signed here`, async () => {
    for (const { digest, message } of forms) {
      assert.equal(message.primaryType, name)
      const own = `0x${formatHex(signDigest(digest, signer.key))}`
      const hash = `0x${formatHex(digest)}` as const
      assert.equal(hashTypedData(message as never), hash, 'viem')
      assert.equal(await privateKeyToAccount(toHex(signer.key)).signTypedData(message as never), own, 'viem')

      const { domain, types, primaryType, message: content } = message
      // It wants the types that the message needs, and no other.
      const needed = { [primaryType]: [...types[primaryType]] }
      assert.equal(TypedDataEncoder.hash(domain, needed, content), hash, 'ethers')
      const byEthers = await new Wallet(toHex(signer.key)).signTypedData(domain, needed, content)
      assert.equal(Signature.from(byEthers).serialized, own, 'ethers')

      const byWeb3 = getEncodedEip712Data(forWeb3(message), true)
      assert.equal(byWeb3, hash, 'web3.js')
      assert.equal(signMessageWithPrivateKey(byWeb3, toHex(signer.key)).signature, own, 'web3.js')
      assert.equal(recoverSender(digest, parseHex(own.slice(2))), signer.address)
    }
  })
}

test('web3.js makes the digest out of the same bytes, which begin as EIP-191 says', () => {
  for (const { digest, message } of ALL) {
    const encoded = getEncodedEip712Data(forWeb3(message), false)
    assert.match(encoded, /^0x1901/)
    assert.deepEqual(keccak(parseHex(encoded.slice(2))), digest)
  }
})

test('no message is read as one of another form: no two digests agree, and each begins with the hash of its own type', () => {
  assert.equal(new Set(ALL.map(({ digest }) => formatHex(digest))).size, ALL.length)
  const types = ALL.map(({ message: { primaryType, types } }) => {
    return TypedDataEncoder.from({ [primaryType]: [...types[primaryType]] }).encodeType(primaryType)
  })
  assert.equal(new Set(types).size, Object.keys(FORMS).length)
})

/** It wants the type of the domain spelled out, and numbers as text. */
function forWeb3({ domain, types, primaryType, message }: Message) {
  const EIP712Domain = [
    { name: 'name', type: 'string' },
    { name: 'version', type: 'string' },
  ]
  const content = Object.entries(message).map(([name, value]) => [
    name,
    typeof value === 'bigint' ? value.toString() : value,
  ])
  return {
    domain: { ...domain },
    types: { EIP712Domain, [primaryType]: [...types[primaryType]] },
    primaryType,
    message: Object.fromEntries(content),
  }
}
