// Hosts of their own on this machine (network namespaces, ip-netns(8)), joined by a switch that can be cut in two. Nothing of it reaches the machine's own network.

import { spawnSync } from 'node:child_process'

const SWITCHES = ['left', 'right'] as const
/** Netem where the kernel has it; else a queue that drops what goes beyond its rate, and delays up to the time given. */
const LOSS = ['netem delay 40ms 20ms loss 2%', 'tbf rate 4mbit burst 16kb latency 80ms'] as const

/** Why there are none here; undefined if there are. */
export function namespacesMissing(): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'needs Linux and root'
  const probe = new Namespaces(`ttx-${process.pid}-probe`)
  try {
    probe.add()
    return undefined
  } catch (error) {
    return `needs network namespaces, veth and bridges (Debian: iproute2), got ${error}`
  } finally {
    probe[Symbol.dispose]()
  }
}

export class Namespaces implements Disposable {
  readonly #prefix: string
  #hosts = 0
  #isOpen = false
  #loss: string | undefined

  constructor(prefix = `ttx-${process.pid}`) {
    this.#prefix = prefix
  }

  /** How packets are lost and late on the way, as `tc` has it. */
  get loss(): string {
    return this.#loss ?? 'none'
  }

  /** One more host. Returns its address and the command that runs another one there. */
  add(): { readonly address: string; readonly command: readonly string[] } {
    if (!this.#isOpen) this.#open()
    const [number, hub] = [this.#hosts++, `${this.#prefix}-hub`]
    const name = `${this.#prefix}-${number}`
    const address = `10.77.0.${number + 1}`
    ip('netns', 'add', name)
    ip('link', 'add', 'eth0', 'netns', name, 'type', 'veth', 'peer', 'name', `port${number}`, 'netns', hub)
    inside(hub, 'ip', 'link', 'set', `port${number}`, 'master', SWITCHES[0], 'up')
    inside(name, 'ip', 'address', 'add', `${address}/24`, 'dev', 'eth0')
    for (const link of ['lo', 'eth0']) inside(name, 'ip', 'link', 'set', link, 'up')
    this.#lose(name)
    return { address, command: ['ip', 'netns', 'exec', name] }
  }

  /** From now on the hosts with these numbers see only each other. */
  part(hosts: readonly number[]): void {
    for (const host of hosts) this.#port(host, 'master', SWITCHES[1])
  }

  heal(): void {
    for (let host = 0; host < this.#hosts; host++) this.#port(host, 'master', SWITCHES[0])
  }

  /** All packets to and from a host are lost, or none because of this. */
  plug(host: number, state: 'up' | 'down'): void {
    this.#port(host, state)
  }

  [Symbol.dispose](): void {
    for (let host = 0; host < this.#hosts; host++) spawnSync('ip', ['netns', 'delete', `${this.#prefix}-${host}`])
    spawnSync('ip', ['netns', 'delete', `${this.#prefix}-hub`])
    this.#hosts = 0
  }

  #open(): void {
    this.#isOpen = true
    const hub = `${this.#prefix}-hub`
    ip('netns', 'add', hub)
    for (const name of SWITCHES) {
      inside(hub, 'ip', 'link', 'add', name, 'type', 'bridge')
      inside(hub, 'ip', 'link', 'set', name, 'up')
    }
  }

  #lose(name: string): void {
    const candidates = this.#loss === undefined ? LOSS : [this.#loss]
    this.#loss = candidates.find((discipline) => {
      const words = ['netns', 'exec', name, 'tc', 'qdisc', 'add', 'dev', 'eth0', 'root', ...discipline.split(' ')]
      return spawnSync('ip', words).status === 0
    })
  }

  #port(host: number, ...words: readonly string[]): void {
    inside(`${this.#prefix}-hub`, 'ip', 'link', 'set', `port${host}`, ...words)
  }
}

function inside(name: string, ...words: readonly string[]): void {
  ip('netns', 'exec', name, ...words)
}

function ip(...words: readonly string[]): void {
  const { status, stderr, error } = spawnSync('ip', words, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`ip ${words.join(' ')}: ${error?.message ?? stderr.trim()}`)
}
