// ttx proof: a transaction as a `.torrent` file, to be kept or sent by e-mail.

import type { Command } from 'commander'
import { MAX_PROOF_BYTES } from '../../../../node/network/proof.ts'
import type { Infohash } from '../../../../node/protocol/ids.ts'
import { AUDIENCE, addExamples } from '../../audience.ts'
import { type Act, type CliContext, formatTable, type Result } from '../../context.ts'
import { readLimited, writeNew } from '../../files.ts'
import { openNode } from '../../link.ts'
import { parseInfohashArgument } from '../../pay.ts'
import { addSettings } from '../../setting-flags.ts'
import { STATUS_WORDS } from '../hold/status.ts'

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
        .argument('<infohash>', 'the transaction, 40 hex digits', parseInfohashArgument)
        .argument('[file]', 'where to; without it <infohash>.torrent in the working folder')
        .action(act(exportProof)),
      ['node'],
    ),
    'ttx proof export c12fe1c06bba254a9dc9f519b335aa7c1367a88a payment.torrent',
  )
  addExamples(
    addSettings(
      proof
        .command('import')
        .summary('take in the .torrent of a transaction')
        .description(
          'Hand a .torrent to the node, which takes the transaction from it or from its peers, and the ancestors that it lacks.',
        )
        .argument('<file>', 'the .torrent')
        .action(act(importProof)),
      ['node'],
    ),
    'ttx proof import payment.torrent',
  )
}

async function exportProof(context: CliContext, infohash: Infohash, given: string | undefined): Promise<Result> {
  const node = await openNode(context)
  const { torrent, files } = await node.call('proof_export', { infohash }, context.signal)
  const file = given ?? `${infohash}.torrent`
  await writeNew(file, torrent)
  return {
    data: { infohash, file, bytes: torrent.length, unorderedFiles: files.length },
    text: formatTable([
      ['infohash', infohash],
      ['written', `${file}, ${torrent.length} bytes`],
    ]),
  }
}

async function importProof(context: CliContext, path: string): Promise<Result> {
  const torrent = await readLimited(path, MAX_PROOF_BYTES, 'the .torrent of a transaction')
  const node = await openNode(context)
  const { file: _file, ...record } = await node.call('proof_import', { torrent, fetchMs: FETCH_MS }, context.signal)
  return {
    data: record,
    text: formatTable([
      ['infohash', record.infohash],
      ['status', `${record.status}: ${STATUS_WORDS[record.status]}`],
      ...(record.missing.length > 0 ? [['missing', record.missing.join(', ')] as const] : []),
    ]),
  }
}
