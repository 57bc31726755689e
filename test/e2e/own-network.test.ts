// A network of one's own, from its pages alone: made with one command and joined with its file, then all commands of docs/running-a-node.md, mining.md,
// bridging.md and watching.md, in their order and as they stand. One block is mined, both nodes agree on it, and money goes out and back.

import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type Address, parseAddress } from '../../node/protocol/ids.ts'
import { freePorts } from '../../scripts/devnet/ports.ts'
import { Anvil } from '../support/chain/anvil.ts'
import { type Finished, Running, until } from '../support/processes/processes.ts'

const TTX = fileURLToPath(new URL('../../scripts/ttx.mjs', import.meta.url))
const PAGES = ['running-a-node', 'mining', 'bridging', 'watching'] as const
/** Commands that run until Ctrl-C, with what each says once it is there for the next command. */
const LASTING: readonly (readonly [RegExp, RegExp])[] = [
  [/ node$/, /^data /m],
  [/ miner --/, /"msg":/],
  [/ watch( --defend.*)?$/, /./],
]

async function commandsOf(page: (typeof PAGES)[number]): Promise<readonly string[]> {
  const text = await readFile(new URL(`../../docs/${page}.md`, import.meta.url), 'utf8')
  return [...text.matchAll(/```sh\n(.*?)```/gs)].flatMap(([, block = '']) => block.trim().split('\n'))
}

test('a network is made, joined, mined, bridged and watched by the commands of its pages', async () => {
  await using stack = new AsyncDisposableStack()
  const anvil = stack.use(await Anvil.start(['--block-time', '1']))
  // A fixed interval would hold against a clock that is moved.
  await anvil.client.removeBlockTimestampInterval()
  const home = await mkdtemp(join(tmpdir(), 'ttx-own-network-'))
  stack.defer(() => rm(home, { recursive: true, force: true }))
  const [rpc = 0, listen = 0, rpc2 = 0, listen2 = 0] = await freePorts(4)
  await writeFile(join(home, 'passphrase'), 'correct horse battery staple\n', { mode: 0o600 })
  const env: Record<string, string> = {
    ...{ HOME: home, TTX_PASSPHRASE_FILE: join(home, 'passphrase'), TTX_POLL_MS: '600', TTX_CONFIRMATIONS: '1' },
    // Of a chain that nobody reorganises; join keeps it for the node.
    TTX_FINALITY_DEPTH: '2',
    TTX_COURTESY: '0',
  }
  const { host } = new URL(anvil.url)
  const start = (command: string): Running => {
    const line = command
      .replaceAll('npm run -s ttx --', `${process.execPath} ${TTX}`)
      .replaceAll('127.0.0.1:8545', host)
      .replaceAll('7651', `${listen}`)
      .replaceAll('7660', `${rpc2}`)
      .replaceAll('7661', `${listen2}`)
    // `exec`, so that a signal ends the program itself.
    const isSimple = !line.includes('$(')
    return new Running('bash', ['-c', `cd ${home} && ${isSimple ? 'exec ' : ''}${line}`], env)
  }
  const run = async (command: string): Promise<Finished> => {
    const lasting = LASTING.find(([pattern]) => pattern.test(command))
    const running = stack.use(start(command))
    if (lasting !== undefined) {
      await running.said(lasting[1])
      return { exitCode: 0, out: running.out, err: running.err }
    }
    const finished = await running.finished
    assert.equal(finished.exitCode, 0, `${command}\n${finished.out}\n${finished.err}`)
    return finished
  }
  const ttx = async (args: string) => JSON.parse((await run(`npm run -s ttx -- ${args} --json`)).out)

  const { address } = await ttx('--network first wallet create --wallet founder')
  await anvil.client.setBalance({ address, value: 10n ** 18n })
  const made = await ttx(
    `--network first network create ours.json --wallet founder --ethereum ${anvil.url} --yes --no-gateways --easiest-target 2^240-1 --accept easy-target --rpc-port ${rpc} --listen-port ${listen}`,
  )
  await run('npm run -s ttx -- --network first node')

  for (const page of PAGES) {
    const commands = await commandsOf(page)
    assert.ok(commands.length >= 4, page)
    for (const command of commands) {
      const [, name] = /^ALICE=/.test(command) ? ['', 'alice'] : []
      if (name === undefined) await run(command.replace('$ALICE', env['ALICE'] ?? ''))
      else env['ALICE'] = await addressOf(run, name)
    }
  }

  const info = async (network: string) => {
    const { ok, troubles, bridge, network: served, peers } = await ttx(`--network ${network} node status`)
    return { ok, troubles, final: bridge.final, tip: bridge.tip, bridge: served.bridge, agreeing: peers.agreeing }
  }
  const [one, two] = await until('both nodes to agree', async () => {
    const both = [await info('first'), await info('second')] as const
    return JSON.stringify(both[0]) === JSON.stringify(both[1]) ? both : undefined
  })
  assert.deepEqual([one.bridge, one.agreeing, one.troubles], [made.bridge, 1, []])
  assert.ok(BigInt(two.final.height) >= 1n && BigInt(two.tip.height) >= 2n, JSON.stringify(two))
})

async function addressOf(run: (command: string) => Promise<Finished>, name: string): Promise<Address> {
  const { wallets } = JSON.parse((await run('npm run -s ttx -- --network second wallet list --json')).out)
  return parseAddress(wallets.find((wallet: { name: string }) => wallet.name === name).address)
}
