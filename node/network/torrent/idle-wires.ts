// Connections over which nothing of a torrent goes: webtorrent keeps them forever, and a stranger could hold all places with them.

import type Wire from 'bittorrent-protocol'

/** Milliseconds without a byte of a piece in either direction. */
export const MAX_IDLE_WIRE_MS = 120_000

export class IdleWires {
  readonly #kept = new WeakSet<Wire>()
  readonly #seen = new WeakMap<Wire, { readonly bytes: number; readonly at: number }>()

  keep(wire: Wire): void {
    this.#kept.add(wire)
  }

  /** Closes those that have been idle for too long at `now` (milliseconds), as far as earlier calls have seen them. */
  closeIdle(wires: readonly Wire[], now: number): void {
    for (const wire of [...wires]) {
      const bytes = wire.uploaded + wire.downloaded
      const seen = this.#seen.get(wire)
      if (seen === undefined || seen.bytes !== bytes) this.#seen.set(wire, { bytes, at: now })
      else if (now - seen.at >= MAX_IDLE_WIRE_MS && !this.#kept.has(wire)) wire.destroy()
    }
  }
}
