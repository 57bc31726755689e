// ttx proof: a transaction as a `.torrent` file, to be kept or sent by e-mail.

import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Command } from 'commander'
import { checkFile } from '../../../../node/client/look-up.ts'
import type { NodeClient } from '../../../../node/client/rpc.ts'
import { MAX_PROOF_BYTES, parseProof } from '../../../../node/network/proof.ts'
import type { Infohash } from '../../../../node/protocol/ids.ts'
import { infohashOf } from '../../../../node/protocol/infohash.ts'
import { AUDIENCE, addExamples } from '../../audience.ts'
import { type Act, type CliContext, formatTable, type Result } from '../../context.ts'
import { readLimited, writeNew } from '../../files.ts'
import { type AnyId, parseTransaction, TRANSACTION_HELP } from '../../ids/any-id.ts'
import { transactionOf } from '../../ids/named.ts'
import { openNode } from '../../link.ts'
import { addSettings } from '../../setting-flags.ts'
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
          'Write the .torrent of a transaction to a new file, with the transaction itself and the address of the node inside.',
        )
        .argument('<id>', TRANSACTION_HELP, parseTransaction)
        .argument('[file]', 'where to; without it <infohash>.torrent in the working folder')
        .option(
          '--ancestors <folder>',
          'also write the ancestors that no block has ordered into this folder, for a recipient who has no network',
        )
        .action(act(exportProof)),
      ['node', 'deployment'],
    ),
    'ttx proof export c12fe1c06bba254a9dc9f519b335aa7c1367a88a payment.torrent',
    'ttx proof export c12fe1c06bba254a9dc9f519b335aa7c1367a88a payment.torrent --ancestors ancestors',
  )
  addExamples(
    addSettings(
      proof
        .command('import')
        .summary('import the .torrent of a transaction')
        .description(
          'Hand a .torrent to the node, which reads the transaction from it or gets it from its peers, and the ancestors that it lacks.',
        )
        .argument('<files...>', 'the .torrent; before it those of its ancestors, in any order')
        .action(act(importProof)),
      ['node', 'deployment'],
    ),
    'ttx proof import payment.torrent',
    'ttx proof import ancestors/*.torrent payment.torrent',
  )
}

async function exportProof(
  context: CliContext,
  named: AnyId,
  given: string | undefined,
  { ancestors: folder }: { ancestors?: string },
): Promise<Result> {
  const node = await openNode(context)
  const infohash = await transactionOf(context, node, named)
  const { torrent, files } = await proofOf(context, node, infohash)
  const file = given ?? `${infohash}.torrent`
  await writeNew(file, torrent)
  const ancestors = files.map((each) => infohashOf(each)).filter((id) => id !== infohash)
  if (folder !== undefined) {
    await mkdir(folder, { recursive: true })
    for (const id of ancestors) {
      const { torrent: bytes } = await proofOf(context, node, id)
      await writeNew(join(folder, `${id}.torrent`), bytes)
    }
  }
  return {
    data: { infohash, file, bytes: torrent.length, ancestors },
    text: formatTable([
      ['infohash', infohash],
      ['written', `${file}, ${torrent.length} bytes`],
      ['stands on', describeAncestors(ancestors.length)],
      ...(folder === undefined ? [] : [['ancestors', folder] as const]),
    ]),
  }
}

/** Throws `OperationError('bad-answer')` where the node hands out that of another transaction, or without the file. */
async function proofOf({ signal }: CliContext, node: NodeClient, infohash: Infohash) {
  const proof = await node.call('proof_export', { infohash }, signal)
  checkFile(node, infohash, parseProof(proof.torrent).file ?? new Uint8Array())
  return proof
}

async function importProof(context: CliContext, paths: readonly string[]): Promise<Result> {
  const torrents: Uint8Array[] = []
  for (const path of paths) torrents.push(await readLimited(path, MAX_PROOF_BYTES, 'the .torrent of a transaction'))
  const torrent = torrents.at(-1) ?? new Uint8Array()
  const files = torrents.slice(0, -1).flatMap((each) => parseProof(each).file ?? [])
  const node = await openNode(context)
  const call = { torrent, files, fetchMs: FETCH_MS }
  const { file: _file, ...record } = await node.call('proof_import', call, context.signal)
  return {
    data: record,
    text: formatTable([
      ['infohash', record.infohash],
      ['status', `${record.status}: ${STATUS_WORDS[record.status]}`],
      ...(record.missing.length > 0 ? [['missing', record.missing.join(', ')] as const] : []),
    ]),
  }
}
