// Attacked: a network of nodes on hosts of their own, whose packets are lost and late, whose links fail for moments, which is cut in two for a while, and
// whose processes are killed; all the while everybody pays.
// What must hold: what a node has acknowledged is never lost, and once the halves see each other again all nodes have the same payments.
// `npm run soak -- parted` has twenty nodes, and ten minutes in two halves.

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Infohash } from '../../node/protocol/ids.ts'
import { infohashOf } from '../../node/protocol/infohash.ts'
import { randomOf } from '../../scripts/assure/models/world.ts'
import { payments } from '../../scripts/bench/payments.ts'
import { Namespaces, namespacesMissing } from '../support/namespaces.ts'
import type { LoneAnswer, LoneOrder } from '../support/processes/lone-node.ts'

const PROGRAM = fileURLToPath(new URL('../support/processes/lone-node.ts', import.meta.url))
const PORT = 7_651
const runs = Number(process.env['FUZZ_RUNS'] ?? 120)
const seed = Number(process.env['FUZZ_SEED'] ?? 1)
const nodes = Number(process.env['FUZZ_NODES'] ?? 4)
const partedMs = 1_000 * Number(process.env['FUZZ_PARTED_SECONDS'] ?? 4)
/** A third of all payments is made while the network is parted, and as many before and after. */
const pauseMs = partedMs / (runs / 3)
const FLAP_EVERY_MS = 2_000
const FLAP_MS = 300
const KILLS = 3
/** Without any change for this long it does not come to agree. */
const STUCK_MS = 180_000

type Asked = LoneOrder extends infer O ? (O extends LoneOrder ? Omit<O, 'id'> : never) : never

/** A node on a host of its own; a process that was killed is started again on its folder. */
class Host {
  readonly #start: () => ChildProcess
  #child: ChildProcess | undefined
  readonly #waiting = new Map<number, PromiseWithResolvers<LoneAnswer>>()
  #orders = 0
  #ready = Promise.withResolvers<void>()

