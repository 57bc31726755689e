// A signer on loopback for tests, as Frame, Clef or Web3Signer are one: honest, refusing, or lying in a chosen way.

import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import {
  type Hex,
  hashTypedData,
  numberToHex,
  parseSignature,
  serializeSignature,
  type TypedDataDefinition,
} from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { formatHex } from '../../node/protocol/bytes.ts'
import type { Account } from '../../scripts/assure/models/world.ts'

type Question = { readonly id: unknown; readonly method: string; readonly params: readonly unknown[] }
type Asked = {
  readonly method: string
  readonly params: readonly unknown[]
  readonly authorization: string | undefined
}

/** What becomes of a question: an answer, an error, or raw text in place of an answer. */
export type Conduct = (question: Question, honest: () => Promise<unknown>) => Promise<unknown>

const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n

export class Failure {
  readonly error: { readonly code: number; readonly message: string }

  constructor(code: number, message: string) {
    this.error = { code, message }
  }
}

/** Listens until the test ends. `conduct` decides what is answered. */
export async function startSigner(
  t: TestContext,
  accounts: readonly Account[],
  conduct: Conduct = (_question, honest) => honest(),
) {
  const asked: Asked[] = []
  const server = createServer(async (request, response) => {
    const question: Question = JSON.parse(Buffer.concat(await request.toArray()).toString('utf8'))
    asked.push({ method: question.method, params: question.params, authorization: request.headers.authorization })
    const result = await conduct(question, () => answer(accounts, question))
    if (result instanceof Uint8Array) {
      response.end(result)
      return
    }
    const body = result instanceof Failure ? { error: result.error } : { result }
    response
      .setHeader('content-type', 'application/json')
      .end(JSON.stringify({ jsonrpc: '2.0', id: question.id, ...body }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked }
}

async function answer(accounts: readonly Account[], { method, params }: Question): Promise<unknown> {
  if (method === 'eth_accounts') return accounts.map(({ address }) => address)
  if (method !== 'eth_signTypedData_v4') return new Failure(-32_601, 'the method does not exist')
  const [address, text] = params as [string, string]
  const account = accounts.find((each) => each.address === address.toLowerCase())
  if (account === undefined) return new Failure(-32_000, 'unknown account')
  return await signWith(account, typed(text))
}

/** By viem, from the data alone. */
export async function signWith({ key }: Account, data: TypedDataDefinition): Promise<Hex> {
  return await privateKeyToAccount(`0x${formatHex(key)}`).signTypedData(data)
}

export function typed(data: unknown): TypedDataDefinition {
  return typeof data === 'string' ? JSON.parse(data) : (data as TypedDataDefinition)
}

/** The other signature of the same message and key, which EIP-2 forbids. */
export function withHighS(signature: Hex): Hex {
  const { r, s, yParity } = parseSignature(signature)
  return serializeSignature({ r, s: numberToHex(ORDER - BigInt(s), { size: 32 }), yParity: 1 - yParity })
}

/** Of the digest, which is what old methods sign with a prefix. */
export async function signPrefixed({ key }: Account, data: TypedDataDefinition): Promise<Hex> {
  return await privateKeyToAccount(`0x${formatHex(key)}`).signMessage({ message: { raw: hashTypedData(data) } })
}
