// What the wallet shows of a token before it is brought in: whether it is one, what it calls itself, what is held, and how it can be allowed.

import {
  encodeAbiParameters,
  encodeFunctionData,
  erc20Abi,
  type Hex,
  keccak256,
  parseAbi,
  stringToHex,
  type TypedDataDomain,
  toHex,
} from 'viem'
import type { Config } from 'wagmi'
import { getCapabilities } from 'wagmi/actions'
import { shownOf } from '../../../../client/assets/view.ts'
import { checkFactory } from '../../../../ethereum/gateways/factory.ts'
import { gatewayOf } from '../../../../ethereum/gateways/gateway.ts'
import {
  allowanceOf,
  hasCode,
  readTokenClaim,
  tokenBalanceOf,
  tokenOfGateway,
} from '../../../../ethereum/gateways/token.ts'
import type { Address } from '../../../../protocol/ids.ts'
import { Said } from '../../said.ts'
import { type Asker, askerOf } from '../asker.ts'
import type { Situation } from './steps.ts'

export type TokenNetwork = { readonly chain: bigint; readonly bridge: Address; readonly factory: Address }

export type TokenFacts = Omit<Situation, 'hasPermit'> & {
  readonly token: Address
  /** The asset that it is on the TTX side. */
  readonly gateway: Address
  readonly symbol?: string
  readonly decimals?: number
  /** Units that the account has. */
  readonly held: bigint
  /** What its permits are signed for. */
  readonly permit?: TypedDataDomain
}

const PERMIT_ABI = parseAbi([
  'function nonces(address owner) view returns (uint256)',
  'function DOMAIN_SEPARATOR() view returns (bytes32)',
  'function PERMIT_TYPEHASH() view returns (bytes32)',
  'function name() view returns (string)',
  'function version() view returns (string)',
])
const DOMAIN = 'EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)'
const PERMIT = 'Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)'
/** Of domains whose token does not say it. */
const VERSIONS = ['1', '2']

/**
 * `given` is a token, or the gateway of one. Throws `Said` for what is not a token, `OperationError('deployment-differs')` if the factory is not ours, and
 * what asking the wallet throws.
 */
export async function readTokenFacts(
  config: Config,
  { chain, bridge, factory }: TokenNetwork,
  account: Address,
  given: Address,
): Promise<TokenFacts> {
  const asker = askerOf(config)
  // What a stranger's gateway is allowed, and given, is theirs.
  await checkFactory(asker, factory, bridge)
  const token = (await tokenOfGateway(asker, factory, given)) ?? given
  const gateway = gatewayOf(factory, token)
  const held = await tokenBalanceOf(asker, token, account)
  if (held === undefined) throw new Said(({ tokens }) => tokens.notToken)
  const [claim, isMade, allowed = 0n, permit, isAtomic] = await Promise.all([
    readTokenClaim(asker, token),
    hasCode(asker, gateway),
    allowanceOf(asker, token, account, gateway),
    permitDomain(asker, token, chain),
    isAtomicWallet(config, account, chain),
  ])
  const mustClear = allowed > 0n && !(await takesAllowance(asker, token, account, gateway, allowed + 1n))
  return {
    ...{ token, gateway, isMade, held, allowed, mustClear, isAtomic },
    ...shownOf(claim),
    ...(permit === undefined ? {} : { permit }),
  }
}

/** The number that the next permit of an account has to name. */
export async function permitNonce(asker: Asker, token: Address, account: Address): Promise<bigint> {
  return await asker.ask('the number of a permit', (client) =>
    client.readContract({ address: token, abi: PERMIT_ABI, functionName: 'nonces', args: [account] }),
  )
}

/** Undefined unless the token says by its separator what exactly has to be signed. Others (DAI) sign something else, or nothing. */
async function permitDomain(asker: Asker, token: Address, chain: bigint): Promise<TypedDataDomain | undefined> {
  const read = async <Name extends 'DOMAIN_SEPARATOR' | 'PERMIT_TYPEHASH' | 'name' | 'version'>(functionName: Name) =>
    await asker.ask(`${functionName} of a token`, async (client) => {
      const question = { address: token, abi: PERMIT_ABI, functionName } as const
      return await client.readContract(question).catch(() => undefined)
    })
  const separator = await read('DOMAIN_SEPARATOR')
  if (separator === undefined) return undefined
  const [name, version, type] = await Promise.all([read('name'), read('version'), read('PERMIT_TYPEHASH')])
  if (name === undefined || (type !== undefined && type !== keccak256(stringToHex(PERMIT)))) return undefined
  const found = (version === undefined ? VERSIONS : [version]).find(
    (each) => separatorOf(name, each, chain, token) === separator,
  )
  return found === undefined ? undefined : { name, version: found, chainId: Number(chain), verifyingContract: token }
}

function separatorOf(name: string, version: string, chain: bigint, token: Address): Hex {
  const [type, ...texts] = [DOMAIN, name, version].map((text) => keccak256(stringToHex(text)))
  const words = [type, ...texts, toHex(chain, { size: 32 })].flatMap((each) => each ?? [])
  return keccak256(
    encodeAbiParameters([...words.map(() => ({ type: 'bytes32' })), { type: 'address' }], [...words, token]),
  )
}

async function isAtomicWallet(config: Config, account: Address, chain: bigint): Promise<boolean> {
  // Few wallets answer: most do not know the question.
  const capabilities = await getCapabilities(config, { account, chainId: Number(chain) }).catch(() => undefined)
  const status = capabilities?.atomic?.status
  return status === 'supported' || status === 'ready'
}

async function takesAllowance(asker: Asker, token: Address, account: Address, spender: Address, amount: bigint) {
  const data = encodeFunctionData({ abi: erc20Abi, functionName: 'approve', args: [spender, amount] })
  return await asker.ask('whether an allowance can be changed', (client) =>
    client.call({ account, to: token, data }).then(
      () => true,
      () => false,
    ),
  )
}
