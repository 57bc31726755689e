// A token on the Ethereum of a devnet, to try gateways with: anybody can make as much of it as they like.

import { readFile, rename, writeFile } from 'node:fs/promises'
import {
  type Account,
  encodeFunctionData,
  type Hex,
  type PublicClient,
  parseAbi,
  type Transport,
  type WalletClient,
} from 'viem'
import { exampleTokenBytecode } from '../../deployments/example-token-bytecode.ts'
import { OperationError } from '../../node/errors.ts'
import { type Address, parseAddress } from '../../node/protocol/ids.ts'

/** In the data folder. */
export const EXAMPLE_TOKEN_FILE = 'example-token'
/** Of the contract: digits after the point. */
export const EXAMPLE_TOKEN_DECIMALS = 6

const ABI = parseAbi(['function mint(address to, uint256 amount)'])

/** The token that `file` names, or a new one, which it then names. Throws `OperationError('deployment-failed')`. */
export async function exampleToken(
  file: string,
  wallet: WalletClient<Transport, undefined, Account>,
  client: PublicClient,
): Promise<Address> {
  const known = await readFile(file, 'utf8').catch(() => undefined)
  if (known !== undefined) return parseAddress(known.trim())
  const hash = await wallet.sendTransaction({ data: exampleTokenBytecode, chain: null })
  const { status, contractAddress } = await client.waitForTransactionReceipt({ hash })
  if (status !== 'success' || !contractAddress)
    throw new OperationError('deployment-failed', `expected a token, got a transaction without effect: ${hash}`, {
      facts: { transaction: hash },
    })
  const token = parseAddress(contractAddress.toLowerCase())
  await writeFile(`${file}.tmp`, `${token}\n`)
  await rename(`${file}.tmp`, file)
  return token
}

/** What makes `amount` units for somebody, whoever sends it. */
export function mintData(to: Address, amount: bigint): Hex {
  return encodeFunctionData({ abi: ABI, functionName: 'mint', args: [to, amount] })
}
