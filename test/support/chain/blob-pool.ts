// What real mempools ask of blob transactions and Anvil does not (geth's blob pool): a replacement doubles all fees, an account has blob transactions
// or others, and none comes after a gap.

import {
  fromRlp,
  type Hex,
  parseTransaction,
  recoverTransactionAddress,
  sliceHex,
  type TransactionSerialized,
  toRlp,
} from 'viem'
import type { EthereumProxy, RpcCall, Tampering } from './ethereum-proxy.ts'

type Pooled = {
  readonly type: Hex
  readonly maxFeePerGas: Hex
  readonly maxPriorityFeePerGas: Hex
  readonly maxFeePerBlobGas?: Hex
}
type Content = Readonly<Record<'pending' | 'queued', Readonly<Record<string, Readonly<Record<string, Pooled>>>>>>

/** What such a mempool says to a transaction of this account, with what else of it is in the pool behind `proxy`. */
export async function blobPoolRules(
  proxy: EthereumProxy,
  account: string,
  { method, params }: RpcCall,
): Promise<Tampering | undefined> {
  if (method !== 'eth_sendRawTransaction') return undefined
  const signed = withoutBlobs(params[0] as Hex)
  const from = await recoverTransactionAddress({ serializedTransaction: signed })
  if (from.toLowerCase() !== account.toLowerCase()) return undefined
  const { nonce = 0, ...fees } = parseTransaction(signed)
  const isBlob = fees.maxFeePerBlobGas !== undefined
  const { pending, queued } = (await proxy.ask('txpool_content', [])) as Content
  const others = new Map(
    [pending, queued].flatMap((part) => Object.entries(part).flatMap(([owner, own]) => ofAccount(owner, own, account))),
  )
  if ([...others.values()].some(({ type }) => (type === '0x3') !== isBlob)) return refused('address already reserved')
  const latest = Number(await proxy.ask('eth_getTransactionCount', [account, 'latest']))
  if (isBlob && Array.from({ length: nonce - latest }, (_, i) => latest + i).some((each) => !others.has(each)))
    return refused(`nonce too high: tx nonce ${nonce}, gapped nonce`)
  const old = others.get(nonce)
  if (!isBlob || old === undefined) return undefined
  const isLow = (['maxFeePerGas', 'maxPriorityFeePerGas', 'maxFeePerBlobGas'] as const).some((part) => {
    const [now, before] = [fees[part] ?? 0n, BigInt(old[part] ?? 0n)]
    return now <= before || now < 2n * before
  })
  return isLow ? refused('replacement transaction underpriced') : undefined
}

function ofAccount(owner: string, own: Readonly<Record<string, Pooled>>, account: string): [number, Pooled][] {
  if (owner.toLowerCase() !== account.toLowerCase()) return []
  return Object.entries(own).map(([nonce, each]) => [Number(nonce), each])
}

/** What was signed, of what goes to an endpoint. */
function withoutBlobs(raw: Hex): TransactionSerialized {
  if (!raw.startsWith('0x03')) return raw as TransactionSerialized // what is sent raw is one
  const [transaction] = fromRlp(sliceHex(raw, 1), 'hex')
  if (!Array.isArray(transaction)) throw new TypeError('expected a transaction in a wrapper, got none')
  return `0x03${toRlp(transaction).slice(2)}` as const
}

function refused(message: string): Tampering {
  return { error: { code: -32_000, message } }
}