  constructor(command: readonly string[], args: readonly string[]) {
    const [program = '', ...before] = [...command, process.execPath, PROGRAM, ...args]
    this.#start = () => spawn(program, before, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  }

  start(): void {
    const child = this.#start()
    this.#child = child
    child.on('message', (answer: LoneAnswer) => {
      if ('ready' in answer) this.#ready.resolve()
      else this.#waiting.get(answer.id)?.resolve(answer)
    })
    child.once('close', () => {
      for (const { resolve } of this.#waiting.values()) resolve({ id: 0, error: 'killed' })
    })
  }

  async kill(): Promise<void> {
    const child = this.#child
    this.#child = undefined
    this.#ready = Promise.withResolvers()
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const closed = once(child, 'close')
    child.kill('SIGKILL')
    await closed
  }

  /** Waits until it runs; an answer with `error` where it was killed meanwhile. */
  async ask(order: Asked): Promise<LoneAnswer> {
    await this.#ready.promise
    const id = ++this.#orders
    const waiting = Promise.withResolvers<LoneAnswer>()
    this.#waiting.set(id, waiting)
    const said = { id, ...order }
    if (this.#child?.connected) this.#child.send(said, () => undefined)
    else waiting.resolve({ id, error: 'killed' })
    const answer = await waiting.promise
    this.#waiting.delete(id)
    return answer
  }

  /** Until the node says that it has it. */
  async pay(file: Uint8Array): Promise<void> {
    for (;;) {
      const answer = await this.ask({ submit: Buffer.from(file).toString('base64') })
      if ('status' in answer) {
        assert.equal(answer.status, 'accepted')
        return
      }
      assert.ok('error' in answer && answer.error === 'killed', JSON.stringify(answer))
    }
  }
}

const missing = namespacesMissing()

test(`${nodes} nodes whose network is parted, lossy and killed agree in the end, and lose nothing (seed ${seed})`, {
  skip: missing ?? false,
}, async (t) => {
  const random = randomOf(seed)
  using network = new Namespaces()
  const hosts = await open(t, network)
  const files = [...payments({ count: runs + nodes, chains: nodes, seed })]
  // Each host has a chain of its own, whose coins come one out of the other.
  for (const file of files.slice(0, nodes - 1)) await hosts[0]?.pay(file)
  await agree(hosts, nodes)

  const stop = new AbortController()
  const flapping = flap(network, random, stop.signal)
  const third = Math.ceil(runs / 3)
  const killsAt = new Set(Array.from({ length: KILLS }, (_, i) => Math.floor(((i + random()) * runs) / KILLS)))
  const chained = files.slice(nodes - 1)
  let healing: Promise<number> | undefined
  for (const [i, file] of chained.entries()) {
    if (i === third) network.part(Array.from({ length: Math.floor(nodes / 2) }, (_, host) => 2 * host))
    if (i === 2 * third) {
      network.heal()
      // The last of each chain: who has it has what came before it. To ask for all of them would be most of what the nodes do.
      healing = heal(hosts, chained.slice(third, i).slice(-nodes).map(infohashOf))
      healing.catch(() => undefined) // it is awaited at the end
    }
    if (killsAt.has(i)) {
      const victim = hosts[Math.floor(random() * nodes)]
      await victim?.kill()
      victim?.start()
    }
    await hosts[(i + nodes - 1) % nodes]?.pay(file)
    await delay(pauseMs)
  }
  stop.abort()
  await flapping
  const healedMs = performance.now()
  await agree(hosts, files.length + 1)
  const seconds = ((performance.now() - healedMs) / 1_000).toFixed(1)
  const healed = ((await (healing ?? heal(hosts, []))) / 1_000).toFixed(1)
  t.diagnostic(
    `${files.length} payments; packets: ${network.loss}; what was paid while the network was parted was everywhere ${healed} s after it healed; all agreed ${seconds} s after the last payment`,
  )
})

async function open(t: TestContext, network: Namespaces): Promise<readonly Host[]> {
  const folder = await mkdtemp(join(tmpdir(), 'ttx-parted-'))
  const places = Array.from({ length: nodes }, () => network.add())
  const hosts = places.map(({ address, command }, i) => {
    const peers = [1, 2, 5].map((step) => `${places[(i + step) % nodes]?.address}:${PORT}`)
    const where = ['--folder', join(folder, `${i}`), '--host', address, '--port', `${PORT}`]
    return new Host(command, [...where, '--peers', [...new Set(peers)].join()])
  })
  t.after(async () => {
    await Promise.all(hosts.map((host) => host.kill()))
    await rm(folder, { recursive: true, force: true })
  })
  for (const host of hosts) host.start()
  return hosts
}

/** Resolves once all nodes have this many transactions, and the same. */
async function agree(hosts: readonly Host[], count: number): Promise<void> {
  let [last, changedMs] = ['', performance.now()]
  for (;;) {
    const answers = await Promise.all(hosts.map((host) => host.ask({ look: true })))
    const seen = answers.map((answer) => ('count' in answer ? `${answer.count} ${answer.fingerprint}` : 'none'))
    if (new Set(seen).size === 1 && seen[0]?.startsWith(`${count} `)) return
    const now = seen.map((each) => each.split(' ')[0]).join()
    if (now !== last) [last, changedMs] = [now, performance.now()]
    assert.ok(performance.now() - changedMs < STUCK_MS, `expected ${count} everywhere, got ${now}`)
    await delay(100)
  }
}

/** Milliseconds until all nodes have these; everybody goes on paying meanwhile, and links and nodes fail. */
async function heal(hosts: readonly Host[], paid: readonly Infohash[]): Promise<number> {
  const beganMs = performance.now()
  const lacks = new Map(hosts.map((host) => [host, paid]))
  for (;;) {
    await Promise.all(
      [...lacks].map(async ([host, infohashes]) => {
        const answer = await host.ask({ lacks: infohashes })
        if ('lacks' in answer) lacks.set(host, answer.lacks)
      }),
    )
    if ([...lacks.values()].every(({ length }) => length === 0)) return performance.now() - beganMs
    assert.ok(
      performance.now() - beganMs < STUCK_MS,
      `expected all to heal, got ${[...lacks.values()].map(({ length }) => length)}`,
    )
    await delay(100)
  }
}

/** Links that fail for a moment, one after the other. */
async function flap(network: Namespaces, random: () => number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const host = Math.floor(random() * nodes)
    network.plug(host, 'down')
    await delay(FLAP_MS)
    network.plug(host, 'up')
    await delay(FLAP_EVERY_MS, undefined, { signal }).catch(() => undefined)
  }
}
