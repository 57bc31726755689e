// A wallet elsewhere that signs typed data (EIP-712) over JSON-RPC: Frame, Clef, Web3Signer and the like. It has the key and asks its owner; what it answers is
// checked here, since a payment with a wrong signature is nobody's.

import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { z } from 'zod'
import { OperationError } from '../errors.ts'
import { formatHex } from '../protocol/bytes.ts'
import { type Address, parseAddress } from '../protocol/ids.ts'
import { RuleError } from '../protocol/rule-error.ts'
import { isCanonicalSignature, readSignature, recoverSender, SIGNATURE_BYTES } from '../protocol/signature.ts'
import type { TypedMessage } from '../protocol/typed-data.ts'

export type ExternalSigner = {
  readonly address: Address
  /** 65 bytes, checked to be those of `address` for this digest. */
  readonly sign: (digest: Uint8Array, message: TypedMessage) => Promise<Uint8Array>
}

export type SignerOptions = {
  /** The account that is meant; without it the only one that the signer has. */
  readonly account?: Address | undefined
  /** Whether plain HTTP will do to another machine than this one. */
  readonly isPlainHttpAllowed?: boolean
  /** Called before its owner is asked, who may take minutes. */
  readonly onWait?: () => void
}

/** Of an answer: a signature has 132 characters, and accounts are few. */
const MAX_ANSWER_BYTES = 262_144
const METHOD_NOT_FOUND = -32_601
/** EIP-1193: the user said no. Clef says it in words. */
const REJECTED = 4_001
const LISTS = ['eth_accounts', 'account_list'] as const
/** Clef has names of its own, and takes the data as an object; the others take it as text. */
const SIGNS = ['eth_signTypedData_v4', 'eth_signTypedData', 'account_signTypedData'] as const

const ANSWER = z.object({
  result: z.unknown().optional(),
  error: z.object({ code: z.number().optional(), message: z.string().optional() }).nullish(),
})

/**
 * `url` is where it listens; user and password in it are sent as basic authentication, and shown nowhere. Throws `OperationError`: 'bad-signer',
 * 'signer-unreachable' (retry), 'signer-refused', and 'bad-signature' of what `sign` gets.
 */
export async function openSigner(given: string, options: SignerOptions, signal?: AbortSignal): Promise<ExternalSigner> {
  const place = placeOf(given, options.isPlainHttpAllowed === true)
  const accounts = accountsIn(place, await callFirst(place, LISTS, () => [], signal))
  const address = chosen(place, accounts, options.account)
  const sign = async (digest: Uint8Array, message: TypedMessage) => {
    options.onWait?.()
    const data = typedDataOf(message)
    const params = (method: string) => [address, method === 'account_signTypedData' ? data : JSON.stringify(data)]
    return checked(place, await callFirst(place, SIGNS, params, signal), digest, address)
  }
  return { address, sign }
}

/** As JSON: numbers as decimal text, and the type of the domain, which EIP-712 libraries add and wallets want. */
function typedDataOf({ domain, types, primaryType, message }: TypedMessage) {
  const EIP712Domain = [
    { name: 'name', type: 'string' },
    { name: 'version', type: 'string' },
  ]
  const data = { types: { EIP712Domain, [primaryType]: types[primaryType] }, primaryType, domain, message }
  return JSON.parse(JSON.stringify(data, (_key, value) => (typeof value === 'bigint' ? value.toString() : value)))
}

type Place = { readonly url: URL; readonly shown: string }

function placeOf(given: string, isPlainHttpAllowed: boolean): Place {
  const url = URL.parse(given)
  if (url === null || !/^https?:$/.test(url.protocol))
    throw badSigner('a URL of a signer that begins with http:// or https://', 'another text')
  const shown = `${url.protocol}//${url.host}`
  const isHere = /^(localhost|127(\.[0-9]{1,3}){3}|\[::1\])$/.test(url.hostname)
  if (url.protocol === 'https:' || isHere || isPlainHttpAllowed) return { url, shown }
  throw badSigner(
    'a signer on this machine, or one that is reached by https',
    `${shown}, where others on the way could change what is asked`,
  )
}

function chosen({ shown }: Place, accounts: readonly Address[], account: Address | undefined): Address {
  const [first] = accounts
  if (first === undefined)
    throw badSigner(`an account of the signer at ${shown}`, 'none: unlock it there, or allow this program to see one')
  if (account === undefined && accounts.length === 1) return first
  if (account !== undefined && accounts.includes(account)) return account
  const there = `it has ${accounts.slice(0, 10).join(', ')}${accounts.length > 10 ? ' and more' : ''}`
  if (account === undefined)
    throw badSigner(`one account of the signer at ${shown}`, `${accounts.length}: ${there}; name one with --account`)
  throw badSigner(`account ${account} at the signer at ${shown}`, `others: ${there}`)
}

