// ttx claim: have requests in final blocks paid, for whomever they are.

import type { Command } from 'commander'
import { type ClaimData, claimCall } from '../../../../miner/ethereum/calls.ts'
import { claimPages } from '../../../../node/client/claim-pages.ts'
import { OperationError } from '../../../../node/errors.ts'
import type { Address, Infohash } from '../../../../node/protocol/ids.ts'
import { walletAccount } from '../../account.ts'
import { formatAmount } from '../../amount.ts'
import { AUDIENCE, addExamples } from '../../audience.ts'
import { type Act, type CliContext, formatTable, type Result } from '../../context.ts'
import { type NodeLink, openNode, openRequiredEthereum } from '../../link.ts'
import { unlockWallet } from '../../passphrase.ts'
import { parseInfohashArgument } from '../../pay.ts'
import { addSettings } from '../../setting-flags.ts'

const BATCH = 50

export function registerClaim(program: Command, act: Act): void {
  addExamples(
    addSettings(
      program
        .command('claim')
        .helpGroup(AUDIENCE.bridge)
        .summary('have a request in a final block paid')
        .description(
          'Have requests paid whose blocks are final: one by its infohash, or without one all that go to the address of the wallet. Anybody may claim for anybody; the recipient gets the wTTX, the wallet pays the gas. Relayers do the same unasked.',
        )
        .argument('[infohash]', 'the request, 40 hex digits', parseInfohashArgument)
        .action(act(claim)),
      ['node', 'ethereum'],
    ),
    'ttx claim --wallet alice',
    'ttx claim c12fe1c06bba254a9dc9f519b335aa7c1367a88a --wallet alice --json',
  )
}

async function claim(context: CliContext, infohash: Infohash | undefined): Promise<Result> {
  const node = await openNode(context)
  const ethereum = await openRequiredEthereum(context, node)
  using wallet = await unlockWallet(context)
  const claims = await claimsOf(context, node, infohash, wallet.address)
  if (claims.length === 0) throw await nothingToClaim(context, infohash)
  const account = walletAccount(wallet)
  const transactions: string[] = []
  for (const block of new Set(claims.map((each) => each.block))) {
    const due = claims.filter((each) => each.block === block)
    for (let offset = 0; offset < due.length; offset += BATCH) {
      const batch = due.slice(offset, offset + BATCH)
      const [first] = batch
      if (first === undefined) continue
      const { name, data } = claimCall(first.sealed, batch)
      const receipt = await ethereum.send(account, { name, data, to: node.info.network.bridge }, context.signal)
      transactions.push(receipt.transactionHash)
    }
  }
  const paid = claims.map(({ infohash: id, recipient, net, block, index }) => ({
    infohash: id,
    recipient,
    net,
    block,
    step: index,
  }))
  return {
    data: { claims: paid, transactions },
    text: formatTable([
      ...paid.map(({ infohash: id, recipient, net }): [string, string] => [
        id,
        `${formatAmount(net)} wTTX to ${recipient}`,
      ]),
      ...transactions.map((hash): [string, string] => ['transaction', hash]),
    ]),
  }
}

async function claimsOf(
  { signal }: CliContext,
  node: NodeLink,
  infohash: Infohash | undefined,
  recipient: Address,
): Promise<ClaimData[]> {
  if (infohash !== undefined) return (await node.call('bridge_claims', { infohash }, signal)).claims
  const claims: ClaimData[] = []
  for await (const page of claimPages(node, { recipient }, signal)) claims.push(...page)
  return claims
}

async function nothingToClaim(context: CliContext, infohash: Infohash | undefined): Promise<OperationError> {
  if (infohash === undefined) {
    return new OperationError(
      'nothing-to-claim',
      'expected a request of this wallet in a final block that is not paid yet, got none; "ttx status INFOHASH" says where a request is',
    )
  }
  const node = await openNode(context)
  const { status, bridging } = await node.call('tx_where', { infohash }, context.signal)
  const why = bridging === undefined ? `it is no bridge request that this node knows (${status})` : bridging.waitingFor
  return new OperationError(
    'nothing-to-claim',
    `expected a request in a final block that is not paid yet, got ${infohash}: ${why}`,
    { facts: { infohash, status } },
  )
}
