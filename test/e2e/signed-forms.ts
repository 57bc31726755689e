// What people signed, in the evidence of a demo, checked with code of others: the five forms of typed data (docs/protocol.md section 2) by viem, and the
// packed offer by its table.

import assert from 'node:assert/strict'
import canonicalize from 'canonicalize'
import { concat, type Hex, hexToNumber, keccak256, numberToHex, recoverTypedDataAddress, sliceHex } from 'viem'

type Half = { readonly tokens: string; readonly asset?: string }
type OfferFile = {
  readonly from: Hex
  readonly give: Half
  readonly want: Half
  readonly prev: readonly string[]
  readonly signature: Hex
  readonly taker?: Hex
  readonly time: number
}

const NOBODY: Hex = `0x${'00'.repeat(20)}`
const HALVES = 'uint256 give,uint256 giveKind,bytes20 giveAsset,uint256 want,uint256 wantKind,bytes20 wantAsset'
const FORMS = {
  Transaction: 'address to,uint256 tokens,string memo,uint256 bridgeChain,address bridgeTo,uint256 time,bytes20[] prev',
  AssetTransaction:
    'address to,uint256 tokens,uint256 assetKind,bytes20 asset,string memo,uint256 bridgeChain,address bridgeTo,uint256 time,bytes20[] prev',
  Issuance: 'address to,uint256 issued,string memo,uint256 time,bytes20[] prev',
  Offer: `${HALVES},address taker,uint256 time,bytes20[] prev`,
  Take: `address maker,${HALVES},bytes32 offer,string memo,uint256 time,bytes20[] prev`,
} as const

/** `tokens` is what the demo says of it; of a take, what its offer gives. */
export async function checkTransaction(file: Buffer, infohash: string, tokens: string): Promise<void> {
  const text = file.toString('utf8')
  const tx = JSON.parse(text)
  assert.equal(canonicalize(tx), text, `${infohash} is not canonical`)
  assert.equal(tx.issued ?? tx.offer?.give.tokens ?? tx.tokens, tokens)
  if (tx.deposit !== undefined) return
  const ending = endingOf(tx)
  const memo = tx.memo ?? ''
  if (tx.offer !== undefined) {
    await checkOffer(Buffer.from(canonicalize(tx.offer) ?? ''))
    const offer = keccak256(packOffer(tx.offer))
    await checkSigner('Take', { maker: tx.offer.from, ...halvesOf(tx.offer), offer, memo, ...ending }, tx)
  } else if (tx.issued !== undefined) {
    await checkSigner('Issuance', { to: tx.to, issued: tx.issued, memo, ...ending }, tx)
  } else {
    const bridge = { bridgeChain: tx.bridge?.chain ?? 0, bridgeTo: tx.bridge?.to ?? NOBODY }
    const { kind, id } = assetOf(tx.asset)
    const asset = tx.asset === undefined ? {} : { assetKind: kind, asset: id }
    const form = tx.asset === undefined ? 'Transaction' : 'AssetTransaction'
    await checkSigner(form, { to: tx.to, tokens: tx.tokens, ...asset, memo, ...bridge, ...ending }, tx)
  }
}

export async function checkOffer(file: Buffer): Promise<OfferFile> {
  const text = file.toString('utf8')
  const offer: OfferFile = JSON.parse(text)
  assert.equal(canonicalize(offer), text)
  await checkSigner('Offer', { ...halvesOf(offer), taker: offer.taker ?? NOBODY, ...endingOf(offer) }, offer)
  return offer
}

/** Genesis is signed by whom it pays. */
async function checkSigner(
  form: keyof typeof FORMS,
  message: Record<string, unknown>,
  { from, to, signature }: { readonly from?: Hex; readonly to?: Hex; readonly signature: Hex },
): Promise<void> {
  const members = FORMS[form].split(',').map((member) => {
    const [type = '', name = ''] = member.split(' ')
    return { name, type }
  })
  const domain = { name: 'TorrentTX', version: '1' }
  const typed = { domain, types: { [form]: members }, primaryType: form, message, signature }
  const signer = await recoverTypedDataAddress(typed as Parameters<typeof recoverTypedDataAddress>[0])
  assert.equal(signer.toLowerCase(), from ?? to)
}

function endingOf({ time, prev }: { readonly time: number; readonly prev: readonly string[] | null }) {
  return { time: BigInt(time), prev: (prev ?? []).map((one) => `0x${one}`) }
}

function assetOf(asset: string | undefined): { readonly kind: bigint; readonly id: Hex } {
  if (asset === undefined) return { kind: 0n, id: NOBODY }
  return asset.startsWith('0x') ? { kind: 2n, id: asset as Hex } : { kind: 3n, id: `0x${asset}` }
}

function halvesOf({ give, want }: Pick<OfferFile, 'give' | 'want'>) {
  const [given, wanted] = [assetOf(give.asset), assetOf(want.asset)]
  return {
    ...{ give: BigInt(give.tokens), giveKind: given.kind, giveAsset: given.id },
    ...{ want: BigInt(want.tokens), wantKind: wanted.kind, wantAsset: wanted.id },
  }
}

/** docs/protocol.md section 2.8, as it is written there. */
function packOffer({ give, want, prev, signature, taker, time }: OfferFile): Hex {
  const v = hexToNumber(sliceHex(signature, 64, 65))
  const flags =
    (prev.length - 1) |
    (give.asset === undefined ? 0 : 4) |
    (want.asset === undefined ? 0 : 8) |
    ((v - 27) << 4) |
    (taker === undefined ? 0 : 32)
  const half = ({ tokens, asset }: Half): Hex[] => {
    const { kind, id } = assetOf(asset)
    const named = asset === undefined ? [] : [numberToHex(kind, { size: 1 }), id]
    return [numberToHex(BigInt(tokens), { size: 16 }), ...named]
  }
  return concat([
    numberToHex(flags, { size: 1 }),
    numberToHex(time, { size: 5 }),
    sliceHex(signature, 0, 64),
    ...half(give),
    ...half(want),
    ...(taker === undefined ? [] : [taker]),
    ...prev.map((one): Hex => `0x${one}`),
  ])
}
