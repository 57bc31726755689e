// A chain on which `ttx deploy` is run, with a wallet that can pay.

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { Deployment } from '../../node/deployment.ts'
import { type Address, parseAddress } from '../../node/protocol/ids.ts'
import { runCli } from '../../scripts/cli/program.ts'
import { Anvil } from './chain/anvil.ts'
import { type FakeShell, fakeShell } from './fake-shell.ts'

export type Answer = { readonly exitCode: number; readonly out: string; readonly err: string }

export class DeployStage {
  readonly anvil: Anvil
  readonly folder: string
  /** Of every command. */
  readonly flags: readonly string[]
  #account: Address | undefined

  private constructor(anvil: Anvil, folder: string, flags: readonly string[]) {
    this.anvil = anvil
    this.folder = folder
    this.flags = flags
  }

  /** `flags` are for anvil. The chain has a judge already, as those on which somebody has deployed a bridge before, unless `hasJudge` is false. */
  static async open(
    t: TestContext,
    { flags = [], hasJudge = true }: { readonly flags?: readonly string[]; readonly hasJudge?: boolean } = {},
  ): Promise<DeployStage> {
    const stack = new AsyncDisposableStack()
    t.after(() => stack.disposeAsync())
    const anvil = stack.use(await Anvil.start(flags))
    if (hasJudge) await anvil.deployJudge()
    const folder = await mkdtemp(join(tmpdir(), 'ttx-deploy-'))
    stack.defer(() => rm(folder, { recursive: true, force: true }))
    const passphrase = join(folder, 'passphrase')
    await writeFile(passphrase, 'correct horse battery staple\n', { mode: 0o600 })
    const common = ['--data', join(folder, 'data'), '--passphrase-file', passphrase, '--log-level', 'silent']
    const stage = new DeployStage(anvil, folder, common)
    const { address } = JSON.parse((await stage.run('wallet', 'create', '--json')).out)
    stage.#account = parseAddress(address)
    await anvil.client.setBalance({ address, value: 10n ** 18n })
    return stage
  }

  get account(): Address {
    if (this.#account === undefined) throw new Error('there is no wallet yet')
    return this.#account
  }

  file(name: string): string {
    return join(this.folder, name)
  }

  async run(...argv: string[]): Promise<Answer> {
    return await this.runIn(fakeShell({ folder: this.folder }), ...argv)
  }

  async runIn(shell: FakeShell, ...argv: string[]): Promise<Answer> {
    const exitCode = await runCli([...this.flags, ...argv], shell)
    return { exitCode, out: shell.out(), err: shell.err() }
  }

  /** What `--json` says; `error` if it failed. */
  // biome-ignore lint/suspicious/noExplicitAny: whatever the command says
  async json(...argv: string[]): Promise<any> {
    const { out, err } = await this.run(...argv, '--json')
    if (out === '') throw new Error(err)
    return JSON.parse(out)
  }

  /** The arguments of a deployment to `net.json`, which gives all TTX to the deployer. */
  deployment(...more: string[]): string[] {
    const common = ['--ethereum', this.anvil.url, '--confirmations', '1', '--poll-ms', '20', '--yes']
    return ['deploy', '--owner', 'default', '--out', this.file('net.json'), ...common, ...more]
  }

  async read(name = 'net.json'): Promise<Deployment> {
    return JSON.parse(await readFile(this.file(name), 'utf8'))
  }

  /** The same file with something changed. */
  async write(name: string, deployment: object): Promise<string> {
    const file = this.file(name)
    await writeFile(file, JSON.stringify(deployment))
    return file
  }
}
