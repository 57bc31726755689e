// The source with its branches made visible: it compiles, its lines stay where they were, and each outcome has a statement.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { showBranches } from '../../../../../scripts/assure/cover/branches.ts'
import { isNode } from '../../../../../scripts/assure/mutate/ast.ts'
import { compile, readSources } from '../../../../../scripts/assure/solc.ts'

const FILE = 'Small.sol'
const SOURCE = `// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;
contract Small {
    // ‖
    function pick(uint256 a, uint256 b) external pure returns (uint256 c) {
        if (a == 1) return 2;
        if (a == 3)
            if (b == 4) c = 5;
            else c = 6;
        else if (a == 7 && (b == 8 || b == 9)) {
            c = a > b ? (b == 0 ? 1 : 2) : b;
        }
        for (uint256 i = 0; i < b; ++i) c += i;
    }
}
`

function branchesOf(source: string) {
  const { sources } = compile({ [FILE]: source }, { '*': { '': ['ast'] } })
  const ast = sources[FILE]?.ast
  assert(isNode(ast))
  return showBranches(Buffer.from(source), ast)
}

describe('a source whose branches are shown', () => {
  const { source, branches, end } = branchesOf(SOURCE)

  it('has them all', () => {
    assert.deepEqual(branches.map(({ line, text }) => `${line} ${text}`).toSorted(), [
      '10 (b == 8 || b == 9)',
      '10 a == 7',
      '10 b == 8',
      '10 b == 9',
      '11 a > b',
      '11 b == 0',
      '13 i < b',
      '6 a == 1',
      '7 a == 3',
      '8 b == 4',
    ])
  })

  it('has a statement of its own for each outcome', () => {
    const places = branches.flatMap(({ yes, no }) => [yes, no])
    assert.equal(new Set(places).size, places.length)
    for (const { yes, no } of branches) {
      assert.equal(source.slice(yes, yes + 5), 'true;')
      assert.equal(source.slice(no, no + 6), 'false;')
    }
  })

  it('compiles, with every line where it was', () => {
    const { errors } = compile({ [FILE]: source }, { '*': { '': ['ast'] } })
    assert.deepEqual(
      errors.filter(({ severity }) => severity === 'error').map(({ formattedMessage }) => formattedMessage),
      [],
    )
    const lines = source.slice(0, end).split('\n')
    assert.equal(lines.length, SOURCE.split('\n').length)
    assert(lines[10]?.includes('? '))
  })

  it('can be made of all contracts', () => {
    const sources = readSources()
    const { sources: trees } = compile(sources, { '*': { '': ['ast'] } })
    const changed = Object.entries(sources).map(([file, content]) => {
      const ast = trees[file]?.ast
      assert(isNode(ast))
      return [file, file.startsWith('contracts/') ? showBranches(Buffer.from(content), ast).source : content] as const
    })
    const { errors } = compile(Object.fromEntries(changed), { '*': { '': ['ast'] } })
    assert.deepEqual(
      errors.filter(({ severity }) => severity === 'error').map(({ formattedMessage }) => formattedMessage),
      [],
    )
  })
})
