// A wallet for a browser: announces itself by EIP-6963, keeps its key outside of the page, and signs for real.

import type { BrowserContext } from 'playwright-core'
import { createWalletClient, http, numberToHex, type TypedDataDefinition } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { waitForTransactionReceipt } from 'viem/actions'

export type BrowserWallet = {
  readonly address: `0x${string}`
  /** What it was asked for, in order. */
  readonly asked: string[]
  /** The next question that its owner would be shown is refused. */
  refuseNext: boolean
  /** The one after this many others is refused. */
  refuseAfter: number | undefined
  /** The chain on which it is. */
  chain: number
  /** Whether it says that it sends several calls as one (EIP-5792). Here one comes after the other. */
  isAtomic: boolean
}

type Question = { readonly method: string; readonly params?: readonly unknown[] }

/** EIP-1193. */
const REJECTED = 4_001
/** What a wallet shows its owner before it answers. */
const SHOWN = [
  'eth_requestAccounts',
  'eth_signTypedData_v4',
  'eth_sendTransaction',
  'wallet_sendCalls',
  'wallet_switchEthereumChain',
]
/** JSON-RPC 2.0. */
const METHOD_NOT_FOUND = -32_601

type Call = { readonly [Name in 'to' | 'data' | 'value' | 'gas']?: `0x${string}` }

/** Puts it into every page of the context. `ethereumUrl` is the JSON-RPC of a development chain. */
export async function installWallet(
  context: BrowserContext,
  { key, ethereumUrl, chain }: { readonly key: `0x${string}`; readonly ethereumUrl: string; readonly chain: number },
): Promise<BrowserWallet> {
  const account = privateKeyToAccount(key)
  const client = createWalletClient({ account, transport: http(ethereumUrl) })
  const wallet: BrowserWallet = {
    address: account.address,
    asked: [],
    refuseNext: false,
    refuseAfter: undefined,
    chain,
    isAtomic: false,
  }
  let isConnected = false

  const send = async ({ to, data, value, gas }: Call) =>
    await client.sendTransaction({
      chain: null,
      ...(to === undefined ? {} : { to }),
      ...(data === undefined ? {} : { data }),
      ...(value === undefined ? {} : { value: BigInt(value) }),
      ...(gas === undefined ? {} : { gas: BigInt(gas) }),
    })
  const together = new Map<string, readonly `0x${string}`[]>()
  const answerTogether = async (method: string, [first]: readonly unknown[]): Promise<unknown> => {
    if (!wallet.isAtomic) throw Object.assign(new Error(`no method ${method}`), { code: METHOD_NOT_FOUND })
    if (method === 'wallet_getCapabilities') return { [numberToHex(wallet.chain)]: { atomic: { status: 'supported' } } }
    if (method === 'wallet_sendCalls') {
      const hashes: `0x${string}`[] = []
      for (const call of (first as { calls: readonly Call[] }).calls) {
        const hash = await send(call)
        await waitForTransactionReceipt(client, { hash })
        hashes.push(hash)
      }
      const id = `0x${'c'.repeat(62)}${together.size + 10}`
      together.set(id, hashes)
      return { id }
    }
    const receipts = await Promise.all(
      (together.get(first as string) ?? []).map((hash) =>
        client.request({ method: 'eth_getTransactionReceipt', params: [hash] } as never),
      ),
    )
    return { version: '2.0.0', id: first, chainId: numberToHex(wallet.chain), status: 200, atomic: true, receipts }
  }

  const answer = async ({ method, params = [] }: Question): Promise<unknown> => {
    wallet.asked.push(method)
    const isLast = SHOWN.includes(method) && wallet.refuseAfter === 0
    if (SHOWN.includes(method) && wallet.refuseAfter !== undefined)
      wallet.refuseAfter = isLast ? undefined : wallet.refuseAfter - 1
    if (isLast || (SHOWN.includes(method) && wallet.refuseNext)) {
      wallet.refuseNext = false
      throw Object.assign(new Error('User rejected the request.'), { code: REJECTED })
    }
    switch (method) {
      case 'eth_requestAccounts':
        isConnected = true
        return [account.address]
      case 'eth_accounts':
        return isConnected ? [account.address] : []
      case 'eth_chainId':
        return numberToHex(wallet.chain)
      case 'wallet_switchEthereumChain':
        wallet.chain = Number((params[0] as { chainId: string }).chainId)
        return null
      case 'eth_signTypedData_v4': {
        const data = JSON.parse(params[1] as string) as TypedDataDefinition
        return await account.signTypedData(data)
      }
      case 'eth_sendTransaction':
        return await send(params[0] as Call)
      case 'wallet_getCapabilities':
      case 'wallet_sendCalls':
      case 'wallet_getCallsStatus':
        return await answerTogether(method, params)
      default:
        return await client.request({ method, params } as never)
    }
  }
  await context.exposeFunction('askTestWallet', async (question: Question) => {
    try {
      return { result: await answer(question) }
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : -32_603
      return { error: { code, message: error instanceof Error ? error.message : String(error) } }
    }
  })
  await context.addInitScript({ content: ANNOUNCE })
  return wallet
}

/** In the page, as the script of an extension: hands questions on, and announces itself whenever it is looked for. */
const ANNOUNCE = `{
  const listeners = new Map()
  const provider = {
    request: async (question) => {
      const { result, error } = await window.askTestWallet(question)
      if (error) throw Object.assign(new Error(error.message), { code: error.code })
      if (question.method === 'wallet_switchEthereumChain')
        for (const each of listeners.get('chainChanged') ?? []) each(question.params[0].chainId)
      return result
    },
    on: (event, listener) => { listeners.set(event, [...(listeners.get(event) ?? []), listener]); return provider },
    removeListener: (event, listener) => { listeners.set(event, (listeners.get(event) ?? []).filter((each) => each !== listener)); return provider },
  }
  const icon = "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 8 8'><circle cx='4' cy='4' r='4' fill='teal'/></svg>"
  const info = Object.freeze({ uuid: '5f0c2a3e-8f6e-4a52-9d0d-3c7a51a2b6d1', name: 'Test wallet', icon, rdns: 'org.torrenttx.test' })
  const announce = () => window.dispatchEvent(new CustomEvent('eip6963:announceProvider', { detail: Object.freeze({ info, provider }) }))
  window.addEventListener('eip6963:requestProvider', announce)
  announce()
}`