function accountsIn({ shown }: Place, result: unknown): readonly Address[] {
  const parsed = z.array(z.string()).max(1_000).safeParse(result)
  try {
    if (parsed.success) return parsed.data.map((text) => parseAddress(text))
  } catch (error) {
    if (!(error instanceof RuleError)) throw error
  }
  throw badSigner(`a list of addresses from the signer at ${shown}`, 'something else')
}

/** The signature as our rules have it. */
function checked({ shown }: Place, result: unknown, digest: Uint8Array, address: Address): Uint8Array {
  const signature = readSignature(result)
  if (signature === undefined) {
    throw badSignature(
      shown,
      `a signature of ${SIGNATURE_BYTES} bytes in hex`,
      typeof result === 'string' ? `${result.length} characters` : 'something else',
    )
  }
  if (!isCanonicalSignature(signature))
    throw badSignature(shown, 'a signature with low s and v 27 or 28 (EIP-2)', `0x${formatHex(signature)}`)
  const signer = recoverSender(digest, signature)
  if (signer === address) return signature
  throw badSignature(
    shown,
    `a signature by ${address} of what was asked`,
    `one by ${signer ?? 'nobody'}, or of something else`,
  )
}

/** The first of these methods that the signer has. */
async function callFirst(
  place: Place,
  methods: readonly string[],
  params: (method: string) => readonly unknown[],
  signal: AbortSignal | undefined,
): Promise<unknown> {
  for (const method of methods) {
    const answer = await post(place, { jsonrpc: '2.0', id: 1, method, params: params(method) }, signal)
    const { error } = answer
    if (!error) return answer.result
    const text = (error.message ?? '').slice(0, 200)
    if (error.code === METHOD_NOT_FOUND || /not (found|supported|exist)|does not exist|unsupported method/i.test(text))
      continue
    if (error.code === REJECTED || /den(y|ied)|reject/i.test(text)) {
      throw new OperationError(
        'signer-refused',
        `expected the signer at ${place.shown} to sign, got a refusal by whoever answers there (${JSON.stringify(text)}); nothing was sent, run the command again if that was not meant`,
        { facts: { url: place.shown, message: text } },
      )
    }
    throw badSigner(
      `an answer to ${method} from the signer at ${place.shown}`,
      `error ${error.code ?? ''} ${JSON.stringify(text)}`,
    )
  }
  throw badSigner(`a signer at ${place.shown} that knows one of ${methods.join(', ')}`, 'one that knows none')
}

/** Without a limit of time: somebody may be looking for a device. Redirects are not followed. */
function post({ url, shown }: Place, body: unknown, signal: AbortSignal | undefined): Promise<z.output<typeof ANSWER>> {
  const text = JSON.stringify(body)
  const { promise, resolve, reject } = Promise.withResolvers<z.output<typeof ANSWER>>()
  const failed = (got: string, cause?: unknown) => {
    reject(
      signal?.aborted
        ? signal.reason
        : new OperationError(
            'signer-unreachable',
            `expected an answer from the signer at ${shown}, got ${got}; see that it runs, nothing was sent`,
            {
              facts: { url: shown },
              retry: true,
              cause,
            },
          ),
    )
  }
  const target = new URL(url)
  target.username = ''
  target.password = ''
  const auth =
    url.username === '' && url.password === '' ? {} : { auth: `${decoded(url.username)}:${decoded(url.password)}` }
  const options = {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text), origin: 'torrenttx' },
    agent: false,
    ...auth,
    ...(signal && { signal }),
  } as const
  const request = (url.protocol === 'https:' ? requestHttps : requestHttp)(target, options, (response) => {
    const parts: Buffer[] = []
    let bytes = 0
    response.on('data', (part: Buffer) => {
      parts.push(part)
      bytes += part.length
      if (bytes > MAX_ANSWER_BYTES) response.destroy(new Error(`more than ${MAX_ANSWER_BYTES} bytes`))
    })
    response.on('error', (cause) => failed(cause.message, cause))
    response.on('end', () => {
      try {
        resolve(ANSWER.parse(JSON.parse(Buffer.concat(parts).toString('utf8'))))
      } catch (cause) {
        failed(`status ${response.statusCode} and no JSON-RPC answer`, cause)
      }
    })
  })
  request.on('error', (cause) => failed(cause.message, cause))
  request.end(text)
  return promise
}

/** As it is where a percent sign in it begins no escape. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function badSigner(expected: string, got: string): OperationError {
  return new OperationError('bad-signer', `expected ${expected}, got ${got}; check --signer and --account`)
}

function badSignature(url: string, expected: string, got: string): OperationError {
  return new OperationError(
    'bad-signature',
    `expected ${expected} from the signer at ${url}, got ${got}; nothing was sent, use another signer`,
    { facts: { url } },
  )
}
