// An Ethereum chain inside of the test's process, on which test harnesses are deployed and called.

import hre from 'hardhat'
import type { Abi, Address, Hex } from 'viem'
import { createPublicClient, createWalletClient, custom } from 'viem'
import { hardhat } from 'viem/chains'

/** Starts a fresh chain; whoever opened it closes it. */
export async function openChain() {
  const connection = await hre.network.create()
  const transport = custom(connection.provider)
  const client = createPublicClient({ chain: hardhat, transport, pollingInterval: 5 })
  const wallet = createWalletClient({ chain: hardhat, transport })

  /** Compiles a contract below test/contract/harness if need be, and deploys it. */
  async function deployHarness(
    name: string,
  ): Promise<{ readonly address: Address; readonly abi: Abi; readonly size: number }> {
    const source = `test/contract/harness/${name}.sol`
    await hre.tasks.getTask('build').run({ files: [source], quiet: true })
    const { abi, bytecode, deployedBytecode } = await hre.artifacts.readArtifact(`${source}:${name}`)
    const [account] = await wallet.getAddresses()
    if (account === undefined) throw new Error('the chain inside of the process has no accounts')
    const hash = await wallet.deployContract({ abi, bytecode: bytecode as Hex, account })
    const { contractAddress } = await client.waitForTransactionReceipt({ hash })
    if (contractAddress == null) throw new Error(`${name} was not deployed`)
    return { address: contractAddress, abi, size: (deployedBytecode.length - 2) / 2 }
  }

  return { client, deployHarness, close: () => connection.close() }
}
