// The BEP 10 extension `torrenttx` on one wire: introduces this node, reads who the other is, hands messages on.

import type Wire from 'bittorrent-protocol'
import { type Infohash, toBytes, toInfohash } from '../../protocol/ids.ts'
import { RuleError } from '../../protocol/rule-error.ts'
import { decodeHost, encodeHost } from '../places/reach.ts'
import { type BencodedDictionary, isDictionary } from '../torrent/bencode.ts'
import { EXTENSION_VERSION } from './messages.ts'
import type { Hello } from './peer.ts'

export type Introduction = {
  readonly genesis: Infohash
  /** 20 random bytes (hex), new at every start: tells a node itself and its second wire to the same one. */
  readonly nodeId: Infohash
  readonly port: number
  /** Of this program, told to the other. */
  readonly version?: string | undefined
}

export type ExtensionHandlers = {
  /** A node of this network introduced itself; once for each wire. Returns what handles its messages, if anything does. */
  onHello(hello: Hello): ((bytes: Uint8Array) => void) | undefined
}

/** Adds the extension to a wire whose handshake came in. The peer of another network or version is disconnected. */
export function extendWire(wire: Wire, self: Introduction, handlers: ExtensionHandlers): void {
  const { genesis, nodeId, port, version } = self
  const yourip = encodeHost(wire.remoteAddress ?? '')
  wire.extendedHandshake = {
    ...wire.extendedHandshake,
    // BEP 10: where this node accepts connections, where it sees the other, and what it is.
    p: port,
    ...(yourip === undefined ? {} : { yourip }),
    v: version === undefined ? 'TorrentTX' : `TorrentTX ${version}`,
    torrenttx: { genesis: toBytes(genesis), node: toBytes(nodeId), version: EXTENSION_VERSION },
  }
  let said = false
  let receive: ((bytes: Uint8Array) => void) | undefined
  class TorrentTxExtension {
    /** May come more than once (BEP 10); the first counts. What it throws closes the wire. */
    onExtendedHandshake(handshake: Readonly<Record<string, unknown>>): void {
      if (said) return
      said = true
      receive = handlers.onHello(readHello(wire, handshake as BencodedDictionary, self))
    }

    onMessage(bytes: Uint8Array): void {
      receive?.(bytes)
    }
  }
  Object.assign(TorrentTxExtension.prototype, { name: 'torrenttx' })
  wire.use(TorrentTxExtension)
}

/** Throws `RuleError('foreign-network' | 'bad-hello' | 'unwanted-peer')`. */
function readHello(wire: Wire, handshake: BencodedDictionary, self: Introduction): Hello {
  const { torrenttx, p: port, v, yourip } = handshake
  const { genesis, node, version } = isDictionary(torrenttx) ? torrenttx : {}
  const isWhole = genesis instanceof Uint8Array && node instanceof Uint8Array && genesis.length + node.length === 40
  if (!isWhole || genesis.length !== 20) throw new RuleError('bad-hello', 'the peer did not introduce itself')
  if (toInfohash(genesis) !== self.genesis || version !== EXTENSION_VERSION) {
    throw new RuleError('foreign-network', 'the peer belongs to another network or speaks another version', {
      genesis: toInfohash(genesis),
      expected: self.genesis,
    })
  }
  const id = toInfohash(node)
  if (id === self.nodeId) throw new RuleError('unwanted-peer', 'this node connected to itself')
  const host = wire.remoteAddress ?? ''
  const outgoing = wire.type?.endsWith('Outgoing') === true
  const takes = outgoing ? wire.remotePort : port
  const isPort = typeof takes === 'number' && takes > 0 && takes < 65_535
  const client = v instanceof Uint8Array ? printable(v) : ''
  const address = isPort && host !== '' ? `${bracket(host)}:${takes}` : undefined
  const sees = yourip instanceof Uint8Array ? decodeHost(yourip) : undefined
  return {
    ...{ id, host, outgoing, address },
    ...(client === '' ? {} : { client }),
    ...(sees === undefined ? {} : { sees }),
  }
}

const MAX_CLIENT_CHARACTERS = 48

/** A stranger's bytes: what is not printable ASCII is left out. */
function printable(bytes: Uint8Array): string {
  const codes = bytes.subarray(0, MAX_CLIENT_CHARACTERS).filter((code) => code >= 0x20 && code < 0x7f)
  return String.fromCharCode(...codes).trim()
}

function bracket(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}
