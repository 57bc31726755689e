// A wallet for a browser: announces itself by EIP-6963, keeps its key outside of the page, and signs for real.

import type { BrowserContext } from 'playwright-core'
import { createWalletClient, http, numberToHex, type TypedDataDefinition } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'

export type BrowserWallet = {
  readonly address: `0x${string}`
  /** What it was asked for, in order. */
  readonly asked: string[]
  /** The next question that its owner would be shown is refused. */
  refuseNext: boolean
  /** The chain on which it is. */
  chain: number
}

type Question = { readonly method: string; readonly params?: readonly unknown[] }

/** EIP-1193. */
const REJECTED = 4_001
/** What a wallet shows its owner before it answers. */
const SHOWN = ['eth_requestAccounts', 'eth_signTypedData_v4', 'eth_sendTransaction', 'wallet_switchEthereumChain']

/** Puts it into every page of the context. `ethereumUrl` is the JSON-RPC of a development chain. */
export async function installWallet(
  context: BrowserContext,
  { key, ethereumUrl, chain }: { readonly key: `0x${string}`; readonly ethereumUrl: string; readonly chain: number },
): Promise<BrowserWallet> {
  const account = privateKeyToAccount(key)
  const client = createWalletClient({ account, transport: http(ethereumUrl) })
  const wallet: BrowserWallet = { address: account.address, asked: [], refuseNext: false, chain }
  let isConnected = false

  const answer = async ({ method, params = [] }: Question): Promise<unknown> => {
    wallet.asked.push(method)
    if (SHOWN.includes(method) && wallet.refuseNext) {
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
      case 'eth_sendTransaction': {
        const { to, data, value, gas } = params[0] as { [Name in 'to' | 'data' | 'value' | 'gas']?: `0x${string}` }
        return await client.sendTransaction({
          chain: null,
          ...(to === undefined ? {} : { to }),
          ...(data === undefined ? {} : { data }),
          ...(value === undefined ? {} : { value: BigInt(value) }),
          ...(gas === undefined ? {} : { gas: BigInt(gas) }),
        })
      }
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
