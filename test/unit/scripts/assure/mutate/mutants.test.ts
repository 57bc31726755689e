// Mutants of a small contract: every operator finds its places, and each change is one that compiles.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isNode } from '../../../../../scripts/assure/mutate/ast.ts'
import { mutantsOf, mutate } from '../../../../../scripts/assure/mutate/mutants.ts'
import { compile } from '../../../../../scripts/assure/solc.ts'

const FILE = 'Small.sol'
// With letters of several bytes before the code: the compiler counts bytes.
const SOURCE = `// SPDX-License-Identifier: MIT
// ‖ ü
pragma solidity 0.8.37;
contract Small {
    error No();
    uint256 private constant LIMIT = 10 minutes;
    uint256 public sum;
    modifier guarded() { if (msg.sender == address(0)) revert No(); _; }
    function add(uint256 a, uint256 b) external guarded returns (bool) {
        if (a < LIMIT && b != 0) revert No();
        sum += a;
        for (uint256 i = 0; i < 2; ++i) sum = a > b ? a : b;
        assembly ("memory-safe") { if lt(a, 3) { sstore(0, 1) } }
        return true;
    }
}
`
const source = Buffer.from(SOURCE)
const { sources } = compile({ [FILE]: SOURCE }, { '*': { '': ['ast'] } })
const ast = sources[FILE]?.ast
assert(isNode(ast))
const mutants = mutantsOf(FILE, source, ast)
const changes = new Set(
  mutants.map(({ operator, original, replacement }) => `${operator}: ${original} -> ${replacement}`),
)

describe('mutants of a small contract', () => {
  for (const change of [
    'check removed: a < LIMIT && b != 0 -> false',
    'check inverted: a < LIMIT && b != 0 -> !(a < LIMIT && b != 0)',
    'operand dropped: a < LIMIT && b != 0 -> (a < LIMIT)',
    'operand dropped: a < LIMIT && b != 0 -> (b != 0)',
    'operator: a < LIMIT -> (a <= LIMIT)',
    'check removed: guarded -> ',
    'constant: 10 minutes -> (10 minutes + 1)',
    'constant: 10 minutes -> (10 minutes - 1)',
    'operator: sum += a -> sum -= a',
    'statement removed: sum += a; -> {}',
    'operator: ++i -> --i',
    'one side: a > b ? a : b -> (a)',
    'constant: true -> false',
    'yul operator: lt(a, 3) -> iszero(gt(a, 3))',
    'yul never: lt(a, 3) -> 0',
    'yul constant: 3 -> 4',
    'yul statement removed: sstore(0, 1) -> ',
  ]) {
    it(`include ${change}`, () => assert(changes.has(change), [...changes].join('\n')))
  }

  it('have names of their own', () => {
    assert.equal(new Set(mutants.map(({ id }) => id)).size, mutants.length)
  })

  it('change just their place, and compile', () => {
    for (const mutant of mutants) {
      const text = mutate(source, mutant)
      assert.notEqual(text, SOURCE)
      const { errors } = compile({ [FILE]: text }, { '*': { '': ['ast'] } })
      const wrong = errors
        .filter(({ severity }) => severity === 'error')
        .map(({ formattedMessage }) => formattedMessage)
      assert.deepEqual(wrong, [], `${mutant.operator}: ${mutant.original} -> ${mutant.replacement}`)
    }
  })
})
