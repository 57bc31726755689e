// The executable spec against the shared vectors of the step function, which the contract's libraries are held to as well.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import apply from '../../../vectors/apply.json' with { type: 'json' }
import blob from '../../../vectors/blob.json' with { type: 'json' }
import fee from '../../../vectors/fee.json' with { type: 'json' }
import infohash from '../../../vectors/infohash.json' with { type: 'json' }
import sha1 from '../../../vectors/sha1.json' with { type: 'json' }
import step from '../../../vectors/step.json' with { type: 'json' }
import take from '../../../vectors/take.json' with { type: 'json' }
import tree from '../../../vectors/tree.json' with { type: 'json' }
import typedData from '../../../vectors/typed-data.json' with { type: 'json' }
import { compareVectors, isWrong } from './vectors.ts'

describe('vectors of the step function in TypeScript', () => {
  for (const [name, files] of Object.entries({
    sha1: { sha1 },
    fee: { fee },
    infohash: { infohash },
    'typed-data': { 'typed-data': typedData },
    take: { take },
    step: { step },
    tree: { tree },
    apply: { apply },
    blob: { blob },
  })) {
    it(`${name}.json`, () => {
      const compared = compareVectors(files)
      assert.ok(compared.length > 0)
      assert.deepEqual(compared.filter(isWrong), [])
    })
  }
})
