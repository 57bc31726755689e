// What a demo leaves behind for other programs to check: files, each named in an index that says what it is.

import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Hex, TransactionReceipt } from 'viem'
import { createPublicClient, http } from 'viem'
import type { NodeClient } from '../../../node/client/rpc.ts'
import { encodeTorrent, folderContent } from '../../../node/network/torrent/metainfo.ts'
import { BLOCK_FOLDER, BLOCK_PIECE_BYTES } from '../../../node/protocol/block-torrent.ts'
import { decodeSealed, encodeHeader } from '../../../node/protocol/header.ts'
import type { Address, Hash, Infohash } from '../../../node/protocol/ids.ts'
import { splitSteps } from '../../../node/protocol/step.ts'

type Entry = { readonly file: string; readonly about: string }

/** Text is written as it is; everything else that is not bytes as JSON, with amounts as decimal strings. */
export class Evidence {
  readonly folder: string
  readonly #entries: Entry[] = []

  constructor(folder: string) {
    this.folder = folder
  }

  async write(file: string, about: string, content: Uint8Array | string | object): Promise<void> {
    const path = join(this.folder, file)
    await mkdir(dirname(path), { recursive: true })
    const isRaw = typeof content === 'string' || content instanceof Uint8Array
    await writeFile(path, isRaw ? content : formatJson(content))
    this.#entries.push({ file, about })
  }

  /** `transactions/<infohash>/tx.json` and its `.torrent`. */
  async transaction(node: NodeClient, infohash: Infohash, about: string): Promise<void> {
    const { file } = await node.call('tx_get', { infohash, fetchMs: 5_000 })
    if (file === undefined) throw new Error(`the node has no file of ${infohash}`)
    const { torrent } = await node.call('proof_export', { infohash })
    await this.write(`transactions/${infohash}/tx.json`, `${about}: the exact bytes of its file`, file)
    await this.write(`transactions/${infohash}.torrent`, `${about}: its torrent, whose infohash is its id`, torrent)
  }

  /** `blocks/<height>/`: all that its header commits to, and the header. */
  async block(node: NodeClient, id: Hash): Promise<void> {
    const { sealed, height, packedSteps } = await node.call('bridge_block', { id })
    const { files } = await node.call('bridge_files', { id })
    const folder = `blocks/${height}`
    const { header, seal } = decodeSealed(sealed)
    await this.write(`${folder}/sealed-header.bin`, `block ${height}: header, miner and nonce, 417 bytes`, sealed)
    await this.write(`${folder}/header.json`, `block ${height}: its id and the fields of its header`, {
      id,
      ...header,
      target: `0x${header.target.toString(16).padStart(64, '0')}`,
      miner: seal.miner,
      nonce: seal.nonce,
      headerBytes: encodeHeader(header).length,
    })
    for (const [i, step] of splitSteps(packedSteps).entries()) {
      await this.write(`${folder}/steps/${i}.bin`, `block ${height}: packed step ${i}`, step)
    }
    for (const { name, bytes } of files) {
      await this.write(`${folder}/block/${name}`, `block ${height}: file ${name} of its torrent`, bytes)
    }
    const { info } = folderContent(BLOCK_FOLDER, BLOCK_PIECE_BYTES, files)
    await this.write(
      `${folder}/block.torrent`,
      `block ${height}: its torrent, whose infohash is in the header`,
      encodeTorrent(info, []),
    )
  }

  /** `receipts/<name>.json`: the transaction of Ethereum and its receipt. */
  async receipt(url: string, hash: Hex, name: string, about: string): Promise<TransactionReceipt> {
    const client = createPublicClient({ transport: http(url) })
    const [transaction, receipt] = await Promise.all([
      client.getTransaction({ hash }),
      client.getTransactionReceipt({ hash }),
    ])
    await this.write(`receipts/${name}.json`, about, { transaction, receipt })
    return receipt
  }

  /** Last: `index.json`, which lists all other files. */
  async close(): Promise<void> {
    const path = join(this.folder, 'index.json')
    await mkdir(this.folder, { recursive: true })
    await writeFile(
      path,
      formatJson({ about: 'Every file of this folder but this one, and what it is.', files: this.#entries }),
    )
  }
}

/** `addresses.json`: nothing but addresses. The chain, and the genesis transaction, are in `deployment.json`. */
export function whoIsWho<Name extends string>(
  people: Readonly<Record<Name, Address>>,
  { bridge, token }: { readonly bridge: Address; readonly token: Address },
): Readonly<Record<Name | 'bridge' | 'token', Address>> {
  return { ...people, bridge, token }
}

function formatJson(value: object): string {
  return `${JSON.stringify(value, (_key, member) => (typeof member === 'bigint' ? member.toString() : member), 2)}\n`
}
