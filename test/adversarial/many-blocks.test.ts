// Attacked: the eyes of nodes and watchers, with more blocks above the final one than one answer of an endpoint can hold (a question
// without a contract is answered as if it were code, of 24,576 bytes at most: 48 records of blocks).
// What must hold: both ask in parts, so that no number of blocks keeps anybody from seeing a wrong one.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createPublicClient, createWalletClient, http } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { parseDeployment } from '../../node/deployment.ts'
import { EthereumAccount } from '../../node/ethereum/account.ts'
import { connectEthereum } from '../../node/ethereum/agreeing/http-chain.ts'
import { deploy } from '../../node/ethereum/deploying/deploy.ts'
import { type Hash, keyOf, parseHash, ZERO_KEY } from '../../node/protocol/ids.ts'
import { NO_LENGTHS } from '../../node/protocol/queue.ts'
import { genesisOf } from '../../scripts/assure/models/world.ts'
import { anvilBinary } from '../../scripts/devnet/anvil.ts'
import { Running } from '../support/processes/processes.ts'
import { EASIEST, holder } from '../support/stage.ts'

const BLOCKS = 500
/** The first account of anvil. */
const KEY = '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80'

test('five hundred blocks are read by whoever has to', async () => {
  // With the limits of Ethereum, unlike the one that other tests share.
  await using anvil = new Running(anvilBinary(), ['--port', '0', '--hardfork', 'osaka'])
  await anvil.said(/Listening on \S+/)
  const url = `http://${/Listening on (\S+)/.exec(anvil.out)?.[1]}`
  const transport = http(url)
  const client = createPublicClient({ transport, pollingInterval: 10 })
  const signer = privateKeyToAccount(KEY)
  const wallet = createWalletClient({ account: signer, transport })
  const least = { minRequest: 1_000n, minDeposit: 1_000n }
  const deployment = await deploy({ wallet, client, genesis: genesisOf(holder), easiestTarget: EASIEST, ...least })
  const { rules } = parseDeployment(JSON.stringify(deployment), 'the test')
  const ids = Array.from({ length: BLOCKS }, (_, i): Hash => parseHash(`0x${i.toString(16).padStart(64, 'f')}`))
  const head = await client.getBlock()

  const node = connectEthereum([url], rules)
  const { records } = await node.read(parseHash(head.hash), NO_LENGTHS, ids)
  assert.deepEqual([records.length, records.at(-1)?.id], [BLOCKS, ids.at(-1)])
  node.close()

  const watcher = new EthereumAccount({ urls: [url], network: rules, signer, now: Date.now })
  const { links } = await watcher.links(ids.map(keyOf), head.number)
  assert.equal(links.length, BLOCKS)
  assert.ok(links.every(({ firstChild }) => firstChild === ZERO_KEY))
  const claimed = await watcher.areClaimed(Array.from({ length: BLOCKS }, (_, i) => BigInt(i)))
  assert.deepEqual(new Set(claimed), new Set([false]))
  assert.equal(claimed.length, BLOCKS)
  watcher.close()
})
