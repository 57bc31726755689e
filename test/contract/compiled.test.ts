// The ABIs and the bytecode that are kept in deployments/ are those of the sources: whoever deploys needs no compiler.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { it } from 'node:test'
import { creationCode } from '../../node/ethereum/deploying/creation.ts'
import { DEFAULT_PARAMETERS } from '../../node/ethereum/deploying/parameters.ts'
import { ZERO_HASH } from '../../node/protocol/ids.ts'
import { COMPILED_FILES, renderCompiled } from '../../scripts/make/abi.ts'

const root = new URL('../../', import.meta.url)

for (const entry of COMPILED_FILES) {
  it(`${entry.file} is what the compiler makes (else run scripts/make/abi.ts)`, async () => {
    const [kept, made] = await Promise.all([readFile(new URL(entry.file, root), 'utf8'), renderCompiled(entry)])
    // Not assert.equal: how two lines of 50,000 digits differ tells nobody anything.
    assert(kept === made, `${entry.file} differs from artifacts/${entry.artifact}`)
  })
}

it('what creates a bridge, with its arguments, is within what Ethereum takes (EIP-3860)', () => {
  const code = creationCode(ZERO_HASH, DEFAULT_PARAMETERS)
  assert((code.length - 2) / 2 <= 49_152, `${(code.length - 2) / 2} bytes`)
})
