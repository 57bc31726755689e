// Starts the victim, its honest neighbour, and the attackers, each in a process of its own, and measures what honest ones get.

import { type ChildProcess, execFile, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { promisify } from 'node:util'
import { createNodeClient, type NodeClient } from '../../../node/client/rpc.ts'
import type { Message } from '../../../node/network/gossip/messages.ts'
import { connectFrom, RawPeer } from './raw-peer.ts'
import { type Attack, makePayments, type Order, type Payment, STORED } from './world.ts'

const ROOT = join(import.meta.dirname, '../../..')
const PYTHON = '/usr/bin/python3'
/** Payments that these benches make besides the stored ones, and those of one measurement. */
const SPARE = 200
const PAID = 6
const PROBED_MS = 10_000
/** How long an attack lasts before anything is measured. */
const ATTACKED_MS = 3_000
/** More than any measurement should take. */
const MOST_MS = 25_000

type Started = { readonly url: string; readonly address: string }

export class Stage {
  readonly #folder: string
  readonly #children: ChildProcess[]
  readonly #victim: Started & { readonly client: NodeClient }
  readonly #neighbour: NodeClient
  readonly #attackers: ChildProcess
  readonly #stored: readonly Payment[]
  readonly #spare: Payment[]

  private constructor(
    folder: string,
    children: ChildProcess[],
    victim: Started,
    neighbour: Started,
    attackers: ChildProcess,
  ) {
    this.#folder = folder
    this.#children = children
    this.#victim = { ...victim, client: createNodeClient(victim.url) }
    this.#neighbour = createNodeClient(neighbour.url)
    this.#attackers = attackers
    const all = makePayments(STORED + SPARE)
    this.#stored = all.slice(0, STORED)
    this.#spare = all.slice(STORED)
  }

  /** `root`: of the checkout whose node is the victim. */
  static async start(root = ROOT): Promise<Stage> {
    const folder = await mkdtemp(join(tmpdir(), 'ttx-bench-hostile-'))
    const children: ChildProcess[] = []
    const run = (file: string, args: readonly string[] = []) => {
      const execArgv = ['--max-old-space-size=2000', '--disable-warning=ExperimentalWarning']
      const child = fork(join(import.meta.dirname, file), args, { execArgv })
      children.push(child)
      return child
    }
    const started = async (child: ChildProcess) => (await once(child, 'message'))[0]
    const victim: Started = await started(run('victim.ts', [root, join(folder, 'victim')]))
    const neighbour: Started = await started(run('victim.ts', [root, join(folder, 'neighbour'), victim.address]))
    const attackers = run('attackers.ts')
    await started(attackers)
    return new Stage(folder, children, victim, neighbour, attackers)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#children.toReversed()) {
      if (child.connected) child.disconnect()
      if (child.exitCode === null) await once(child, 'exit')
    }
    await rm(this.#folder, { recursive: true, force: true })
  }

  async attack(attack: Attack, count: number): Promise<void> {
    this.#order({ do: 'attack', attack, count, port: this.port })
    await setTimeout(ATTACKED_MS)
  }

  /** Milliseconds from a payment at the neighbour to its announcement behind the victim: the longest of several. Spies hear of it first. */
  async slowestPayment(): Promise<number> {
    const heard = new Map<string, number>()
    const watcher = new RawPeer(await connectFrom('127.9.9.9', this.port), (message: Message) => {
      if (message.type === 'have') for (const infohash of message.infohashes) heard.set(infohash, performance.now())
    })
    watcher.introduce()
    let slowest = 0
    for (let i = 0; i < PAID; i++) {
      const payment = this.#spare.shift()
      if (payment === undefined) throw new RangeError('no payments are left')
      this.#order({ do: 'announce', infohash: payment.infohash })
      await setTimeout(50)
      const began = performance.now()
      await this.#neighbour.call('tx_submit', { file: payment.file })
      while (!heard.has(payment.infohash) && performance.now() - began < MOST_MS) await setTimeout(2)
      slowest = Math.max(slowest, (heard.get(payment.infohash) ?? performance.now()) - began)
    }
    watcher.socket.destroy()
    return slowest
  }

  /** Milliseconds of the RPC, 99th percentile. */
  async slowRpc(): Promise<number> {
    const times: number[] = []
    const end = performance.now() + PROBED_MS
    while (performance.now() < end) {
      const began = performance.now()
      await this.#victim.client.call('node_info', {})
      times.push(performance.now() - began)
      await setTimeout(20)
    }
    return times.sort((a, b) => a - b)[Math.floor(times.length * 0.99)] ?? Number.NaN
  }

  /** How many processors the victim keeps busy. */
  async load(): Promise<number> {
    const used = async () => {
      const [victim] = this.#children
      if (victim === undefined) throw new TypeError('expected a victim')
      victim.send('usage')
      const [{ user, system }] = (await once(victim, 'message')) as [NodeJS.CpuUsage]
      return user + system
    }
    const [before, began] = [await used(), performance.now()]
    await setTimeout(PROBED_MS)
    return ((await used()) - before) / 1_000 / (performance.now() - began)
  }

  /** Of four nodes that come one after the other, how many are answered, and after five seconds still are. */
  async newcomersTaken(): Promise<number> {
    let taken = 0
    for (let i = 0; i < 4; i++) {
      let answers = 0
      const newcomer = new RawPeer(await connectFrom(`127.${220 + i}.1.1`, this.port), (message) => {
        if (message.type === 'summary' || message.type === 'files') answers += 1
      })
      newcomer.introduce()
      await setTimeout(5_000)
      const before = answers
      await newcomer.say({ type: 'get', id: 1, infohashes: [this.#stored[0]?.infohash ?? ''] as never })
      await setTimeout(1_000)
      if (before > 0 && answers > before && !newcomer.isClosed) taken += 1
      newcomer.socket.destroy()
    }
    return taken
  }

  /** Of four torrents, how many a stock client fetches within ten seconds each. */
  async stockFetches(): Promise<number> {
    const client = fork(join(import.meta.dirname, 'stock.ts'))
    await once(client, 'message')
    let fetched = 0
    for (const { infohash } of this.#stored.slice(100, 104)) {
      client.send({ infohash, peer: this.#victim.address })
      const came = once(client, 'message').then(() => true)
      if (await Promise.race([came, setTimeout(10_000, false)])) fetched += 1
    }
    client.disconnect()
    return fetched
  }

  /** Seconds until libtorrent has fetched `count` payments, up to 60; infinite where it has not by then. */
  async manyByLibtorrent(count: number): Promise<number> {
    const infohashes = this.#stored.toSorted((a, b) => (a.infohash < b.infohash ? -1 : 1)).slice(0, count)
    const running = promisify(execFile)(PYTHON, [join(import.meta.dirname, 'stock.py'), `${this.port}`, '60'])
    running.child.stdin?.end(infohashes.map(({ infohash }) => infohash).join(' '))
    const { stdout } = await running
    const [done, seconds] = stdout.trim().split(' ').map(Number)
    if (done !== count) console.error(`libtorrent has ${done} of ${count} payments after ${seconds} s`)
    return done === count ? (seconds ?? Number.NaN) : Number.POSITIVE_INFINITY
  }

  get port(): number {
    return Number(this.#victim.address.split(':').at(-1))
  }

  #order(order: Order): void {
    this.#attackers.send(order)
  }
}
