// KZG by rust-eth-kzg, whose binary comes from npm for the usual platforms.

import { DasContextJs } from '@crate-crypto/node-eth-kzg'
import { pointOf } from '../../protocol/blob-hash.ts'
import { encodeUint } from '../../protocol/bytes.ts'
import type { Kzg } from './kzg.ts'

export function loadNativeKzg(): Kzg {
  // Tables would take 100 MB and a second more, and save a third of the time of cell proofs.
  const context = DasContextJs.create({ usePrecomp: false })
  return {
    name: 'native',
    commit: (blob) => context.blobToKzgCommitment(blob),
    prove: (blob, place) => {
      const [proof] = context.computeKzgProof(blob, encodeUint(pointOf(place), 32))
      if (proof === undefined) throw new TypeError('expected a proof and a value from the KZG library, got neither')
      return proof
    },
    cellProofs: (blob) => context.computeCellsAndKzgProofs(blob).proofs,
  }
}
