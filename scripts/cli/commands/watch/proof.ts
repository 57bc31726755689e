// ttx proof: a transaction as a `.torrent` file, to be kept or sent by e-mail.

import type { Command } from 'commander'
import type { AnyId } from '../../../../node/client/any-id.ts'
import { checkFile } from '../../../../node/client/look-up.ts'
import type { NodeClient } from '../../../../node/client/rpc.ts'
import { parentsFirst } from '../../../../node/lineage.ts'
import { carriable, encodeProof, MAX_PROOF_BYTES, parseProof } from '../../../../node/network/proof.ts'
import { encodeTorrent } from '../../../../node/network/torrent/metainfo.ts'
import type { Infohash } from '../../../../node/protocol/ids.ts'
import { encodeTxInfo, infohashOf } from '../../../../node/protocol/infohash.ts'
import { AUDIENCE, addExamples } from '../../audience.ts'
import { type Act, type CliContext, formatTable, type Result } from '../../context.ts'
import { readLimited, writeNew } from '../../files.ts'
import { parseTransaction, TRANSACTION_HELP } from '../../ids/id-argument.ts'
import { transactionOf } from '../../ids/named.ts'
import { openNode } from '../../link.ts'
import { addSettings } from '../../setting-flags.ts'
import { relayRows } from '../../status/relay-words.ts'
import { STATUS_WORDS } from '../../status/transaction.ts'
import { describeAncestors } from '../hold/send.ts'

const FETCH_MS = 30_000

export function registerProof(program: Command, act: Act): void {
  const proof = program
    .command('proof')
    .helpGroup(AUDIENCE.watch)
    .summary('TTX as files: export, import')
    .description(
      'A proof is the .torrent of a transaction with the file inside: TTX by e-mail. Any BitTorrent client opens it; a node also finds peers through it.',
    )
  addExamples(
    proof,
    'ttx proof export c12fe1c06bba254a9dc9f519b335aa7c1367a88a payment.torrent',
    'ttx proof import payment.torrent',
  )
  addExamples(
    addSettings(
      proof
        .command('export')
        .summary('write the .torrent of a transaction')
        .description(
          'Write the .torrent of a transaction to a new file: with the transaction itself, the ancestors that no block has ordered, and the address of the node if others reach it there. A recipient needs nothing else, not even a connection.',
        )
        .argument('<id>', TRANSACTION_HELP, parseTransaction)
        .argument('[file]', 'where to; without it <infohash>.torrent in the working folder')
        .option('--no-ancestors', 'leave the ancestors out: a small file, for a recipient whose node fetches them')
        .action(act(exportProof)),
      ['node', 'deployment'],
    ),
    'ttx proof export c12fe1c06bba254a9dc9f519b335aa7c1367a88a payment.torrent',
    'ttx proof export c12fe1c06bba254a9dc9f519b335aa7c1367a88a payment.torrent --no-ancestors',
  )
  addExamples(
    addSettings(
      proof
        .command('import')
        .summary('import the .torrent of a transaction')
        .description(
          'Hand a .torrent to the node, which reads the transaction and its ancestors from it, and gets what it lacks then from its peers.',
        )
        .argument('<files...>', 'the .torrent; before it others that hold ancestors of it, in any order')
        .action(act(importProof)),
      ['node', 'deployment'],
    ),
    'ttx proof import payment.torrent',
  )
}

async function exportProof(
  context: CliContext,
  named: AnyId,
  given: string | undefined,
  { ancestors: areWanted }: { ancestors: boolean },
): Promise<Result> {
  const node = await openNode(context)
  const infohash = await transactionOf(context, node, named)
  const { torrent: whole, proof, left } = await proofOf(context, node, infohash)
  const bare = () => encodeProof(proof.file, { peers: proof.peers, trackers: proof.trackers })
  const torrent = areWanted ? whole : bare()
  const file = given ?? `${infohash}.torrent`
  await writeNew(file, torrent)
  const ancestors = areWanted ? proof.ancestors.map((each) => infohashOf(each)) : []
  const without = left + proof.ancestors.length - ancestors.length
  const { peers } = proof
  return {
    data: { infohash, file, bytes: torrent.length, ancestors, left: without, peers },
    text: formatTable([
      ['infohash', infohash],
      ['written', `${file}, ${torrent.length} bytes`],
      ['stands on', describeAncestors(ancestors.length + without)],
      ['inside', insideWords(ancestors.length, without)],
      ['names', peers.length > 0 ? peers.join(', ') : NO_ADDRESS],
    ]),
  }
}

const NO_ADDRESS =
  'no node: none is known that others can reach; set --public-address at "ttx node" if others reach yours'

function insideWords(carried: number, without: number): string {
  if (without === 0)
    return carried === 0 ? 'the payment, which needs nothing else' : `the payment and all ${carried} of these`
  return `the payment and ${carried} of these: ${without} are not in the file, and the recipient's node has to get them from its peers`
}

/** Throws `OperationError('bad-answer')` where the node hands out that of another transaction, or without the file. */
async function proofOf({ signal }: CliContext, node: NodeClient, infohash: Infohash) {
  const { torrent, left } = await node.call('proof_export', { infohash }, signal)
  const proof = parseProof(torrent)
  const { file = new Uint8Array() } = proof
  checkFile(node, infohash, file)
  return { torrent, left, proof: { ...proof, file } }
}

async function importProof(context: CliContext, paths: readonly string[]): Promise<Result> {
  const torrents: Uint8Array[] = []
  for (const path of paths) torrents.push(await readLimited(path, MAX_PROOF_BYTES, 'the .torrent of a transaction'))
  const torrent = torrents.at(-1) ?? new Uint8Array()
  const node = await openNode(context)
  for (const part of partsOf(torrents)) await node.call('proof_import', { ...part, fetchMs: 0 }, context.signal)
  const call = { torrent, files: [], fetchMs: FETCH_MS }
  const { file: _file, ...record } = await node.call('proof_import', call, context.signal)
  return {
    data: record,
    text: formatTable([
      ['infohash', record.infohash],
      ['status', `${record.status}: ${STATUS_WORDS[record.status]}`],
      ...(record.missing.length > 0 ? [['missing', record.missing.join(', ')] as const] : []),
      ...relayRows(record),
    ]),
  }
}

/** What several proofs carry, before the last is imported: parents first, in calls that the node takes, each of them under the name of the last. */
function* partsOf(torrents: readonly Uint8Array[]) {
  const proofs = torrents.map(parseProof)
  const last = proofs.at(-1)
  if (last === undefined || proofs.length === 1) return
  const files = proofs.flatMap(({ ancestors, file }) => [...ancestors, ...(file === undefined ? [] : [file])])
  const known = new Map(files.map((file) => [infohashOf(file), file]))
  const ordered = parentsFirst([...known.keys()], known).flatMap((infohash) => known.get(infohash) ?? [])
  const torrent =
    last.file === undefined ? (torrents.at(-1) ?? new Uint8Array()) : encodeTorrent(encodeTxInfo(last.file))
  for (let rest: readonly Uint8Array[] = ordered; rest.length > 0; ) {
    const part = carriable(rest)
    yield { torrent, files: [...part] }
    rest = rest.slice(part.length)
  }
}
