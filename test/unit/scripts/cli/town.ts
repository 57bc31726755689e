// A node without Ethereum, a data folder with two wallets, and the command line on both: the ground of tests of what users do.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { TtxNode } from '../../../../node/node.ts'
import { genesisState } from '../../../../node/protocol/genesis.ts'
import { genesisBlock } from '../../../../node/protocol/header.ts'
import { stateRoot } from '../../../../node/protocol/state.ts'
import { toGasPrice, toTime } from '../../../../node/protocol/units.ts'
import { saveWallet } from '../../../../node/wallet/wallet-folder.ts'
import { accountOf, genesisOf, RULES } from '../../../../scripts/assure/models/world.ts'
import { runCli } from '../../../../scripts/cli/program.ts'
import { fakeShell } from '../../../support/fake-shell.ts'
import { log } from '../../../support/log.ts'

export const [alice, bob, carol] = [accountOf('alice'), accountOf('bob'), accountOf('carol')]
export const NOW_MS = 1_800_000_000_000
const genesis = genesisOf(alice)
const easiestTarget = 2n ** 240n
const PASSPHRASE = 'four random words here'

export async function openTown(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'ttx-town-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const state = stateRoot(genesisState(genesis))
  const definition = {
    ...{ rules: RULES, genesis, easiestTarget, minDeposit: 100n, floorPrice: toGasPrice(7n) },
    ...{ deployedBlock: 0n, deployedAt: toTime(0n) },
    genesisBlock: genesisBlock({ ...RULES, easiestTarget, state }),
  }
  const deps = { log, clock: () => NOW_MS, version: '0.0.0' }
  const rpc = { host: '127.0.0.1', port: 0 }
  const node = new TtxNode(deps, { folder: join(folder, 'node'), definition, ethereum: [], rpc, network: {} })
  await node.start()
  t.after(() => node.stop())
  for (const [name, { key }] of Object.entries({ alice, bob })) {
    const saved = await saveWallet(join(folder, 'wallets'), name, key, PASSPHRASE, { scryptN: 4_096 })
    saved[Symbol.dispose]()
  }
  /** `answer` is typed at the question; without one there is no terminal. `isShown`: standard output is a terminal. */
  const run = async (args: readonly string[], { answer, isShown }: { answer?: string; isShown?: boolean } = {}) => {
    const shell = fakeShell({ folder, env: { TTX_PASSPHRASE: PASSPHRASE }, isTTY: answer !== undefined })
    if (isShown) Object.assign(shell.stdout, { isTTY: true })
    const isOfNode = args[0] !== 'contact'
    const common = ['--data', folder, '--log-level', 'silent', ...(isOfNode ? ['--node', node.rpcUrl] : [])]
    const ending = runCli([...args, ...common, ...(args.includes('--wallet') ? [] : ['--wallet', 'alice'])], shell)
    if (answer !== undefined) {
      await Promise.race([shell.seen('Type yes'), ending])
      shell.stdin.write(answer)
    }
    return { exitCode: await ending, out: shell.out(), err: shell.err() }
  }
  const json = async (...args: readonly string[]) => JSON.parse((await run([...args, '--json'])).out)
  const balanceOf = async (owner: string) => BigInt((await json('balance', owner)).spendable)
  return { run, json, balanceOf, folder, node }
}
