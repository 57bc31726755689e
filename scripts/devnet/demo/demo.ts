// The round trip of money in the open: TTX is paid, goes to Ethereum, comes back, and is spent again, and a token the other way round; everything is
// checked on the way.

import { readFile } from 'node:fs/promises'
import { formatAmount } from '../../../node/client/amount.ts'
import { deposit } from '../../../node/client/ethereum/deposit.ts'
import type { NodeClient } from '../../../node/client/rpc.ts'
import type { NetworkDefinition } from '../../../node/deployment.ts'
import { EthereumAccount } from '../../../node/ethereum/account.ts'
import { EthereumReader } from '../../../node/ethereum/reader.ts'
import { TransactionSender } from '../../../node/ethereum/sending/sender.ts'
import { walletAccount } from '../../../node/ethereum/signer.ts'
import type { Logger } from '../../../node/log.ts'
import { netOf } from '../../../node/protocol/fee.ts'
import { genesisInfohash } from '../../../node/protocol/genesis.ts'
import type { Infohash } from '../../../node/protocol/ids.ts'
import { formatOffer } from '../../../node/protocol/offer.ts'
import { offerId } from '../../../node/protocol/offer-file.ts'
import { UNIT } from '../../../node/protocol/rules.ts'
import type { Wallet } from '../../../node/wallet/wallet.ts'
import type { Devnet } from '../devnet.ts'
import { mintData } from '../example-token.ts'
import { Assets, tokenOf } from './assets.ts'
import { Evidence, whoIsWho } from './evidence.ts'
import { type Patience, patientClient } from './patience.ts'
import { check, Stage } from './stage.ts'
import { countSupply } from './supply.ts'
import { type Block, Way } from './way.ts'

export type DemoDeps = {
  /** It runs already. */
  readonly devnet: Devnet
  readonly network: NetworkDefinition
  readonly log: Logger
  readonly say: (text: string) => void
  readonly signal: AbortSignal
}

export type DemoOptions = {
  /** Where the evidence goes; none without it. */
  readonly out?: string
  /** How long one thing may take, with restarts of processes in between. */
  readonly deadlineMs: number
}

const GENESIS_PAYS = 1_000n * UNIT
const ALICE_PAYS = 400n * UNIT
const BRIDGED = 100n * UNIT
const BURNED = 50n * UNIT
const SPENT = 20n * UNIT
const DAY = 86_400
const POLL_MS = 150

