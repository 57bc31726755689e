// The ABIs and the bytecode that are kept in deployments/ are those of the sources: whoever deploys needs no compiler.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { it } from 'node:test'
import { COMPILED_FILES, renderCompiled } from '../../scripts/make/abi.ts'

const root = new URL('../../', import.meta.url)

for (const entry of COMPILED_FILES) {
  it(`${entry.file} is what the compiler makes (else run scripts/make/abi.ts)`, async () => {
    const [kept, made] = await Promise.all([readFile(new URL(entry.file, root), 'utf8'), renderCompiled(entry)])
    // Not assert.equal: how two lines of 50,000 digits differ tells nobody anything.
    assert(kept === made, `${entry.file} differs from artifacts/${entry.artifact}`)
  })
}
