// Whatever leaves the compiler's checks says in the line above why it is safe, and no contract reads what anybody can set.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type AstNode, childrenOf, isNode, spanOf, textOf } from '../../scripts/assure/mutate/ast.ts'
import { compile, readSources } from '../../scripts/assure/solc.ts'

const sources = readSources()
const { sources: trees, errors } = compile(sources, { '*': { '': ['ast'] } })
const nodes = Object.entries(sources)
  .filter(([file]) => file.startsWith('contracts/'))
  .flatMap(([file, content]) => {
    const ast = trees[file]?.ast
    assert(isNode(ast), file)
    const source = Buffer.from(content)
    return descendants(ast).map((node) => ({ file, source, node }))
  })
const places = (nodeType: string) => nodes.filter(({ node }) => node.nodeType === nodeType)

/** Point evaluation has no name in Solidity. */
const PRECOMPILE = {
  file: 'contracts/libraries/Blob.sol',
  calls: ['staticcall(MOST_OPENING_GAS, opener,', 'staticcall(gas(), 0x0a,'],
}

describe('contracts', () => {
  it('compile without a warning', () => {
    const ours = errors.filter(({ sourceLocation }) => sourceLocation?.file.startsWith('contracts/'))
    assert.deepEqual(
      ours.map(({ formattedMessage }) => formattedMessage),
      [],
    )
  })

  it('say above each block of assembly and of unchecked arithmetic why it is safe', () => {
    const found = [...places('InlineAssembly'), ...places('UncheckedBlock')]
    assert(found.length > 40)
    for (const { file, source, node } of found) {
      const before = source.subarray(0, spanOf(node).start).toString().trimEnd().split('\n')
      const comment: string[] = []
      while (before.at(-1)?.trim().startsWith('//')) comment.unshift(before.pop()?.trim() ?? '')
      assert.match(comment.join(' '), /Safe:/, `${file}:${before.length + comment.length + 1}`)
    }
  })

  it('have no assembly that the compiler may not take to be memory-safe', () => {
    for (const { file, source, node } of places('InlineAssembly')) {
      assert.match(textOf(source, node), /^assembly \("memory-safe"\)/, file)
    }
  })

  it('never ask who signed the transaction, nor for the hash of a block, nor for another contract’s code', () => {
    const banned = /^(origin|blockhash|prevrandao|difficulty|coinbase|delegatecall|staticcall|selfdestruct|codehash)$/
    for (const { file, node } of nodes) {
      const name = String(node['memberName'] ?? node['name'] ?? '')
      if (file === PRECOMPILE.file && name === 'staticcall') continue
      assert(!banned.test(name), `${file}: ${name}`)
    }
  })

  it('make two calls in assembly, which ask the precompile of EIP-4844', () => {
    const code = sources[PRECOMPILE.file] ?? ''
    assert.deepEqual(code.match(/staticcall\([^,]*,[^,]*,/g), PRECOMPILE.calls)
    assert.equal(sources['contracts/Reader.sol']?.match(/Blob\.checkOpener\(address\(0x0a\)\)/g)?.length, 1)
  })
})

function descendants(node: AstNode): AstNode[] {
  return [node, ...childrenOf(node).flatMap(descendants)]
}