/** Runs all of it and returns all ids and amounts. Throws where anything is not as it must be. */
export async function runDemo(deps: DemoDeps, options: DemoOptions) {
  const { devnet, network, log, say, signal } = deps
  const patience: Patience = { deadlineMs: options.deadlineMs, pollMs: POLL_MS, signal }
  const node = patientClient(devnet.nodeUrl, patience)
  const peer = patientClient(devnet.peerUrl, patience)
  const { rules } = network
  const door = { urls: [devnet.ethereumUrl], network: rules, now: Date.now }
  await using stack = new AsyncDisposableStack()
  const ethereum = stack.adopt(new EthereumReader(door), (each) => each.close())
  const way = new Way({ network, node, peer, ethereum, patience })
  const { gatewayFactory: factory } = network
  const { exampleToken } = devnet
  if (factory === undefined || exampleToken === undefined) throw new Error('a devnet has gateways and a token')
  const token = tokenOf(factory, exampleToken)
  const count = () => countSupply(devnet.ethereumUrl, network, node, token)
  const stage = new Stage({ say, count, now: () => performance.now() })

  await stage.begin()
  using genesis = await devnet.wallet('genesis')
  const [alice, bob, carol] = await stage.step(
    'create three wallets',
    async () => [await devnet.wallet('alice'), await devnet.wallet('bob'), await devnet.wallet('carol')] as const,
    ([a, b, c]) => `alice ${a.address}, bob ${b.address}, carol ${c.address}`,
  )
  using _alice = alice
  using _bob = bob
  using _carol = carol
  const place = { way, stage, node, token, factory, chain: rules.chain, bridge: rules.bridge }
  const assets = new Assets(place, { alice, bob, carol })
  const senderOf = async (wallet: Wallet) => {
    await devnet.fund(wallet.address, '1')
    const account = new EthereumAccount({ ...door, signer: walletAccount(wallet) })
    stack.defer(() => account.close())
    return new TransactionSender({ ethereum: account, log, now: Date.now }, { confirmations: 1, pollMs: POLL_MS })
  }

  const first = await stage.step(
    'genesis pays alice',
    () => way.pay(genesis, { to: alice.address, tokens: GENESIS_PAYS }),
    ttx(GENESIS_PAYS),
  )
  const second = await stage.step(
    'alice pays bob',
    () => way.pay(alice, { to: bob.address, tokens: ALICE_PAYS, memo: 'for the demo' }),
    ttx(ALICE_PAYS),
  )

  await devnet.chain.call(token.token, mintData(alice.address, Assets.brought))
  const entered = await assets.bringIn(await senderOf(alice))
  const issued = await assets.issue()
  const bridge = { chain: rules.chain, to: bob.address }
  const request = await stage.step(
    'bob asks to bridge',
    () => way.pay(bob, { to: rules.bridge, tokens: BRIDGED, bridge }),
    ttx(BRIDGED),
  )
  const out = await stage.step('a miner finds a block and publishes it', () => way.ordered(request), describeBlock)
  await stage.step(
    '24 hours pass on Ethereum',
    () => devnet.chain.skip(DAY),
    () => '',
  )
  await stage.step(
    'the block becomes final',
    () => way.final(out.id),
    () => `height ${out.height}`,
  )
  const held = await stage.step(
    'a relayer claims for bob',
    () => way.paid(request, bob),
    (tokens) => `bob holds ${formatAmount(tokens)} wTTX`,
  )
  check(held === netOf(BRIDGED), `bob to hold ${netOf(BRIDGED)} wTTX`, `${held}`)

  await assets.payOn()
  const offer = await assets.swap(issued)
  const askedOut = await assets.askOut()
  const bobsSender = await senderOf(bob)
  const back = await stage.step(
    'bob burns wTTX for alice',
    () => deposit(bobsSender, BURNED, alice.address, signal),
    ({ credit }) => `${formatAmount(credit)} TTX are owed to her`,
  )
  const credited = await stage.step('the next block credits alice', () => way.ordered(back.infohash), describeBlock)
  const spend = await stage.step(
    'alice spends that money',
    () => way.spend(alice, back.infohash, { to: bob.address, tokens: SPENT, memo: 'came back from Ethereum' }),
    ttx(SPENT),
  )
  await stage.step('24 hours pass on Ethereum again', () => devnet.chain.skip(DAY))
  await stage.step(
    'that block becomes final',
    () => way.final(credited.id),
    () => `height ${credited.height}`,
  )

  const claimed = await assets.claim(bobsSender, askedOut)

  const people = [genesis, alice, bob, carol]
  const balances = await stage.step('all nodes agree', () => way.agree(people, [token.gateway, issued]))
  for (const { owner, asset, units } of assets.expected(issued)) {
    const got = balances.find((each) => each.owner === owner)?.assets.find((each) => each.asset === asset)
    check(got?.spendable === units, `${owner} to have ${units} units of ${asset}`, `${got?.spendable}`)
  }
  const last = stage.supply.at(-1)
  check(
    last?.unconsumed === 0n && last.unminted === 0n,
    'nothing to be under way at the end',
    `${last?.unconsumed} and ${last?.unminted}`,
  )
  const transactions = [
    { name: 'genesis', infohash: genesisInfohash(network.genesis), tokens: network.genesis.tokens },
    { name: 'genesis pays alice', infohash: first, tokens: GENESIS_PAYS },
    { name: 'alice pays bob', infohash: second, tokens: ALICE_PAYS },
    { name: 'bob asks to bridge', infohash: request, tokens: BRIDGED },
    { name: 'deposit of bob for alice', infohash: back.infohash, tokens: back.credit },
    { name: 'alice spends it', infohash: spend, tokens: SPENT },
    ...assets.transactions,
  ]
  const receipts = await way.receipts(token)
  const result = {
    ok: true,
    network: { chain: rules.chain, bridge: rules.bridge, token: rules.token, genesis: transactions[0]?.infohash },
    addresses: { genesis: genesis.address, alice: alice.address, bob: bob.address, carol: carol.address },
    transactions,
    blocks: [out, credited].map(({ id, height, torrent, steps, requests, miner }) => ({
      id,
      height,
      torrent,
      steps,
      requests,
      miner,
    })),
    request: { infohash: request, gross: BRIDGED, net: held, recipient: bob.address },
    deposit: {
      infohash: back.infohash,
      index: back.index,
      credit: back.credit,
      transaction: back.transaction,
      gross: BURNED,
      to: alice.address,
    },
    assets: {
      ...token,
      factory,
      issued,
      deposit: { infohash: entered.infohash, index: entered.index, credit: entered.credit, to: alice.address },
      offer: { id: offerId(offer), file: formatOffer(offer) },
      request: claimed,
    },
    ethereum: receipts,
    balances,
    supply: stage.supply,
    steps: stage.steps,
    seconds: stage.seconds,
  }
  if (options.out !== undefined) await keepEvidence(options.out, result, deps, node)
  return result
}

type DemoResult = Awaited<ReturnType<typeof runDemo>>

async function keepEvidence(folder: string, result: DemoResult, { devnet }: DemoDeps, node: NodeClient): Promise<void> {
  const evidence = new Evidence(folder)
  await evidence.write(
    'deployment.json',
    'where the bridge is, its parameters, its ABI, and the genesis',
    await readFile(devnet.deploymentFile),
  )
  const { transaction: deployed } = JSON.parse(await readFile(devnet.deploymentFile, 'utf8'))
  await evidence.receipt(devnet.ethereumUrl, deployed, 'deployment', 'Ethereum: the transaction that made the bridge')
  await evidence.write(
    'addresses.json',
    'who is who: one address serves both chains',
    whoIsWho(result.addresses, result.network),
  )
  for (const { name, infohash } of result.transactions) await evidence.transaction(node, infohash, name)
  const { offer } = result.assets
  await evidence.write(
    `offers/${offer.id}/tx.json`,
    'the offer that was taken: the exact bytes of its file',
    offer.file,
  )
  for (const { id } of result.blocks) await evidence.block(node, id)
  for (const { name, transaction } of result.ethereum) {
    await evidence.receipt(
      devnet.ethereumUrl,
      transaction,
      name,
      `Ethereum: the transaction with the event ${name}, and its receipt`,
    )
  }
  await evidence.write('supply.json', 'where all money was after each step', result.supply)
  await evidence.write('result.json', 'what --json prints', result)
  await evidence.close()
}

function ttx(tokens: bigint): (infohash: Infohash) => string {
  return (infohash) => `${formatAmount(tokens)} TTX, ${infohash}`
}

function describeBlock({ id, height, steps, blobs }: Block): string {
  const where = blobs === 0 ? 'calldata' : `${blobs} blob${blobs === 1 ? '' : 's'}`
  return `height ${height}, ${steps} step${steps === 1 ? '' : 's'} in ${where}, ${id}`
}
