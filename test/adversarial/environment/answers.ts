// Whether a node says the truth about every block that lives, by the model's own replay.

import { readAllBlocks } from '../../../node/client/all-blocks.ts'
import type { NodeClient } from '../../../node/client/rpc.ts'
import { decodeOutputs } from '../../../node/protocol/block-torrent.ts'
import { concat, equalBytes } from '../../../node/protocol/bytes.ts'
import type { Hash } from '../../../node/protocol/ids.ts'
import { stateOf, stateRoot } from '../../../node/protocol/state.ts'
import type { Name } from './honest.ts'
import type { Model, ModelVerdict } from './model.ts'

/** What builds on a wrong block is wrong too, in the words of a node. */
const SAID: Readonly<Record<ModelVerdict, string>> = { right: 'valid', wrong: 'invalid', baseless: 'invalid' }

/** What a node that has seen everything says wrongly, in words; `undefined` if all is true. Throws what the node throws. */
export async function findUntruth(model: Model, node: NodeClient, name: Name): Promise<string | undefined> {
  const { blocks, status } = await readAllBlocks(node)
  const said = new Map(blocks.map(({ id, verdict, problem }) => [id, { verdict, problem }]))
  for (const id of model.living()) {
    const { verdict, problem = 'no problem' } = said.get(id) ?? { verdict: 'not there' }
    const expected = SAID[model.of(id).verdict]
    if (verdict !== expected)
      return `${name} says of block ${id} that it is ${verdict} (${problem}), which is ${expected}`
  }
  for (const at of [status.final?.id, status.tip?.id]) {
    // A block of the honest miner may have come since the model looked.
    if (at !== undefined && model.blocks.has(at) && !(await servesFiles(model, node, at)))
      return `${name} serves other files as those of block ${at}`
  }
  return undefined
}

async function servesFiles(model: Model, node: NodeClient, id: Hash): Promise<boolean> {
  if (id === model.genesis) return true // it has no torrent of its own
  const { files } = await node.call('bridge_files', { id })
  const outputs = files.find((file) => file.name === 'outputs.bin')?.bytes ?? new Uint8Array()
  const { body, sealed } = model.of(id)
  const blobs = 'blobs' in body ? concat(...body.blobs) : new Uint8Array()
  const served = files.find((file) => file.name === 'blobs.bin')?.bytes ?? new Uint8Array()
  return stateRoot(stateOf(decodeOutputs(outputs))) === sealed.header.state && equalBytes(blobs, served)
}
