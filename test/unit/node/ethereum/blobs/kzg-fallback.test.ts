// Where the native library does not load, the one in WebAssembly takes its place.

import assert from 'node:assert/strict'
import { registerHooks } from 'node:module'
import { it } from 'node:test'
import { loadKzg } from '../../../../../node/ethereum/blobs/load-kzg.ts'
import { BLOB_BYTES } from '../../../../../node/protocol/blob.ts'
import { blobHash } from '../../../../../node/protocol/blob-hash.ts'

it('KZG loads on a platform without a native library', async () => {
  const hooks = registerHooks({
    resolve: (specifier, context, next) => {
      if (specifier === '@crate-crypto/node-eth-kzg') throw new Error('no binary for this platform')
      return next(specifier, context)
    },
  })
  const kzg = await loadKzg()
  hooks.deregister()
  assert.equal(kzg.name, 'wasm')
  // The commitment of zeros is the point at infinity, whose hash everybody knows.
  const hash = '0x010657f37554c781402a22917dee2f75def7ab966d7b770905398eba3c444014'
  assert.equal(blobHash(kzg.commit(new Uint8Array(BLOB_BYTES))), hash)
})
