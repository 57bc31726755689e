// A whole network on one machine: an Ethereum, two nodes that find each other, a miner, a relayer and a watcher, each a process of its own.

import { randomBytes } from 'node:crypto'
import { access, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { createPublicClient, createWalletClient, http } from 'viem'
import { type Deployment, type NetworkDefinition, parseDeployment } from '../../node/deployment.ts'
import { makeFolder } from '../../node/disk.ts'
import { OperationError } from '../../node/errors.ts'
import { deploy } from '../../node/ethereum/deploying/deploy.ts'
import { deployFactory } from '../../node/ethereum/gateways/factory.ts'
import { walletAccount } from '../../node/ethereum/signer.ts'
import type { Logger } from '../../node/log.ts'
import { createGenesis, genesisInfohash } from '../../node/protocol/genesis.ts'
import type { Address } from '../../node/protocol/ids.ts'
import { UNIT } from '../../node/protocol/rules.ts'
import { chainIdOf } from '../../node/rpc/ethereum/chain-id.ts'
import type { Wallet } from '../../node/wallet/wallet.ts'
import { openWallet, walletFile } from '../../node/wallet/wallet-folder.ts'
import { writeBoundNetwork } from '../bound-network.ts'
import { dataFolder } from '../data-folder.ts'
import { removeEndpoints, writeEndpoints } from '../endpoints.ts'
import { type Lock, takeLock } from '../lock.ts'
import { anvilService } from './anvil.ts'
import { DevChain, isAnswering } from './dev-chain.ts'
import { EXAMPLE_TOKEN_FILE, exampleToken } from './example-token.ts'
import type { DevnetOptions } from './options.ts'
import { devnetServices } from './services.ts'
import { type ServiceSpec, Supervisor } from './supervisor.ts'
import { DEVNET_WALLETS, openDevWallet } from './wallets.ts'

export type DevnetDeps = {
  readonly log: Logger
  /** Progress for people. */
  readonly say: (text: string) => void
  /** Each log line of a child. */
  readonly onLine: (name: string, line: string) => void
}

/** A block in a second on one slow core, however often the target halves within an hour. */
const DEVNET_TARGET = 2n ** 240n - 1n
const WALLET_ETHER = '1000'
const NODES = ['node', 'peer']
/** After this many empty blocks in a row, only each twelfth is mined. */
const QUIET_BEATS = 60
const QUIET_SLOWNESS = 12

export class Devnet {
  readonly data: string
  readonly nodeUrl: string
  readonly peerUrl: string
  readonly ethereumUrl: string
  readonly passphraseFile: string
  readonly deploymentFile: string
  readonly chain: DevChain
  readonly #deps: DevnetDeps
  readonly #options: DevnetOptions
  readonly #supervisor: Supervisor
  readonly #stopping = new AbortController()
  #lock: Lock | undefined
  #heart: Promise<void> | undefined
  #stopped: Promise<void> | undefined
  #exampleToken: Address | undefined
  /** The last block of Ethereum that we mined. */
  #mined = -1n

  constructor(deps: DevnetDeps, options: DevnetOptions) {
    const { data, ports, ethereum } = options
    this.#deps = deps
    this.#options = options
    this.data = data
    this.nodeUrl = `http://127.0.0.1:${ports.rpc}`
    this.peerUrl = `http://127.0.0.1:${ports.peerRpc}`
    this.ethereumUrl = ethereum ?? `http://127.0.0.1:${ports.ethereum}`
    this.passphraseFile = join(data, 'passphrase')
    this.deploymentFile = join(data, 'deployment.json')
    this.chain = new DevChain(this.ethereumUrl)
    this.#supervisor = new Supervisor(deps, {
      logs: join(data, 'logs'),
      onLine: deps.onLine,
      onProcesses: (processes) => this.#note(processes),
    })
  }

  /** A token on its Ethereum of which anybody can make as much as they like; undefined before it runs. */
  get exampleToken(): Address | undefined {
    return this.#exampleToken
  }

  /** Aborts when it cannot go on as a whole: a process ended that no restart brings back. */
  get failed(): AbortSignal {
    return this.#supervisor.failed
  }

  /** Process ids by name. */
  get processes(): Readonly<Record<string, number>> {
    return this.#supervisor.processes
  }

  /** Throws `OperationError`: 'already-runs', 'service-died', 'ethereum-silent', and what deploying throws. Call `stop` whatever happens. */
  async start(signal?: AbortSignal): Promise<void> {
    signal?.addEventListener('abort', () => void this.stop(), { once: true })
    await this.#start()
    signal?.throwIfAborted()
  }

  async #start(): Promise<void> {
    const { say } = this.#deps
    this.#lock = await takeLock(this.data, 'devnet')
    await this.#options.beforeStart?.()
    const passphrase = await this.#passphrase()
    if (this.#options.ethereum === undefined) {
      const state = join(this.data, 'ethereum.json')
      await this.#supervisor.start(anvilService({ port: this.#options.ports.ethereum, state }))
    } else if (!(await isAnswering(this.ethereumUrl))) {
      throw new OperationError(
        'ethereum-silent',
        `expected a development chain at ${this.ethereumUrl}, got no answer; start it first, or let an embedded one be started`,
        { facts: { endpoint: this.ethereumUrl }, retry: true },
      )
    }
    const whose = this.#options.ethereum === undefined ? `embedded, state kept in ${this.data}` : 'not ours'
    say(`Ethereum     ${this.ethereumUrl}  (${whose})`)
    const network = await this.#network(passphrase)
    // The folder is the devnet's, whichever network it was for before.
    await writeBoundNetwork(this.data, { ...network.rules, genesis: genesisInfohash(network.genesis) })
    say(`bridge       ${network.rules.bridge}`)
    say(`wTTX         ${network.rules.token}`)
    if (network.gatewayFactory !== undefined) say(`gateways     ${network.gatewayFactory} makes them`)
    if (this.#exampleToken !== undefined) say(`token        ${this.#exampleToken}  (an example, to try a gateway with)`)
    this.#heart = this.#beat()
    const services = devnetServices(this.#options, { ...this.#urls(), chain: network.rules.chain })
    const start = async (service: ServiceSpec) => {
      await this.#supervisor.start(service)
      say(`${service.name.padEnd(12)} process ${this.processes[service.name]}${this.#where(service.name)}`)
    }
    // Most of a start is what nodes take to load; all else asks the first one.
    await Promise.all(services.filter(({ name }) => NODES.includes(name)).map(start))
    say(`wallets      http://127.0.0.1:${this.#options.ports.ethereumRpc}, chain id ${chainIdOf(network)}, symbol TTX`)
    for (const service of services) if (!NODES.includes(service.name)) await start(service)
  }

  /** Ends all processes in reverse order. Idempotent. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  async #stop(): Promise<void> {
    this.#stopping.abort()
    await this.#heart
    await this.#supervisor.stop()
    // Where another devnet has the folder, the file is about that one.
    if (this.#lock !== undefined) await removeEndpoints(this.data)
    await this.#lock?.[Symbol.asyncDispose]()
    this.#lock = undefined
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  /** One of this devnet's wallets, or a new one; the caller disposes of it. */
  async wallet(name: string): Promise<Wallet> {
    return await openDevWallet(dataFolder(this.data).wallets, name, await this.#passphrase())
  }

  /** Coins for gas. */
  async fund(address: Address, ether = WALLET_ETHER): Promise<void> {
    await this.chain.fund(address, ether)
  }

  #urls() {
    const { nodeUrl, peerUrl, ethereumUrl, deploymentFile, passphraseFile } = this
    return { nodeUrl, peerUrl, ethereumUrl, deploymentFile, passphraseFile }
  }

  #where(name: string): string {
    const { listen, peerListen } = this.#options.ports
    if (name === 'node') return `, RPC ${this.nodeUrl}, BitTorrent 127.0.0.1:${listen}`
    if (name === 'peer') return `, RPC ${this.peerUrl}, BitTorrent 127.0.0.1:${peerListen}`
    return ''
  }

  async #passphrase(): Promise<string> {
    const passphrase = await readFile(this.passphraseFile, 'utf8').catch(() => undefined)
    if (passphrase !== undefined) return passphrase.replace(/\r?\n$/, '')
    const fresh = randomBytes(16).toString('hex')
    await makeFolder(this.data)
    await writeFile(this.passphraseFile, `${fresh}\n`, { flag: 'wx', mode: 0o600 })
    return fresh
  }

  /** Those that are missing: all at the first start, else what folders of an older version lack. */
  async #makeWallets(): Promise<void> {
    const { wallets } = dataFolder(this.data)
    await makeFolder(wallets)
    for (const name of DEVNET_WALLETS) {
      if (await exists(walletFile(wallets, name))) continue
      using wallet = await this.wallet(name)
      await this.fund(wallet.address)
    }
  }

  /** Reads where the bridge is, or deploys it the first time. */
  async #network(passphrase: string): Promise<NetworkDefinition> {
    const transport = http(this.ethereumUrl)
    const client = createPublicClient({ transport, cacheTime: 0, pollingInterval: 100 })
    const isFirst = !(await exists(this.deploymentFile))
    if (isFirst) this.#deps.say('first start on this folder: making wallets and deploying the bridge')
    await this.#makeWallets()
    if (isFirst) {
      using wallet = await openWallet(dataFolder(this.data).wallets, 'genesis', passphrase)
      const genesis = createGenesis(wallet.publicKey, Math.floor(Date.now() / 1_000), (digest) => wallet.sign(digest))
      const account = walletAccount(wallet)
      await this.chain.haveCreate2Proxy()
      const deployment = await deploy({
        wallet: createWalletClient({ account, transport }),
        client,
        genesis,
        easiestTarget: DEVNET_TARGET,
        minRequest: UNIT,
        minDeposit: UNIT,
      })
      await this.#writeDeployment(deployment)
    }
    const network = await this.#readNetwork()
    const code = await client.getCode({ address: network.rules.bridge })
    if (code !== undefined && code !== '0x') return await this.#withGateways(network, passphrase)
    throw new OperationError(
      'devnet-torn',
      `expected the bridge at ${network.rules.bridge} on ${this.ethereumUrl}, got no contract: the folder is of another chain; move ${this.data} away, or choose another with --data`,
      { facts: { folder: this.data, bridge: network.rules.bridge } },
    )
  }

  /** Makes what lets tokens in, and a token to try it with, where a folder has none of them yet. */
  async #withGateways(network: NetworkDefinition, passphrase: string): Promise<NetworkDefinition> {
    const transport = http(this.ethereumUrl)
    const client = createPublicClient({ transport, cacheTime: 0, pollingInterval: 100 })
    using opened = await openWallet(dataFolder(this.data).wallets, 'genesis', passphrase)
    const wallet = createWalletClient({ account: walletAccount(opened), transport })
    this.#exampleToken = await exampleToken(join(this.data, EXAMPLE_TOKEN_FILE), wallet, client)
    if (network.gatewayFactory !== undefined) return network
    const gatewayFactory = await deployFactory(wallet, client, network.rules.bridge)
    const deployment: Deployment = JSON.parse(await readFile(this.deploymentFile, 'utf8')) // which was found to be one
    await this.#writeDeployment({ ...deployment, gatewayFactory })
    return await this.#readNetwork()
  }

  async #readNetwork(): Promise<NetworkDefinition> {
    return parseDeployment(await readFile(this.deploymentFile, 'utf8'), this.deploymentFile)
  }

  async #writeDeployment(deployment: Deployment): Promise<void> {
    await writeFile(`${this.deploymentFile}.tmp`, `${JSON.stringify(deployment, undefined, 2)}\n`)
    await rename(`${this.deploymentFile}.tmp`, this.deploymentFile)
  }

  /** Empty blocks, so that Ethereum's clock moves on; rare ones where nothing happens for a while, since all are kept. */
  async #beat(): Promise<void> {
    const { signal } = this.#stopping
    for (let quiet = 0; !signal.aborted; quiet++) {
      await delay(1_000 * this.#options.blockSeconds, undefined, { signal }).catch(() => undefined)
      if (signal.aborted) return
      try {
        const { number, isEmpty } = await this.chain.newest()
        if (!isEmpty || number !== this.#mined) quiet = 0
        if (quiet > QUIET_BEATS && quiet % QUIET_SLOWNESS !== 0) continue
        await this.chain.mine()
        this.#mined = number + 1n
      } catch (error) {
        this.#deps.log.debug({ error }, 'Ethereum does not mine')
      }
    }
  }

  async #note(processes: Readonly<Record<string, number>>): Promise<void> {
    if (this.#stopping.signal.aborted) return
    const { nodeUrl: node, ethereumUrl: ethereum, deploymentFile: deployment, passphraseFile } = this
    const token = this.exampleToken === undefined ? {} : { exampleToken: this.exampleToken }
    await writeEndpoints(this.data, {
      node,
      ethereum,
      deployment,
      passphraseFile,
      ...token,
      processes: { ...processes },
    })
  }
}

async function exists(file: string): Promise<boolean> {
  return await access(file).then(
    () => true,
    () => false,
  )
}
