// ttx deploy-gateways: make the factory of gateways of a network, through which tokens of Ethereum come, and write it into the file of the network.

import type { Command } from 'commander'
import { formatEther } from '../../../../miner/profit.ts'
import { carryOutOnce } from '../../../../node/client/ethereum/carry-out.ts'
import { OperationError } from '../../../../node/errors.ts'
import { Connection } from '../../../../node/ethereum/connection.ts'
import { readCreation } from '../../../../node/ethereum/deploying/creation-transaction.ts'
import type { EthereumDeployer } from '../../../../node/ethereum/deploying/deployer.ts'
import {
  deployFactoryCall,
  factoryCreationCode,
  factoryOf,
  implementationOf,
} from '../../../../node/ethereum/gateways/factory.ts'
import { noEndpoint } from '../../../../node/ethereum/problems.ts'
import { suggestFees } from '../../../../node/ethereum/sending/fees.ts'
import type { Address } from '../../../../node/protocol/ids.ts'
import { costOfGas, toWei } from '../../../../node/protocol/units.ts'
import { AUDIENCE, addExamples } from '../../audience.ts'
import { type Act, type CliContext, formatTable, type Result } from '../../context.ts'
import { confirm } from '../../prompt.ts'
import { openDeployer } from '../../sender.ts'
import { addSettings } from '../../setting-flags.ts'
import { amendDeployment } from './deployment-files.ts'
import { checkAlike, examineAll } from './verdict.ts'
import { readClaim } from './verify-deployment.ts'

export function registerDeployGateways(program: Command, act: Act): void {
  addExamples(
    addSettings(
      program
        .command('deploy-gateways')
        .helpGroup(AUDIENCE.network)
        .summary('make the factory of gateways of a network')
        .description(
          'Deploy the factory that makes the gateways of tokens, from the wallet, look at its code on every endpoint, and write its address into the file of the network. It is not part of the rules, and nobody has rights in it. One is enough for a network: gateways of another one are other assets, so use the one that others use. If it is killed, run it again: it goes on with what it has sent.',
        )
        .argument('<deployment>', 'file of the network, which names no factory yet')
        .option('--yes', 'do not ask')
        .action(act(deployGateways)),
      ['ethereum', 'maxGasPrice', 'confirmations', 'pollMs'],
    ),
    'ttx deploy-gateways net.json --ethereum http://127.0.0.1:8545 --wallet deployer',
  )
}

/** Throws as `deploy` does, and 'bad-arguments' where the network has one. */
export async function deployGateways(
  context: CliContext,
  file: string,
  { yes }: { readonly yes?: boolean },
): Promise<Result> {
  const { settings, resources, signal } = context
  const { ethereum: urls } = settings
  if (urls === undefined) throw noEndpoint()
  const claim = await readClaim(file)
  const { bridge, chain } = claim
  if (claim.gatewayFactory !== undefined) throw hasOne(file, claim.gatewayFactory)
  // A factory for a bridge that is not ours would take tokens and give nothing.
  checkAlike(await examineAll(urls, claim), file)
  const { sender, ethereum } = resources.use(await openDeployer(context, chain))
  const intent = `deploy gateways of ${bridge}`
  const draft = async () => {
    const call = deployFactoryCall(bridge, await ethereum.estimate('deploy', factoryCreationCode(bridge)))
    await checkFunds(ethereum, call.gas)
    if (!yes) await confirm(context.shell, `Deploy a factory of gateways for the bridge ${bridge} on chain ${chain}?`)
    return call
  }
  const { receipt, isEarlier, acknowledge } = await carryOutOnce(sender, intent, draft, signal)
  const connection = new Connection(urls)
  resources.defer(() => connection.close())
  const creation = await readCreation(connection, receipt.hash)
  if (creation === undefined) throw gone(receipt.hash)
  const factory = factoryOf(creation.from, creation.nonce)
  checkAlike(await examineAll(urls, { ...claim, gatewayFactory: factory }), 'the factory')
  await amendDeployment(file, { gatewayFactory: factory })
  const implementation = implementationOf(factory)
  const cost = costOfGas(receipt.gasUsed, receipt.gasPrice)
  return {
    data: {
      ...{
        chain,
        bridge,
        gatewayFactory: factory,
        implementation,
        transaction: receipt.hash,
        gas: receipt.gasUsed,
        cost,
      },
      ...{ file, earlier: isEarlier },
    },
    text: formatTable([
      ['factory', factory],
      ['gateways', `run the code at ${implementation}`],
      ['transaction', `${receipt.hash}, in block ${receipt.block}`],
      ['cost', `${receipt.gasUsed} gas, ${formatEther(cost)} ETH`],
      ['network', `${file} names it now: give it to everyone again, and start nodes with it`],
      ['verify it', `ttx verify-deployment ${file}`],
      ...(isEarlier ? [['careful', 'an earlier run has sent this: it was deployed once'] as const] : []),
    ]),
    onPrinted: acknowledge,
  }
}

/** Throws `OperationError('unfunded-account')`. */
async function checkFunds(ethereum: EthereumDeployer, gas: bigint): Promise<void> {
  const { baseFee } = await ethereum.head()
  const needed = costOfGas(gas, suggestFees(baseFee, await ethereum.tip()).maxFeePerGas)
  const [account, balance] = [ethereum.account, await ethereum.balance()]
  if (balance >= needed) return
  throw new OperationError(
    'unfunded-account',
    `expected at least ${needed} wei at ${account} to deploy, got ${balance}; send ${toWei(needed - balance)} wei or more to it`,
    { facts: { account, balance: `${balance}`, needed: `${needed}` } },
  )
}

function hasOne(file: string, factory: Address): OperationError {
  return new OperationError(
    'bad-arguments',
    `expected a network without a factory of gateways, got ${file}, which names ${factory}; look at it with "ttx verify-deployment ${file}"`,
    { facts: { file, factory } },
  )
}

function gone(transaction: string): OperationError {
  return new OperationError(
    'transaction-under-way',
    `expected transaction ${transaction} in a block of Ethereum, but it is gone again; run the same command again: it goes on with this one, and does nothing twice`,
    { facts: { transaction }, retry: true },
  )
}
