// A node without Ethereum and wallets that swap: the ground of the tests of offers on the command line.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { TtxNode } from '../../node/node.ts'
import { genesisState } from '../../node/protocol/genesis.ts'
import { genesisBlock } from '../../node/protocol/header.ts'
import { stateRoot } from '../../node/protocol/state.ts'
import { toGasPrice, toTime } from '../../node/protocol/units.ts'
import { saveWallet } from '../../node/wallet/wallet-folder.ts'
import { accountOf, genesisOf, RULES } from '../../scripts/assure/models/world.ts'
import { runCli } from '../../scripts/cli/program.ts'
import { fakeShell } from './fake-shell.ts'
import { log } from './log.ts'

export const [alice, bob, carol] = [accountOf('alice'), accountOf('bob'), accountOf('carol')]
const genesis = genesisOf(alice)
const easiestTarget = 2n ** 240n
const PASSPHRASE = 'four random words here'

/** Alice has all TTX but 100 each of bob and carol; bob has 1,000 GOLD of 2 decimals in one output, and 40 in another. */
export async function openOffers(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'ttx-offers-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const state = stateRoot(genesisState(genesis))
  const definition = {
    ...{ rules: RULES, genesis, easiestTarget, minDeposit: 100n, floorPrice: toGasPrice(7n) },
    ...{ deployedBlock: 0n, deployedAt: toTime(0n) },
    genesisBlock: genesisBlock({ ...RULES, easiestTarget, state }),
  }
  const deps = { log, clock: () => 1_800_000_000_000, version: '0.0.0' }
  const rpc = { host: '127.0.0.1', port: 0 }
  const node = new TtxNode(deps, { folder: join(folder, 'node'), definition, ethereum: [], rpc, network: {} })
  await node.start()
  t.after(() => node.stop())
  for (const [name, { key }] of Object.entries({ alice, bob, carol })) {
    const saved = await saveWallet(join(folder, 'wallets'), name, key, PASSPHRASE, { scryptN: 4_096 })
    saved[Symbol.dispose]()
  }
  const text = async (args: readonly string[], input?: string) => {
    const isTTY = input !== undefined && !args.includes('-')
    const shell = fakeShell({ folder, env: { TTX_PASSPHRASE: PASSPHRASE }, isTTY })
    if (input !== undefined) shell.stdin.end(input)
    const exitCode = await runCli([...args, '--node', node.rpcUrl, '--data', folder], shell)
    return { exitCode, out: shell.out(), err: shell.err() }
  }
  const json = async (...args: readonly string[]) => {
    const { exitCode, out } = await text([...args, '--json'])
    return { exitCode, ...JSON.parse(out) }
  }
  await json('send', '100', 'bob', '--wallet', 'alice')
  await json('send', '100', 'carol', '--wallet', 'alice')
  const { asset: gold } = await json('asset', 'issue', 'GOLD', '1040', '--decimals', '2', '--wallet', 'alice')
  const paid = ['--asset', gold, '--unfinal', '--wallet', 'alice']
  await json('send', '1000', 'bob', ...paid)
  await json('send', '40', 'bob', ...paid)
  const sell = (amount: string, want: string, ...flags: string[]) => {
    const terms = ['--give', amount, '--give-asset', gold, '--want', want, '--unfinal']
    return json('offer', 'create', ...terms, '--wallet', 'bob', ...flags)
  }
  const balance = async (who: string, ...flags: string[]) => BigInt((await json('balance', who, ...flags)).spendable)
  return { folder, gold, json, text, sell, balance, rpcUrl: node.rpcUrl, book: join(folder, 'offers') }
}
